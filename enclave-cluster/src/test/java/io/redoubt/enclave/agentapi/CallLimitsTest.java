package io.redoubt.enclave.agentapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.problem.ProblemException;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CallLimitsTest {
  private final CallLimits limits =
      new CallLimits(new AgentApiConfig(1000, 1000, 1, 5, 1000, 1000, 2, 100), Clock.systemUTC());

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
