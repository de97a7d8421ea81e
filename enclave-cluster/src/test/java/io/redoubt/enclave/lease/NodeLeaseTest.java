package io.redoubt.enclave.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class NodeLeaseTest {
  private static final Duration LIMIT = Duration.ofMillis(800);

  /** Close to where the clock turns over, as a monotonic clock may be. */
  private final AtomicLong nanos =
      new AtomicLong(Long.MAX_VALUE - Duration.ofMillis(500).toNanos());

  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final List<Boolean> heldWhenLost = new ArrayList<>();
  private final AtomicBoolean fit = new AtomicBoolean(true);
  private final NodeLease lease = new NodeLease(LIMIT, fit::get, nanos::get, this::lost, metrics);

  private void lost() {
    heldWhenLost.add(lease.held());
  }

  private void pass(long millis) {
    nanos.addAndGet(Duration.ofMillis(millis).toNanos());
  }

  @Test
  void itIsNotHeldBeforeAMajorityWasHeard() {
    assertThat(lease.held()).isFalse();
    assertThat(lease.first().toCompletableFuture()).isNotDone();
    assertThat(metrics.get("redoubt.lease.held").gauge().value()).isZero();

    lease.renewed(nanos.get());

    assertThat(lease.held()).isTrue();
    assertThat(lease.first().toCompletableFuture()).isDone();
    assertThat(metrics.get("redoubt.lease.held").gauge().value()).isOne();
  }

  @Test
  void itCountsFromWhenTheQuestionWasSent() {
    long asked = nanos.get();
    pass(300);
    lease.renewed(asked);

    pass(499);
    assertThat(lease.held()).isTrue();
    pass(1);
    assertThat(lease.held()).isFalse();
  }

  @Test
  void anAnswerThatTookLongerThanTheLimitGivesNone() {
    long asked = nanos.get();
    pass(800);

    lease.renewed(asked);

    assertThat(lease.held()).isFalse();
    assertThat(lease.first().toCompletableFuture()).isNotDone();
  }

  @Test
  void anOlderAnswerTakesNothingAway() {
    long older = nanos.get();
    pass(200);
    lease.renewed(nanos.get());

    lease.renewed(older);

    pass(799);
    assertThat(lease.held()).isTrue();
  }

  @Test
  void whatIsUnderWayIsCutOnceWhenItIsOver() {
    lease.renewed(nanos.get());
    lease.lookAgain();
    assertThat(heldWhenLost).isEmpty();
    pass(800);

    lease.lookAgain();
    lease.lookAgain();

    assertThat(heldWhenLost).containsExactly(false);
    assertThat(metrics.get("redoubt.lease.lost").counter().count()).isOne();
  }

  @Test
  void whoIsNotFitToActHasNoneWhoeverIsHeard() {
    lease.renewed(nanos.get());
    fit.set(false);
    assertThat(lease.held()).isFalse();
    lease.lookAgain();
    assertThat(heldWhenLost).containsExactly(false);
    lease.renewed(nanos.get());
    assertThat(lease.held()).isFalse();

    fit.set(true);
    lease.renewed(nanos.get());

    assertThat(lease.held()).isTrue();
    assertThat(heldWhenLost).hasSize(1);
  }

  /** As after a pause of the process: the first to run may be the one who brings a new lease. */
  @Test
  void whatWasUnderWayBeforeALapseIsCutBeforeThereIsANewOne() {
    lease.renewed(nanos.get());
    pass(60_000);

    lease.renewed(nanos.get());

    assertThat(heldWhenLost).containsExactly(false);
    assertThat(lease.held()).isTrue();
  }
}
