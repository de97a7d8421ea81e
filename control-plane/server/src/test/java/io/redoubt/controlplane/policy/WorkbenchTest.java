package io.redoubt.controlplane.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.policy.Compilation;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkbenchTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Workbench workbench = workbench(SECOND.multipliedBy(20));

  private static Workbench workbench(Duration limit) {
    return new Workbench(new PoliciesConfig(10, 1, Duration.ofMillis(1), limit, SECOND, SECOND));
  }

  private static CompletableFuture<String> work(
      Workbench workbench, String given, Function<String, String> work) {
    return workbench
        .work(
            CompletableFuture.completedFuture(given),
            work,
            (it, why) -> it + " " + why.problems().getFirst().message())
        .toCompletableFuture();
  }

  private CompletableFuture<String> work(String given) {
    return work(workbench, given, it -> it);
  }

  @Test
  void onlySoManyAreAtWorkAndOthersAreToldToComeBack() throws InterruptedException {
    var begun = new CountDownLatch(1);
    var end = new CompletableFuture<String>();
    var first =
        work(
            workbench,
            "first",
            _ -> {
              begun.countDown();
              return end.join();
            });
    begun.await();

    assertThatThrownBy(() -> work("second").join())
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            ProblemException.class,
            why -> {
              assertThat(why.type()).isEqualTo(ErrorType.UNAVAILABLE);
              assertThat(why.retryAfterSeconds()).hasValue(5);
            });
    end.complete("done");
    assertThat(first).succeedsWithin(SECOND.multipliedBy(10)).isEqualTo("done");
  }

  @Test
  void whatTakesTooLongIsRefusedAndKeepsItsPlaceUntilItEnds() {
    var hasty = workbench(Duration.ofMillis(20));
    var end = new CompletableFuture<String>();

    var slow = work(hasty, "first", _ -> end.join());

    assertThat(slow)
        .succeedsWithin(SECOND.multipliedBy(10))
        .asString()
        .startsWith("first take longer than 1 s to be checked");
    assertThatThrownBy(() -> work(hasty, "second", it -> it).join())
        .as("nothing has ended the first")
        .hasCauseInstanceOf(ProblemException.class);
    end.complete("done");
    await()
        .untilAsserted(() -> assertThat(work(hasty, "third", it -> it).join()).isEqualTo("third"));
  }

  /**
   * Policies that keep every limit of size, of which a bundle holds four times as many: nothing but
   * the clock tells that they are too much.
   */
  private static Content large() {
    var condition =
        IntStream.range(0, 38)
            .mapToObj(i ->
                ("(context.args has a%1$d && context.args.a%1$d == %1$d"
                        + " && context.session.counts[\"tool:call t%1$d within 1h\"] > 1)")
                    .formatted(i))
            .collect(Collectors.joining(" || "));
    var documents =
        IntStream.range(0, 180)
            .mapToObj(i ->
                new PolicyDocument(
                    "d" + i,
                    "forbid (principal in AgentGroup::\"g="
                        + i
                        + "\", action, resource) when { "
                        + condition
                        + " };"))
            .toList();
    return new Content(documents, List.of(), List.of(), List.of(), List.of(), 0);
  }

  @Test
  void policiesThatKeepEveryOtherLimitAreRefusedForTheTimeThatTheyTake() {
    var hasty = workbench(Duration.ofMillis(50));
    var organization = new OrganizationId(new UUID(7, 7));
    var ready = new CompletableFuture<Compilation>();

    var refused =
        hasty
            .work(
                CompletableFuture.completedFuture(large()),
                it -> {
                  var compilation = it.compile(organization);
                  ready.complete(compilation);
                  return compilation;
                },
                (_, tooLong) -> tooLong)
            .toCompletableFuture();

    assertThat(refused).succeedsWithin(SECOND.multipliedBy(20)).isInstanceOf(PolicyProblems.class);
    assertThat(ready).as("nobody has waited for it").isNotDone();
    assertThat(ready).succeedsWithin(SECOND.multipliedBy(120)).isInstanceOf(PolicySet.class);
  }

  @Test
  void whoFailsMakesRoom() {
    var failed =
        work(
            workbench,
            "first",
            it -> {
              throw new IllegalArgumentException(it);
            });

    assertThatThrownBy(failed::join).hasRootCauseInstanceOf(IllegalArgumentException.class);
    assertThat(work("second").join()).isEqualTo("second");
  }
}
