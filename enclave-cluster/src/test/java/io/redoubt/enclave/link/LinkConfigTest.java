package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.token.SecretKeyText;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LinkConfigTest {
  @Test
  void littleAuditIsSentSoonMuchGathersAndTooMuchDoesNotWait() {
    var config = config("audit-lines = 500, audit-poll = 150 ms, audit-gather = 500 ms");

    assertThat(config.auditPause(0)).isEqualTo(Duration.ofMillis(150));
    assertThat(config.auditPause(49)).isEqualTo(Duration.ofMillis(150));
    assertThat(config.auditPause(50)).isEqualTo(Duration.ofMillis(500));
    assertThat(config.auditPause(499)).isEqualTo(Duration.ofMillis(500));
    assertThat(config.auditPause(500)).isZero();
  }

  @Test
  void muchAuditDoesNotWaitForLessTimeThanLittle() {
    assertThatThrownBy(() -> config("audit-poll = 2 s, audit-gather = 1 s"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("redoubt.enclave.link.audit-gather must not be below audit-poll");
  }

  private static LinkConfig config(String settings) {
    var key =
        SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, EnclaveId.next(Clock.systemUTC()));
    return LinkConfig.from(
        ConfigFactory.parseString("redoubt.enclave.link { " + settings + " }")
            .withFallback(
                ConfigFactory.parseMap(
                    Map.of(
                        "redoubt.enclave.link.url",
                        "http://127.0.0.1:1",
                        "redoubt.enclave.link.api-key",
                        key.reveal())))
            .withFallback(ConfigFactory.load()));
  }
}
