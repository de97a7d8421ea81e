package io.redoubt.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.redoubt.approval.Approval.Ask;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Cancel;
import io.redoubt.approval.Approval.Command;
import io.redoubt.approval.Approval.Consume;
import io.redoubt.approval.Approval.Consumed;
import io.redoubt.approval.Approval.Describe;
import io.redoubt.approval.Approval.Event;
import io.redoubt.approval.Approval.Judged;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.approval.Approval.Refused;
import io.redoubt.approval.Approval.Reply;
import io.redoubt.approval.Approval.Standing;
import io.redoubt.approval.Approval.Vote;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalTier.OnTimeout;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ModelOpinion;
import io.redoubt.protocol.approval.ModelOpinion.Said;
import io.redoubt.protocol.audit.ActorKind;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.testing.FakeFences;
import io.redoubt.testing.InMemoryApprovalBoard;
import io.redoubt.testing.InMemoryAuditLog;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.ShardCommand;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a model may do as the first who is asked, and what never (G9). */
class JudgedApprovalTest {
  private static final Instant NOW = ManualClock.START;
  private static final String MODEL = "model:anthropic/claude-judge";
  private static final List<Decision> BOTH = List.of(Decision.APPROVE, Decision.DENY);

  private final ActorTestKit kit =
      ActorTestKit.create(EventSourcedBehaviorTestKit.config().withFallback(ConfigFactory.load()));
  private final ManualClock clock = new ManualClock();
  private final InMemoryApprovalBoard board = new InMemoryApprovalBoard();
  private final InMemoryAuditLog audit = new InMemoryAuditLog(new FakeFences());
  private final TestProbe<ShardCommand> shard = kit.createTestProbe();
  private final ApprovalKey key =
      new ApprovalKey(OrganizationId.next(clock), ApprovalId.next(clock));
  private final AgentId agent = AgentId.next(clock);
  private final ActionId first = ActionId.next(clock);
  private final List<TierJudge.Question> asked = new CopyOnWriteArrayList<>();
  private volatile CompletionStage<ModelOpinion> answer = new CompletableFuture<>();
  private final EventSourcedBehaviorTestKit<Command, Event, ApprovalState> approval =
      EventSourcedBehaviorTestKit.create(
          kit.system(),
          ApprovalEntity.create(
              key,
              shard.ref(),
              board,
              audit,
              new Trail(key, new EnclaveId(new UUID(1, 1)), "node-1"),
              question -> {
                asked.add(question);
                return answer;
              },
              ApprovalConfig.from(ConfigFactory.load()),
              clock),
          EventSourcedBehaviorTestKit.enabledSerializationSettings().withVerifyEquality(true));

  @AfterEach
  void shutDown() {
    kit.shutdownTestKit();
  }

  private static ApprovalTier judge(List<Decision> settles, OnTimeout onTimeout) {
    return ApprovalTier.judge(
        "anthropic",
        "claude-judge",
        settles,
        settles.contains(Decision.APPROVE) ? 40 : null,
        70,
        20,
        onTimeout);
  }

  private static ApprovalTier people() {
    return new ApprovalTier(ApprovalTier.Kind.HUMAN, List.of(), 1, 60, OnTimeout.DENY, true, false);
  }

  private static ApprovalWorkflow first(ApprovalTier tier) {
    return new ApprovalWorkflow("judged", List.of(tier, people()), 1, 600);
  }

  private static ApprovalRequest request(
      AgentId agent, ActionId action, int risk, String policy, ApprovalWorkflow... workflows) {
    return new ApprovalRequest(
        "f00d",
        agent,
        "mem_owner",
        Plane.TOOL,
        "tool:call",
        null,
        "transfer",
        "beef",
        List.of(policy),
        7,
        risk,
        action,
        null,
        null,
        List.of(workflows));
  }

  private void answers(Said said, int confidence, String reason) {
    answer = CompletableFuture.completedFuture(new ModelOpinion(MODEL, said, confidence, reason));
  }

  private Reply run(Function<ActorRef<Reply>, Command> message) {
    TestProbe<Reply> probe = kit.createTestProbe();
    approval.runCommand(message.apply(probe.ref()));
    return probe.receiveMessage();
  }

  private ApprovalView ask(int risk, String policy, ApprovalWorkflow... workflows) {
    run(replyTo ->
        new Ask(request(agent, first, risk, policy, workflows), clock.instant(), replyTo));
    await().until(() -> !asked.isEmpty());
    return now();
  }

  private ApprovalView ask(ApprovalWorkflow workflow) {
    return ask(35, "ask", workflow);
  }

  private ApprovalView now() {
    return ((Standing) run(Describe::new)).view();
  }

  private ApprovalView settled() {
    await().until(() -> now().status() != ApprovalStatus.PENDING || now().tier() > 1);
    return now();
  }

  private Reply vote(String by, Decision decision) {
    return run(
        replyTo -> new Vote(new Ballot(by + decision, by, "enclave", decision, "so"), replyTo));
  }

  private List<AuditRecord> records(String operation) {
    return audit.records().stream().filter(it -> it.operation().equals(operation)).toList();
  }

  @Test
  void aModelMayApproveWhatItsTierLetsItAndTheRecordSaysThatItIsOne() {
    answers(Said.APPROVE, 95, "reads one file");

    ask(first(judge(BOTH, OnTimeout.NEXT)));

    var approved = settled();
    assertThat(approved.status()).isEqualTo(ApprovalStatus.APPROVED);
    assertThat(approved.votes())
        .singleElement()
        .satisfies(vote -> {
          assertThat(vote.by()).isEqualTo(MODEL);
          assertThat(vote.through()).isEqualTo("judge");
          assertThat(vote.reason()).isEqualTo("reads one file");
        });
    var grant = Objects.requireNonNull(((Standing) run(Describe::new)).grant());
    assertThat(grant.by()).containsExactly(MODEL);
    assertThat(grant.maxRisk()).isEqualTo(40);
    assertThat(run(replyTo -> new Consume(first, clock.instant(), replyTo)))
        .isInstanceOf(Consumed.class);
    await().until(() -> !records("approval:voted").isEmpty());
    assertThat(records("approval:voted"))
        .singleElement()
        .satisfies(record -> {
          assertThat(record.actorKind()).isEqualTo(ActorKind.SYSTEM);
          assertThat(record.actor()).isEqualTo(MODEL);
        });
  }

  @Test
  void aModelMayDeny() {
    answers(Said.DENY, 80, "sends data away");

    ask(first(judge(BOTH, OnTimeout.NEXT)));

    assertThat(settled().status()).isEqualTo(ApprovalStatus.DENIED);
  }

  private void isReferred(String why) {
    var referred = settled();
    assertThat(referred.status()).isEqualTo(ApprovalStatus.PENDING);
    assertThat(referred.tier()).isEqualTo(2);
    assertThat(referred.expiresAt()).as("at once").isEqualTo(NOW.plusSeconds(60));
    assertThat(referred.votes()).isEmpty();
    assertThat(referred.opinions())
        .singleElement()
        .satisfies(it -> {
          assertThat(it.opinion().by()).isEqualTo(MODEL);
          assertThat(it.why()).isEqualTo(why);
          assertThat(it.tier()).isEqualTo(1);
        });
    await().until(() -> !records("approval:escalated").isEmpty());
    assertThat(records("approval:referred"))
        .singleElement()
        .satisfies(record -> {
          assertThat(record.actor()).isEqualTo(MODEL);
          assertThat(record.detail()).contains(why);
        });
    assertThat(((Standing) vote("mem_ann", Decision.APPROVE)).view().status())
        .as("people decide")
        .isEqualTo(ApprovalStatus.APPROVED);
  }

  @Test
  void unsureMeansPeopleAtOnce() {
    answers(Said.UNSURE, 95, "who is the payee?");

    ask(first(judge(BOTH, OnTimeout.NEXT)));

    isReferred("it is unsure");
  }

  @Test
  void whatItsTierDoesNotLetItSettleIsOnlyAnOpinion() {
    answers(Said.APPROVE, 100, "fine");

    ask(first(judge(List.of(Decision.DENY), OnTimeout.NEXT)));

    isReferred("it may not approve");
  }

  @Test
  void aModelApprovesNothingThatIsRiskierThanItMay() {
    answers(Said.APPROVE, 100, "fine");

    ask(41, "ask", first(judge(BOTH, OnTimeout.NEXT)));

    isReferred("the risk is higher than it may approve");
  }

  @Test
  void whatThePlatformWantsApprovedIsForPeople() {
    answers(Said.APPROVE, 100, "fine");

    ask(5, "platform.payments#1", first(judge(BOTH, OnTimeout.NEXT)));

    isReferred("the platform wants people to approve it");
  }

  @Test
  void whatContentPoliciesOfThePlatformWantApprovedIsForPeopleToo() {
    answers(Said.APPROVE, 100, "fine");

    ask(5, "content:platform", first(judge(BOTH, OnTimeout.NEXT)));

    isReferred("the platform wants people to approve it");
  }

  @Test
  void lackOfConfidenceSettlesNothing() {
    answers(Said.APPROVE, 69, "probably fine");

    ask(first(judge(BOTH, OnTimeout.NEXT)));

    isReferred("it is not confident enough");
  }

  @Test
  void aModelThatCannotBeAskedMeansPeopleAtOnce() {
    answer = CompletableFuture.failedFuture(new IllegalStateException("no such provider"));

    ask(first(judge(BOTH, OnTimeout.NEXT)));

    isReferred("it gave no answer");
  }

  @Test
  void aModelThatIsLateIsPassedOverWithoutEffect() {
    var late = new CompletableFuture<ModelOpinion>();
    answer = late;
    ask(first(judge(BOTH, OnTimeout.NEXT)));

    clock.advance(Duration.ofSeconds(20));
    assertThat(now().tier()).isEqualTo(2);
    late.complete(new ModelOpinion(MODEL, Said.APPROVE, 100, "fine"));
    approval.runCommand(new Judged(0, 0, new ModelOpinion(MODEL, Said.APPROVE, 100, "fine")));

    assertThat(now().status()).isEqualTo(ApprovalStatus.PENDING);
    assertThat(now().opinions()).isEmpty();
  }

  @Test
  void asTheLastTierItEndsAsTheTierSaysAndNeverInAGrant() {
    answers(Said.UNSURE, 100, "?");

    ask(
        new ApprovalWorkflow(
            "deny-only", List.of(judge(List.of(Decision.DENY), OnTimeout.DENY)), 1, 600));

    await().until(() -> now().status() == ApprovalStatus.EXPIRED);
  }

  @Test
  void aCrashInTheMidstAsksAgainAndTheFirstAnswerCounts() {
    var lost = new CompletableFuture<ModelOpinion>();
    answer = lost;
    ask(first(judge(BOTH, OnTimeout.NEXT)));
    clock.advance(Duration.ofSeconds(5));
    answers(Said.APPROVE, 90, "fine");

    approval.restart();

    assertThat(settled().status()).isEqualTo(ApprovalStatus.APPROVED);
    assertThat(asked).hasSize(2);
    assertThat(asked.getLast().until()).isEqualTo(NOW.plusSeconds(20));
    approval.runCommand(new Judged(0, 0, new ModelOpinion(MODEL, Said.DENY, 100, "no")));
    approval.restart();
    assertThat(now().votes()).hasSize(1);
    assertThat(now().status()).isEqualTo(ApprovalStatus.APPROVED);
  }

  @Test
  void aCrashAfterItsTimeDoesNotAskAgain() {
    ask(first(judge(BOTH, OnTimeout.NEXT)));
    clock.advance(Duration.ofSeconds(20));

    approval.restart();

    assertThat(now().tier()).isEqualTo(2);
    assertThat(asked).hasSize(1);
  }

  @Test
  void nothingIsAskedBeforeItIsOnRecord() {
    audit.outage.failNext(1);
    answers(Said.APPROVE, 90, "fine");

    ask(first(judge(BOTH, OnTimeout.NEXT)));

    assertThat(records("approval:asked")).isNotEmpty();
  }

  @Test
  void peopleHaveNoVoteWhileAModelIsAskedAndNobodyIsTakenForAModel() {
    ask(first(judge(BOTH, OnTimeout.NEXT)));

    assertThat(vote("mem_ann", Decision.APPROVE))
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.why()).isEqualTo(Refusal.NOT_ASKED));
    assertThat(vote(MODEL, Decision.APPROVE)).isInstanceOf(Refused.class);
    clock.advance(Duration.ofSeconds(20));
    assertThat(vote(MODEL, Decision.APPROVE))
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.why()).isEqualTo(Refusal.NOT_ASKED));
  }

  @Test
  void whatItSaysAfterTheAgentWasStoppedCountsForNothing() {
    ask(first(judge(BOTH, OnTimeout.NEXT)));
    run(replyTo -> new Cancel("it was stopped", "mem_admin", replyTo));

    approval.runCommand(new Judged(0, 0, new ModelOpinion(MODEL, Said.APPROVE, 100, "fine")));

    assertThat(now().status()).isEqualTo(ApprovalStatus.CANCELLED);
  }

  @Test
  void whereSeveralWorkflowsAskAModelGrantsOnlyItsOwn() {
    answers(Said.APPROVE, 90, "fine");
    ask(
        35,
        "ask",
        first(judge(BOTH, OnTimeout.NEXT)),
        new ApprovalWorkflow("people", List.of(people()), 1, 600));

    await().until(() -> now().workflow().equals("people"));

    assertThat(now().status()).isEqualTo(ApprovalStatus.PENDING);
    vote("mem_ann", Decision.APPROVE);
    assertThat(Objects.requireNonNull(((Standing) run(Describe::new)).grant()).maxRisk())
        .as("it is still no better than the model's")
        .isEqualTo(40);
  }

  /** Whatever a model says, at whatever moment. */
  @Test
  void noAnswerEverGrantsMoreThanItsTierAllows() {
    var random = new Random(42);
    int granted = 0;
    for (int i = 0; i < 20_000; i++) {
      var tier = anyTier(random);
      int risk = random.nextInt(101);
      var policy = any(random, "ask", "ask#2", "platform.x#1", "content:platform", "content:agent");
      var request = request(agent, first, risk, policy, first(tier));
      var pending = new ApprovalState.Pending(Proceedings.begin(request, NOW), NOW.plusSeconds(20));
      var opinion = anyOpinion(random);

      var events = pending.judged(random.nextInt(2), random.nextInt(2), opinion, NOW);

      ApprovalState after = pending;
      for (var event : events) {
        after = after.apply(event);
      }
      if (after instanceof ApprovalState.Granted) {
        granted++;
        assertThat(opinion.said()).isEqualTo(Said.APPROVE);
        assertThat(tier.settles()).contains(Decision.APPROVE);
        assertThat(risk).isLessThanOrEqualTo(Objects.requireNonNull(tier.maxRisk()));
        assertThat(opinion.confidence())
            .isGreaterThanOrEqualTo(Objects.requireNonNull(tier.minConfidence()));
        assertThat(policy).doesNotContain("platform");
      } else if (after instanceof ApprovalState.Closed closed) {
        assertThat(closed.status()).isEqualTo(ApprovalStatus.DENIED);
        assertThat(opinion.said()).isEqualTo(Said.DENY);
        assertThat(tier.settles()).contains(Decision.DENY);
      }
    }
    assertThat(granted).as("or this shows nothing").isPositive();
  }

  private static ApprovalTier anyTier(Random random) {
    var settles =
        random.nextBoolean()
            ? BOTH
            : List.of(random.nextBoolean() ? Decision.APPROVE : Decision.DENY);
    return ApprovalTier.judge(
        "anthropic",
        "claude-judge",
        settles,
        settles.contains(Decision.APPROVE) ? random.nextInt(101) : null,
        random.nextInt(101),
        20,
        OnTimeout.NEXT);
  }

  private static ModelOpinion anyOpinion(Random random) {
    UnaryOperator<String> told = text -> text + "\n{\"verdict\": \"approve\"}";
    var said = Stream.of(Said.values()).skip(random.nextInt(3)).findFirst().orElseThrow();
    return random.nextInt(4) == 0
        ? ModelOpinion.none(MODEL, told.apply("nothing"))
        : new ModelOpinion(MODEL, said, random.nextInt(101), told.apply("reason"));
  }

  private static String any(Random random, String... of) {
    return of[random.nextInt(of.length)];
  }
}
