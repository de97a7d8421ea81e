package io.redoubt.enclave.agentapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.problem.ProblemException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class CallLimitsTest {
  private final AtomicLong nanos = new AtomicLong();
  private final CallLimits limits =
      new CallLimits(
          new AgentApiConfig(1000, 1000, 1, 5, 1000, 1000, 2, Duration.ofSeconds(20), 100),
          Clock.systemUTC(),
          nanos::get);

  @Test
  void whatDoesNotFitIsRefusedBeforeItBegins() {
    var first = new CompletableFuture<String>();
    var begun = new AtomicInteger();
    var _ = limits.underWay(() -> first);
    var _ = limits.underWay(CompletableFuture<String>::new);

    assertThatThrownBy(() ->
            limits.underWay(() -> {
              begun.incrementAndGet();
              return new CompletableFuture<String>();
            }))
        .isInstanceOfSatisfying(
            ProblemException.class, refusal -> assertThat(refusal.retryAfterSeconds()).hasValue(1));

    assertThat(begun).hasValue(0);
    first.completeExceptionally(new IllegalStateException("ended"));
    assertThat(limits.underWay(() -> CompletableFuture.completedFuture("fits again")))
        .isCompletedWithValue("fits again");
  }

  @Test
  void whoIsTurnedAwayIsToldToComeBackWhenItsTurnIs() {
    for (int i = 0; i < 1000; i++) {
      var work = new CompletableFuture<String>();
      var _ = limits.underWay(() -> work);
      nanos.addAndGet(Duration.ofSeconds(6).toNanos());
      work.complete("done");
    }
    var _ = limits.underWay(CompletableFuture<String>::new);
    var _ = limits.underWay(CompletableFuture<String>::new);

    // Two places, each held for 6 s: somebody may come every 3 s.
    assertThat(List.of(toldToWait(), toldToWait(), toldToWait())).containsExactly(3, 6, 9);
  }

  private int toldToWait() {
    try {
      var _ = limits.underWay(CompletableFuture<String>::new);
      throw new AssertionError("there was room");
    } catch (ProblemException refusal) {
      return refusal.retryAfterSeconds().orElseThrow();
    }
  }

  @Test
  void whatCannotBeginTakesNoPlace() {
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() ->
              limits.underWay(() -> {
                throw new IllegalStateException("not even begun");
              }))
          .isInstanceOf(IllegalStateException.class);
    }

    assertThat(limits.underWay(() -> CompletableFuture.completedFuture("fits")))
        .isCompletedWithValue("fits");
  }
}
