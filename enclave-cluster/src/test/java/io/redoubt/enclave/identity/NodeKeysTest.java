package io.redoubt.enclave.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.testing.InMemorySigningKeyDirectory;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class NodeKeysTest {
  private final ManualClock clock = new ManualClock(Instant.parse("2026-11-21T00:00:00Z"));
  private final InMemorySigningKeyDirectory directory = new InMemorySigningKeyDirectory();
  private final NodeKeys keys =
      new NodeKeys(
          directory, "node-1", new KeysConfig(Duration.ofHours(24), Duration.ofMinutes(1)), clock);

  @Test
  void nothingIsSignedBeforeTheKeyIsPublished() {
    directory.outage.begin();
    keys.renew();
    assertThat(keys.usable()).isFalse();
    assertThatThrownBy(keys::current).isInstanceOf(ProblemException.class);

    directory.outage.end();
    keys.renew();

    assertThat(isPublished(keys.current().kid())).isTrue();
  }

  @Test
  void aKeyIsRenewedBeforeItsEntryEndsAndReplacedWhenItHasServedItsTime() {
    keys.renew();
    String first = keys.current().kid();
    for (int minute = 0; minute < 30; minute++) {
      clock.advance(Duration.ofMinutes(1));
      keys.renew();
    }
    assertThat(keys.current().kid()).isEqualTo(first);
    assertThat(isPublished(first)).isTrue();

    clock.advance(Duration.ofHours(23).plusMinutes(27));
    keys.renew();
    clock.advance(Duration.ofMinutes(3));
    keys.renew();

    assertThat(keys.current().kid()).isNotEqualTo(first);
    // What the old key signed a moment ago can still be verified.
    assertThat(isPublished(first)).isTrue();
  }

  @Test
  void aKeyWhoseEntryWouldEndBeforeATokenSignsNoMore() {
    keys.renew();
    directory.outage.begin();

    clock.advance(Duration.ofMinutes(5).plusSeconds(1));
    keys.renew();

    assertThat(keys.usable()).isFalse();
  }

  private boolean isPublished(String kid) {
    return directory.find(kid, clock.instant()).toCompletableFuture().join().isPresent();
  }
}
