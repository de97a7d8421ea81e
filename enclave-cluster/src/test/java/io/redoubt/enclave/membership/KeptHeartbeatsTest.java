package io.redoubt.enclave.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.EnclaveId;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class KeptHeartbeatsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final UUID SESSION = UUID.randomUUID();
  private static final EnclaveId ENCLAVE = EnclaveId.next(Clock.systemUTC());

  /** Close to where the monotonic clock turns over. */
  private long nanos = Long.MAX_VALUE - Duration.ofSeconds(20).toNanos();

  private final KeptHeartbeats kept = new KeptHeartbeats(LIMIT, () -> nanos, nanos);

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  @Test
  void aNodeWhoseHeartbeatsAreKeptGoesOn() {
    for (int i = 0; i < 5; i++) {
      pass(LIMIT.minusNanos(1));
      assertThat(kept.goOn()).isTrue();
      kept.kept(nanos);
    }
  }

  @Test
  void aNodeCutOffFromTheDatabaseStopsByItself() {
    pass(LIMIT);
    assertThat(kept.goOn()).isFalse();

    kept.kept(nanos);
    assertThat(kept.goOn()).as("nobody took its place meanwhile").isTrue();
  }

  @Test
  void aHeartbeatCountsFromWhenItWasSent() {
    long sent = nanos;
    pass(Duration.ofSeconds(3));
    kept.kept(sent);

    pass(LIMIT.minusSeconds(3));

    assertThat(kept.goOn()).isFalse();
  }

  @Test
  void whoWasPutOutStopsAtOnce() {
    kept.putOut();
    kept.kept(nanos);

    assertThat(kept.goOn()).isFalse();
  }

  @Test
  void othersWaitUntilItHasStoppedForCertain() {
    var watch =
        new DeathWatch(
            new FormingConfig(
                Duration.ofSeconds(1),
                Duration.ofSeconds(3), // theirs is shorter, and does not count
                Duration.ofSeconds(30),
                Duration.ofMinutes(1)),
            Machine.own(),
            () -> nanos);
    for (int i = 0; i < 60; i++) {
      boolean dead = !watch.dead(List.of(row(7, Duration.ofSeconds(i)))).isEmpty();
      assertThat(dead && kept.goOn()).as("after %d s", i).isFalse();
      pass(Duration.ofSeconds(1));
    }
    assertThat(watch.dead(List.of(row(7, Duration.ofSeconds(60))))).hasSize(1);
  }

  /** After an outage all are silent: the heartbeat that the network swallowed, and a new one. */
  @Test
  void whoIsOnlyLateAfterAnOutageIsNotTakenForDead() {
    var config =
        new FormingConfig(
            Duration.ofSeconds(1), LIMIT, Duration.ofSeconds(30), Duration.ofMinutes(1));
    var watch = new DeathWatch(config, Machine.own(), () -> nanos);
    var silent = Duration.ofMinutes(2);
    assertThat(watch.dead(List.of(row(7, silent)))).isEmpty();

    pass(Heartbeat.HANGS.plus(config.heartbeatEvery()).plusMillis(500));

    assertThat(watch.dead(List.of(row(7, silent)))).isEmpty();
    assertThat(watch.dead(List.of(row(8, Duration.ZERO)))).isEmpty();
  }

  private MemberRow row(long beats, Duration silence) {
    return new MemberRow(
        "node-1",
        SESSION,
        ENCLAVE,
        Optional.of("192.0.2.1:25520"),
        MemberRow.State.MEMBER,
        beats,
        silence,
        LIMIT,
        Machine.own());
  }
}
