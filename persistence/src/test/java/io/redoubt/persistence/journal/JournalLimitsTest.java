package io.redoubt.persistence.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JournalLimitsTest {
  private static final Config REFERENCE =
      ConfigFactory.parseResources("reference.conf").resolve().getConfig("redoubt.enclave.journal");

  @Test
  void everyKeyIsAComponentAndTheReverse() {
    assertThat(JournalLimits.from(REFERENCE).queue()).isEqualTo(20_000);
    assertThat(REFERENCE.root().keySet())
        .containsExactlyInAnyOrder("queue", "batch", "writers", "gather", "write-timeout");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "queue = 0",
        "batch = 2001",
        "writers = 9",
        "gather = 101ms",
        "write-timeout = 0s",
      })
  void anImpossibleSettingIsRefusedByItsFullPath(String setting) {
    String key = setting.substring(0, setting.indexOf(' '));

    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> JournalLimits.from(ConfigFactory.parseString(setting).withFallback(REFERENCE)))
        .withMessageContaining("redoubt.enclave.journal." + key);
  }
}
