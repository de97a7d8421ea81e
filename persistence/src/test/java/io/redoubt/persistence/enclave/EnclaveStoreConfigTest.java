package io.redoubt.persistence.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnclaveStoreConfigTest {
  private static final Config REFERENCE =
      ConfigFactory.parseResources("reference.conf").resolve().getConfig("redoubt.enclave.store");

  @Test
  void everyKeyIsAComponentAndTheReverse() {
    List<String> keys =
        REFERENCE.entrySet().stream().map(java.util.Map.Entry::getKey).sorted().toList();

    assertThat(EnclaveStoreConfig.from(REFERENCE)).isNotNull();
    assertThat(keys)
        .containsExactlyInAnyOrder(
            "audit.queue",
            "audit.batch",
            "audit.writers",
            "audit.gather",
            "audit.outcome-gather",
            "audit.open-intents",
            "payload.queue-bytes",
            "payload.batch",
            "payload.batch-bytes",
            "payload.gather",
            "write-timeout",
            "settle-interval",
            "refresh-interval",
            "certainty");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "audit.queue = 0",
        "audit.batch = 2001",
        "audit.writers = 9",
        "audit.gather = 101ms",
        "audit.outcome-gather = 2s",
        "audit.open-intents = 0",
        "payload.queue-bytes = 1",
        "payload.batch = 0",
        "payload.batch-bytes = 1",
        "payload.gather = 2s",
        "write-timeout = 0s",
        "settle-interval = 0s",
        "refresh-interval = 2h",
        "certainty = 2h",
      })
  void anImpossibleSettingIsRefusedByItsFullPath(String setting) {
    String key = setting.substring(0, setting.indexOf(' '));

    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            EnclaveStoreConfig.from(ConfigFactory.parseString(setting).withFallback(REFERENCE)))
        .withMessageContaining("redoubt.enclave.store." + key);
  }
}
