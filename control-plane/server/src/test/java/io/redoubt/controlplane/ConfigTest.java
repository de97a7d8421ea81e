package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.redoubt.controlplane.approval.ApprovalsConfig;
import io.redoubt.controlplane.channel.ChannelsConfig;
import io.redoubt.controlplane.channel.MailConfig;
import io.redoubt.controlplane.channel.TeamsConfig;
import io.redoubt.controlplane.key.SigningKeysConfig;
import io.redoubt.controlplane.link.LinkConfig;
import io.redoubt.controlplane.policy.PoliciesConfig;
import io.redoubt.controlplane.upstream.UpstreamsConfig;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The settings and their reference. */
class ConfigTest {
  private static final String PATH = "redoubt.control-plane";

  @Test
  void theReferenceHoldsWhatTheRecordsAskForAndNothingElse() {
    Config reference = ConfigFactory.load().getConfig(PATH);

    assertThat(keys(reference.getConfig("limits"))).isEqualTo(components(Limits.class));
    assertThat(keys(reference.getConfig("link"))).isEqualTo(components(LinkConfig.class));
    assertThat(keys(reference.getConfig("providers"))).isEqualTo(components(UpstreamsConfig.class));
    assertThat(keys(reference.getConfig("connectors")))
        .isEqualTo(components(UpstreamsConfig.class));
    assertThat(keys(reference.getConfig("policies"))).isEqualTo(components(PoliciesConfig.class));
    assertThat(keys(reference.getConfig("approvals"))).isEqualTo(components(ApprovalsConfig.class));
    assertThat(keys(reference.getConfig("channels"))).isEqualTo(components(ChannelsConfig.class));
    assertThat(keys(reference.getConfig("channels.teams")))
        .isEqualTo(components(TeamsConfig.class));
    assertThat(keys(reference.getConfig("channels.mail"))).isEqualTo(components(MailConfig.class));
    var keySection = components(SigningKeysConfig.class);
    keySection.add("tend-every");
    assertThat(keys(reference.getConfig("keys"))).isEqualTo(keySection);
    assertThat(keys(reference.getConfig("kill"))).containsExactly("poll", "wait");
    assertThat(
            reference.root().keySet().stream()
                .filter(key -> !Set.of("database", "kill").contains(key)))
        .containsExactlyInAnyOrder(
            "host",
            "port",
            "operator-token-lifetime",
            "bootstrap-token-lifetime",
            "idempotency-window",
            "drain",
            "keys",
            "limits",
            "link",
            "policies",
            "approvals",
            "channels",
            "providers",
            "connectors");
    assertThat(ControlPlaneConfig.from(ConfigFactory.load()).port()).isEqualTo(8443);
  }

  private static Set<String> keys(Config section) {
    return new TreeSet<>(section.root().keySet());
  }

  private static Set<String> components(Class<? extends Record> type) {
    return Arrays.stream(type.getRecordComponents())
        .map(RecordComponent::getName)
        .map(name -> name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @ParameterizedTest
  @CsvSource({
    "port, 70000",
    "operator-token-lifetime, 0 s",
    "keys.overlap, 1 s",
    "keys.overlap, 10 m",
    "keys.rotate-after, 0 s",
    "limits.organization-burst, 0",
    "link.batch, -1",
    "providers.max-per-organization, 0",
    "connectors.max-per-organization, 0",
    "policies.max-per-organization, 2001",
    "policies.checks-at-once, 0",
    "policies.check-wait, 0 s",
    "policies.check-limit, 0 s",
    "policies.publish-wait, 0 s",
    "approvals.kept-for, 0 s",
    "channels.lease, 40 s",
    "channels.at-once, 0",
    "channels.back-off-max, 1 ms",
    "channels.give-up-after, 0 s",
    "channels.teams.login-url, \"http://login.example.com/\"",
    "channels.teams.openid-url, \"ftp://example.com/\"",
    "channels.teams.issuer, \"\"",
    "channels.teams.keys-live, 0 s",
    "channels.teams.keys-kept, 1 s",
    "channels.teams.keys-pause, 0 s",
    "kill.wait, 0 s"
  })
  void aValueThatCannotBeIsRefusedByItsName(String key, String value) {
    var config =
        ConfigFactory.parseString(PATH + "." + key + " = " + value)
            .withFallback(ConfigFactory.load());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> ControlPlaneConfig.from(config))
        .withMessageContaining(PATH + "." + key);
  }

  @Test
  void plainHttpStaysOnThisMachine() {
    assertThatThrownBy(() -> new TestServer("redoubt.control-plane.host = \"0.0.0.0\"").close())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("needs TLS");
  }
}
