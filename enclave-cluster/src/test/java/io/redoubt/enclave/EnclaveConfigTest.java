package io.redoubt.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.redoubt.enclave.agentapi.AgentApiConfig;
import io.redoubt.enclave.identity.KeysConfig;
import io.redoubt.enclave.janitor.JanitorConfig;
import io.redoubt.enclave.kill.KillConfig;
import io.redoubt.enclave.lease.LeaseConfig;
import io.redoubt.enclave.link.LinkConfig;
import io.redoubt.enclave.link.OfflineConfig;
import io.redoubt.enclave.membership.FormingConfig;
import io.redoubt.enclave.operatorapi.OperatorApiConfig;
import io.redoubt.enclave.policy.PolicyConfig;
import io.redoubt.enclave.remoting.RemotingTlsConfig;
import io.redoubt.enclave.revocation.RedisConfig;
import io.redoubt.enclave.revocation.RevocationConfig;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.token.SecretKeyText;
import java.time.Clock;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EnclaveConfigTest {
  private static final String API_KEY =
      SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, EnclaveId.next(Clock.systemUTC()))
          .reveal();
  private static final Config DEFAULTS =
      ConfigFactory.parseMap(Map.of("redoubt.enclave.link.api-key", API_KEY))
          .withFallback(ConfigFactory.load())
          .resolve();

  private static final Map<String, Class<?>> SECTIONS =
      Map.ofEntries(
          Map.entry("link", LinkConfig.class),
          Map.entry("offline", OfflineConfig.class),
          Map.entry("policies", PolicyConfig.class),
          Map.entry("agent-api", AgentApiConfig.class),
          Map.entry("operator-api", OperatorApiConfig.class),
          Map.entry("keys", KeysConfig.class),
          Map.entry("revocation", RevocationConfig.class),
          Map.entry("lease", LeaseConfig.class),
          Map.entry("kill", KillConfig.class),
          Map.entry("janitor", JanitorConfig.class),
          Map.entry("cluster", ClusterConfig.class),
          Map.entry("servers.agent", ServerConfig.class));
  private static final Map<String, Class<?>> NESTED_SECTIONS =
      Map.of(
          "cluster.forming", FormingConfig.class,
          "cluster.tls", RemotingTlsConfig.class,
          "revocation.redis", RedisConfig.class);

  @Test
  void theDefaultsAreGood() {
    EnclaveConfig config = EnclaveConfig.from(DEFAULTS);

    assertThat(config.link().enclave()).hasToString(API_KEY.substring(4, 40));
  }

  @Test
  void everyKeyIsReadAndEverySettingHasAKey() {
    SECTIONS.forEach(EnclaveConfigTest::assertThatKeysAreSettings);
    NESTED_SECTIONS.forEach(EnclaveConfigTest::assertThatKeysAreSettings);
  }

  private static void assertThatKeysAreSettings(String section, Class<?> type) {
    assertThat(DEFAULTS.getConfig("redoubt.enclave." + section).root().keySet())
        .as(section)
        .containsExactlyInAnyOrderElementsOf(
            components(type).map(EnclaveConfigTest::kebab).toList());
  }

  private static Stream<String> components(Class<?> record) {
    return Arrays.stream(record.getRecordComponents())
        .map(java.lang.reflect.RecordComponent::getName);
  }

  private static String kebab(String camel) {
    return camel.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  @Test
  void aWrongSettingIsNamed() {
    Map.of(
            "redoubt.enclave.node", "Node 1",
            "redoubt.enclave.cluster.host", "192.0.2.1",
            "redoubt.enclave.cluster.seeds", java.util.List.of("somewhere"),
            "redoubt.enclave.cluster.tls.ca-file", "ca.pem",
            "redoubt.enclave.servers.agent.port", 70_000,
            "redoubt.enclave.link.url", "http://example.org",
            "redoubt.enclave.link.api-key", "secret",
            "redoubt.enclave.revocation.poll-every", "2s",
            "redoubt.enclave.keys.renew-every", "5m",
            "redoubt.enclave.kill.answer-limit", "1h")
        .forEach(EnclaveConfigTest::assertThatItIsNamed);
  }

  private static void assertThatItIsNamed(String key, Object wrong) {
    assertThatThrownBy(() ->
            EnclaveConfig.from(ConfigFactory.parseMap(Map.of(key, wrong)).withFallback(DEFAULTS)))
        .as(key)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(key.substring(key.lastIndexOf('.') + 1));
  }

  @Test
  void aLeaseThatCouldNotKeepItsPromiseIsRefused() {
    Map.of(
            "redoubt.enclave.lease.limit", "900ms",
            "redoubt.enclave.lease.renew-every", "300ms",
            "redoubt.enclave.kill.answer-limit", "900ms")
        .forEach(EnclaveConfigTest::assertThatItIsNamed);
  }

  @Test
  void theApiKeyIsNotInAnyMessage() {
    assertThat(EnclaveConfig.from(DEFAULTS).link().toString()).doesNotContain(API_KEY);
  }
}
