package io.redoubt.approval;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.agent.AgentKey;
import io.redoubt.entity.Patience;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalTier.OnTimeout;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ModelPrompt;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.testing.InMemoryApprovalBoard;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What asking leaves on the board, also when a node dies before the actor's first word is there.
 */
class ApprovalDeskTest {
  private final ManualClock clock = new ManualClock();
  private final InMemoryApprovalBoard board = new InMemoryApprovalBoard();
  private final AgentKey agent = new AgentKey(OrganizationId.next(clock), AgentId.next(clock));
  private final AgentKey another = new AgentKey(OrganizationId.next(clock), AgentId.next(clock));
  private final ConcurrentLinkedQueue<CompletableFuture<Approval.Reply>> silence =
      new ConcurrentLinkedQueue<>();
  private final ApprovalDesk desk =
      new ApprovalDesk(
          (_, _) -> new CompletableFuture<>(),
          board,
          ApprovalConfig.from(ConfigFactory.load()),
          new Patience(clock, Duration.ofSeconds(5)));

  /** Until somebody looks, nobody sees the request, and nobody knows of its deadline. */
  @ParameterizedTest
  @CsvSource({"900,2", "1,1"})
  void itIsLookedAtSoonAndNotAfterItsFirstDeadline(int timeLimit, int lookedAtAfter) {
    desk.ask(agent, request(timeLimit), null);

    var look = clock.instant().plusSeconds(lookedAtAfter);
    assertThat(board.due(look.minusMillis(1), 9).toCompletableFuture().join()).isEmpty();
    assertThat(board.due(look, 9).toCompletableFuture().join()).hasSize(1);
  }

  /** It may be megabytes, and an agent may come again as often as it likes. */
  @Test
  void whatAModelIsAskedIsReadOnlyWhereSomebodyIsAskedAboutIt() {
    var times = new AtomicInteger();

    desk.ask(agent, request(900), null, counted(times), 0);
    assertThat(times).as("too many are pending").hasValue(0);
    desk.ask(agent, request(900), null, counted(times), 1);
    assertThat(times).hasValue(1);
    desk.ask(agent, request(900), null, counted(times), 1);
    assertThat(times).as("joins").hasValue(1);
  }

  @Test
  void whatAModelIsAskedIsReadOnceForAllWhoNeedIt() {
    var times = new AtomicInteger();
    var prompt = counted(times);

    assertThat(prompt.made()).isNotNull().isSameAs(prompt.made());
    assertThat(times).hasValue(1);
    assertThat(ShownPrompt.NONE.made()).isNull();
  }

  /** Whoever comes then hears how it stands, and the place of who goes is free. */
  @Test
  void onlySoManyCallersOfANodeWaitForAnything() {
    var few = deskOf("waiters-per-node = 2");
    var first = new AtomicBoolean(true);
    var one = waits(few, agent, first::get);
    var two = waits(few, another, () -> true);

    assertThat(waits(few, agent, () -> true)).as("a third").isCompleted();
    assertThat(one).isNotDone();
    assertThat(two).isNotDone();

    first.set(false);
    silence.remove().completeExceptionally(new TimeoutException("nothing has become of it"));
    assertThat(one).as("went away").isCompleted();
    assertThat(waits(few, agent, () -> true)).as("in its place").isNotDone();
    assertThat(waits(few, agent, () -> true)).as("and no more").isCompleted();
  }

  @Test
  void noAgentTakesThePlacesOfTheOthers() {
    var fair = deskOf("waiters-per-agent = 2");
    var first = new AtomicBoolean(true);
    var one = waits(fair, agent, first::get);
    var two = waits(fair, agent, () -> true);

    assertThat(waits(fair, agent, () -> true)).as("a third of it").isCompleted();
    assertThat(waits(fair, another, () -> true)).as("of another").isNotDone();
    assertThat(List.of(one, two)).noneMatch(CompletableFuture::isDone);

    first.set(false);
    silence.remove().completeExceptionally(new TimeoutException("nothing has become of it"));
    assertThat(waits(fair, agent, () -> true)).as("in its place").isNotDone();
    assertThat(waits(fair, agent, () -> true)).as("and no more").isCompleted();
  }

  /** One of whose requests nothing becomes. */
  private ApprovalDesk deskOf(String limit) {
    return new ApprovalDesk(
        (_, _) -> {
          var never = new CompletableFuture<Approval.Reply>();
          silence.add(never);
          return never;
        },
        board,
        ApprovalConfig.from(
            ConfigFactory.parseString("redoubt.approval." + limit)
                .withFallback(ConfigFactory.load())),
        new Patience(clock, Duration.ofSeconds(5)));
  }

  private CompletableFuture<ApprovalDesk.Answer> waits(
      ApprovalDesk at, AgentKey of, BooleanSupplier wanted) {
    var id = ApprovalId.next(clock);
    var pending =
        new ApprovalView(
            id,
            ApprovalStatus.PENDING,
            of.agent(),
            null,
            Plane.LLM,
            "llm:generate",
            null,
            "model",
            null,
            "beef",
            ActionId.next(clock),
            List.of("ask"),
            "default",
            1,
            0,
            List.of(),
            0,
            clock.instant(),
            null,
            null,
            1,
            List.of());
    return at.await(
            new ApprovalKey(of.organization(), id),
            new ApprovalDesk.Pending(pending),
            Duration.ofMinutes(1),
            wanted)
        .toCompletableFuture();
  }

  private static ShownPrompt counted(AtomicInteger times) {
    return ShownPrompt.of(() -> {
      times.incrementAndGet();
      return Optional.of(new ModelPrompt(1, null, "pay", List.of(), List.of(), 2, "{}"));
    });
  }

  private ApprovalRequest request(int timeLimit) {
    var tier =
        new ApprovalTier(
            ApprovalTier.Kind.HUMAN, List.of(), 1, timeLimit, OnTimeout.DENY, true, false);
    return new ApprovalRequest(
        "f00d",
        agent.agent(),
        null,
        Plane.LLM,
        "llm:generate",
        null,
        "model",
        "beef",
        List.of("ask"),
        1,
        0,
        ActionId.next(clock),
        null,
        null,
        List.of(new ApprovalWorkflow("quick", List.of(tier), 1, 60)));
  }
}
