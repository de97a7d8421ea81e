package io.redoubt.proxy.authenticate;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.problem.TemporarilyUnavailable;
import io.redoubt.testing.InMemorySigningKeyDirectory;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerificationKeysTest {
  private final ManualClock clock = new ManualClock();
  private final InMemorySigningKeyDirectory directory = new InMemorySigningKeyDirectory();
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final VerificationKeys keys =
      new VerificationKeys(
          directory,
          new AuthenticateConfig.KeyLookup(
              Duration.ofMinutes(5), Duration.ofSeconds(5), 100, 3, Duration.ofSeconds(2)),
          clock,
          metrics);

  private double lookups() {
    return metrics.counter("redoubt.authenticate.key.lookups").count();
  }

  @Test
  void aKeyIsLookedUpOnceInAWhile() {
    var key = SigningKey.generate();
    Tokens.await(directory.publish(key.publicHalf(), "node-1", Instant.MAX));

    assertThat(Tokens.await(keys.find(key.kid()))).isPresent();
    assertThat(Tokens.await(keys.find(key.kid()))).isPresent();
    assertThat(lookups()).isEqualTo(1);

    clock.advance(Duration.ofMinutes(6));
    assertThat(Tokens.await(keys.find(key.kid()))).isPresent();
    assertThat(lookups()).isEqualTo(2);
  }

  @Test
  void theOwnKeyNeedsNoLookUp() {
    var key = SigningKey.generate();

    keys.learn(key.publicHalf());

    assertThat(Tokens.await(keys.find(key.kid()))).isPresent();
    assertThat(lookups()).isZero();
  }

  @Test
  void aKeyThatIsNotThereIsNotLookedForAgainAtOnce() {
    var key = SigningKey.generate();

    assertThat(Tokens.await(keys.find(key.kid()))).isEmpty();
    assertThat(Tokens.await(keys.find(key.kid()))).isEmpty();
    assertThat(lookups()).isEqualTo(1);

    clock.advance(Duration.ofSeconds(6));
    Tokens.await(directory.publish(key.publicHalf(), "node-1", Instant.MAX));
    assertThat(Tokens.await(keys.find(key.kid()))).isPresent();
  }

  @Test
  void whatCannotBeAKeyIsNotLookedFor() {
    for (String kid : List.of("' OR 1=1 --", "\0".repeat(43), "ü".repeat(43), "a".repeat(44))) {
      assertThat(Tokens.await(keys.find(kid))).isEmpty();
    }
    assertThat(lookups()).isZero();
  }

  @Test
  void inventedKeysAreNoLoadOnTheDirectory() {
    for (int i = 0; i < 50; i++) {
      var _ = keys.find(SigningKey.generate().kid());
    }

    assertThat(lookups()).isEqualTo(3);
    // Said as what passes by itself, so that it is answered 503 wherever it comes up.
    assertThat(keys.find(SigningKey.generate().kid()).toCompletableFuture())
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .satisfies(e -> assertThat(e.getCause()).isInstanceOf(TemporarilyUnavailable.class));
  }

  @Test
  void manyWhoNeedTheSameKeyShareOneLookUp() {
    var key = SigningKey.generate();
    Tokens.await(directory.publish(key.publicHalf(), "node-1", Instant.MAX));
    directory.outage.block();
    var first = keys.find(key.kid());
    var second = keys.find(key.kid());

    directory.outage.end();

    assertThat(Tokens.await(first)).isPresent();
    assertThat(Tokens.await(second)).isPresent();
    assertThat(lookups()).isEqualTo(1);
  }
}
