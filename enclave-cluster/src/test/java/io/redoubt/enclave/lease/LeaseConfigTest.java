package io.redoubt.enclave.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeaseConfigTest {
  private static final Duration OFTEN = Duration.ofMillis(10);

  @Test
  void aLeaseIsOverWithinASecondByEveryNodesClock() {
    assertThat(new LeaseConfig(Duration.ofMillis(952), OFTEN).certain())
        .isLessThanOrEqualTo(Duration.ofSeconds(1));

    assertThatThrownBy(() -> new LeaseConfig(Duration.ofMillis(953), OFTEN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("redoubt.enclave.lease.limit and 5 %");
  }
}
