package io.redoubt.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.redoubt.action.Approved;
import io.redoubt.approval.Approval.Ask;
import io.redoubt.approval.Approval.Await;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Cancel;
import io.redoubt.approval.Approval.Command;
import io.redoubt.approval.Approval.Consume;
import io.redoubt.approval.Approval.Consumed;
import io.redoubt.approval.Approval.DeadlinePassed;
import io.redoubt.approval.Approval.Describe;
import io.redoubt.approval.Approval.Event;
import io.redoubt.approval.Approval.Expired;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.approval.Approval.Refused;
import io.redoubt.approval.Approval.Reply;
import io.redoubt.approval.Approval.Standing;
import io.redoubt.approval.Approval.TierReached;
import io.redoubt.approval.Approval.Vote;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalTier.OnTimeout;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.approval.ApprovalWorkflow;
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
import java.util.UUID;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.ShardCommand;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The rules of G9, one test each. */
class ApprovalEntityTest {
  private static final Instant NOW = ManualClock.START;
  private static final String OWNER = "mem_owner";

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
  private final EventSourcedBehaviorTestKit<Command, Event, ApprovalState> approval =
      EventSourcedBehaviorTestKit.create(
          kit.system(),
          ApprovalEntity.create(
              key,
              shard.ref(),
              board,
              audit,
              new Trail(key, new EnclaveId(new UUID(1, 1)), "node-1"),
              TierJudge.NONE,
              ApprovalConfig.from(ConfigFactory.load()),
              clock),
          EventSourcedBehaviorTestKit.enabledSerializationSettings().withVerifyEquality(true));

  @AfterEach
  void shutDown() {
    kit.shutdownTestKit();
  }

  private static ApprovalTier tier(
      int quorum, OnTimeout onTimeout, boolean veto, boolean excludeOwner, String... approvers) {
    return new ApprovalTier(
        ApprovalTier.Kind.HUMAN, List.of(approvers), quorum, 60, onTimeout, veto, excludeOwner);
  }

  private static ApprovalWorkflow workflow(String name, ApprovalTier... tiers) {
    return new ApprovalWorkflow(name, List.of(tiers), 1, 600);
  }

  private ApprovalRequest request(ApprovalWorkflow... workflows) {
    return new ApprovalRequest(
        "f00d",
        agent,
        OWNER,
        Plane.TOOL,
        "tool:call",
        null,
        "transfer",
        "beef",
        List.of("ask"),
        7,
        35,
        first,
        null,
        null,
        List.of(workflows));
  }

  private Reply run(Function<ActorRef<Reply>, Command> message) {
    TestProbe<Reply> probe = kit.createTestProbe();
    approval.runCommand(message.apply(probe.ref()));
    return probe.receiveMessage();
  }

  private ApprovalView view(Reply reply) {
    assertThat(reply).isInstanceOf(Standing.class);
    return ((Standing) reply).view();
  }

  private static Approved grant(Reply reply) {
    return Objects.requireNonNull(((Standing) reply).grant());
  }

  private ApprovalView ask(ApprovalWorkflow... workflows) {
    return view(run(replyTo -> new Ask(request(workflows), clock.instant(), replyTo)));
  }

  private ApprovalView ask() {
    return ask(ApprovalWorkflow.usual("default"));
  }

  private Reply vote(String by, Decision decision) {
    return run(replyTo ->
        new Vote(
            new Ballot(by + decision + clock.instant(), by, "enclave", decision, "because"),
            replyTo));
  }

  private Reply vote(String by, Decision decision, @Nullable Long authenticationAge) {
    return run(replyTo ->
        new Vote(
            new Ballot(by + decision + authenticationAge, by, "enclave", decision, "because")
                .authenticated(authenticationAge),
            replyTo));
  }

  private Reply consume(ActionId action) {
    return run(replyTo -> new Consume(action, clock.instant(), replyTo));
  }

  private ApprovalView now() {
    return view(run(Describe::new));
  }

  private void pass(Duration time) {
    clock.advance(time);
    approval.restart();
  }

  private List<String> recorded() {
    return audit.records().stream().map(AuditRecord::operation).toList();
  }

  private void awaitRecorded(String... operations) {
    await().untilAsserted(() -> assertThat(recorded()).containsExactly(operations));
    assertThat(audit.records())
        .allSatisfy(record -> {
          assertThat(record.plane()).isEqualTo(Plane.APPROVAL);
          assertThat(record.approvalId()).isEqualTo(key.approval().toString());
          assertThat(record.actionDigest()).isEqualTo("beef");
        });
  }

  @Test
  void whoAsksFirstOpensItAndTheNextJoins() {
    var opened = ask();

    assertThat(opened.status()).isEqualTo(ApprovalStatus.PENDING);
    assertThat(opened.expiresAt()).isEqualTo(NOW.plusSeconds(900));
    clock.advance(Duration.ofSeconds(5));
    assertThat(ask()).isEqualTo(opened);
    awaitRecorded("approval:asked");
  }

  @Test
  void aRequestThatNobodyWaitsForOpensNothing() {
    TestProbe<Reply> probe = kit.createTestProbe();

    var result =
        approval.runCommand(
            new Ask(request(ApprovalWorkflow.usual("default")), NOW.minusSeconds(1), probe.ref()));

    assertThat(result.hasNoEvents()).isTrue();
    probe.expectNoMessage(Duration.ZERO);
  }

  @Test
  void whatNobodyAskedForIsUnknown() {
    assertThat(vote("mem_ann", Decision.APPROVE)).isEqualTo(new Refused(Refusal.UNKNOWN, null));
    assertThat(consume(first)).isEqualTo(new Refused(Refusal.UNKNOWN, null));
    assertThat(run(Describe::new)).isEqualTo(new Refused(Refusal.UNKNOWN, null));
  }

  @Test
  void aGrantIsSpentOnceAndOnlyOnce() {
    ask();

    var reply = vote("mem_ann", Decision.APPROVE);

    assertThat(view(reply).status()).isEqualTo(ApprovalStatus.APPROVED);
    assertThat(grant(reply).identity()).isEqualTo("f00d");
    assertThat(grant(reply).by()).containsExactly("mem_ann");
    assertThat(consume(first)).isInstanceOf(Consumed.class);
    assertThat(consume(ActionId.next(clock)))
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.why()).isEqualTo(Refusal.NOT_GRANTED));
    assertThat(consume(first)).as("the same once more").isInstanceOf(Consumed.class);
    approval.restart();
    assertThat(now().status()).isEqualTo(ApprovalStatus.CONSUMED);
    assertThat(consume(ActionId.next(clock))).isInstanceOf(Refused.class);
    awaitRecorded("approval:asked", "approval:voted", "approval:granted", "approval:used");
  }

  @Test
  void aGrantForSeveralCallsIsGoodForThatMany() {
    ask(new ApprovalWorkflow("twice", List.of(tier(1, OnTimeout.DENY, true, false)), 2, 600));
    vote("mem_ann", Decision.APPROVE);

    assertThat(consume(first)).isInstanceOf(Consumed.class);
    assertThat(now().usesLeft()).isEqualTo(1);
    approval.restart();
    assertThat(consume(ActionId.next(clock))).isInstanceOf(Consumed.class);

    assertThat(consume(ActionId.next(clock))).isInstanceOf(Refused.class);
  }

  @Test
  void aGrantThatIsNotUsedInTimeIsGoodForNothing() {
    ask();
    vote("mem_ann", Decision.APPROVE);

    clock.advance(Duration.ofMinutes(15));

    assertThat(consume(first)).isInstanceOf(Refused.class);
    assertThat(now().status()).isEqualTo(ApprovalStatus.EXPIRED);
  }

  @Test
  void aConsumptionThatNobodyWaitsForSpendsNothing() {
    ask();
    vote("mem_ann", Decision.APPROVE);
    TestProbe<Reply> probe = kit.createTestProbe();

    approval.runCommand(new Consume(first, NOW.minusSeconds(1), probe.ref()));

    assertThat(now().usesLeft()).isEqualTo(1);
  }

  @Test
  void oneDenialDeniesWhereOneMayVeto() {
    ask(workflow("two", tier(2, OnTimeout.DENY, true, false)));
    vote("mem_ann", Decision.APPROVE);

    var denied = view(vote("mem_bob", Decision.DENY));

    assertThat(denied.status()).isEqualTo(ApprovalStatus.DENIED);
    assertThat(denied.votes()).hasSize(2);
    assertThat(denied.decidedAt()).isEqualTo(NOW);
    assertThat(consume(first)).isInstanceOf(Refused.class);
    awaitRecorded("approval:asked", "approval:voted", "approval:voted", "approval:denied");
  }

  @Test
  void withoutVetoItTakesAsManyToDenyAsToApprove() {
    ask(workflow("two", tier(2, OnTimeout.DENY, false, false)));

    assertThat(view(vote("mem_ann", Decision.DENY)).status()).isEqualTo(ApprovalStatus.PENDING);
    assertThat(view(vote("mem_bob", Decision.APPROVE)).status()).isEqualTo(ApprovalStatus.PENDING);
    assertThat(view(vote("mem_eve", Decision.DENY)).status()).isEqualTo(ApprovalStatus.DENIED);
  }

  @Test
  void aPersonHasOneVoteInATier() {
    ask(workflow("two", tier(2, OnTimeout.DENY, false, false)));
    vote("mem_ann", Decision.APPROVE);
    clock.advance(Duration.ofSeconds(1));

    var again = view(vote("mem_ann", Decision.APPROVE));
    var otherwise = vote("mem_ann", Decision.DENY);

    assertThat(again.votes()).hasSize(1);
    assertThat(again.status()).isEqualTo(ApprovalStatus.PENDING);
    assertThat(otherwise)
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.why()).isEqualTo(Refusal.VOTED_BEFORE));
  }

  @Test
  void theSameVoteTwiceIsTheSameVote() {
    ask();
    var ballot = new Ballot("once", "mem_ann", "enclave", Decision.APPROVE, "");
    var heard = run(replyTo -> new Vote(ballot, replyTo));

    assertThat(run(replyTo -> new Vote(ballot, replyTo))).isEqualTo(heard);
    consume(first);
    approval.restart();
    assertThat(view(run(replyTo -> new Vote(ballot, replyTo))).status())
        .isEqualTo(ApprovalStatus.CONSUMED);
    assertThat(vote("mem_bob", Decision.DENY))
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.why()).isEqualTo(Refusal.DECIDED));
  }

  @Test
  void onlyWhoIsAskedHasAVote() {
    ask(workflow("few", tier(1, OnTimeout.DENY, true, false, "mem_ann", "owner")));

    assertThat(vote("mem_bob", Decision.APPROVE))
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.why()).isEqualTo(Refusal.NOT_ASKED));
    assertThat(view(vote(OWNER, Decision.APPROVE)).status()).isEqualTo(ApprovalStatus.APPROVED);
  }

  private Reply voteAs(String by, String... groups) {
    return run(replyTo ->
        new Vote(
            new Ballot(by, by, "enclave", Decision.APPROVE, "because", List.of(groups)), replyTo));
  }

  @Test
  void whoIsInAGroupThatIsAskedHasAVote() {
    ask(workflow("sre", tier(2, OnTimeout.DENY, true, true, "group:sre")));

    assertThat(voteAs("mem_eve", "payments"))
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.why()).isEqualTo(Refusal.NOT_ASKED));
    assertThat(voteAs("group:sre")).isInstanceOf(Refused.class);
    assertThat(voteAs(OWNER, "sre")).as("the owner is excluded").isInstanceOf(Refused.class);
    assertThat(view(voteAs("mem_ann", "payments", "sre")).status())
        .isEqualTo(ApprovalStatus.PENDING);
    approval.restart();
    assertThat(view(voteAs("mem_bob", "sre")).status()).isEqualTo(ApprovalStatus.APPROVED);
  }

  @Test
  void theOwnerCanBeExcluded() {
    ask(workflow("others", tier(1, OnTimeout.DENY, true, true)));

    assertThat(vote(OWNER, Decision.APPROVE))
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.why()).isEqualTo(Refusal.NOT_ASKED));
    assertThat(view(vote("mem_ann", Decision.APPROVE)).status()).isEqualTo(ApprovalStatus.APPROVED);
  }

  /** As where everybody of a group has left, or the owner is asked and there is none. */
  @Test
  void aTierThatNamesNobodyAsksInVainUntilItsTimeIsOver() {
    var workflow =
        workflow(
            "nobody",
            tier(1, OnTimeout.NEXT, true, false, "group:gone"),
            tier(1, OnTimeout.DENY, true, true, "owner"));
    ask(workflow);
    assertThat(vote("mem_ann", Decision.APPROVE)).isInstanceOf(Refused.class);

    clock.advance(Duration.ofMinutes(1));
    assertThat(now().tier()).isEqualTo(2);
    for (String somebody : List.of(OWNER, "owner", "mem_ann")) {
      assertThat(vote(somebody, Decision.APPROVE))
          .isInstanceOfSatisfying(
              Refused.class, it -> assertThat(it.why()).isEqualTo(Refusal.NOT_ASKED));
    }

    clock.advance(Duration.ofMinutes(1));
    assertThat(now().status()).isEqualTo(ApprovalStatus.EXPIRED);
    assertThat(consume(first)).isInstanceOf(Refused.class);
    awaitRecorded("approval:asked", "approval:escalated", "approval:expired");
  }

  @Test
  void everyWorkflowThatAsksHasToGrant() {
    ask(
        workflow("one", tier(1, OnTimeout.DENY, true, false, "mem_ann")),
        workflow("other", tier(1, OnTimeout.DENY, true, false, "mem_bob")));

    var half = view(vote("mem_ann", Decision.APPROVE));

    assertThat(half.status()).isEqualTo(ApprovalStatus.PENDING);
    assertThat(half.workflow()).isEqualTo("other");
    assertThat(consume(first)).isInstanceOf(Refused.class);
    assertThat(grant(vote("mem_bob", Decision.APPROVE)).by())
        .containsExactlyInAnyOrder("mem_ann", "mem_bob");
  }

  @Test
  void timeEscalatesAndThenDeniesAndNeverGrants() {
    ask(
        workflow(
            "two",
            tier(2, OnTimeout.NEXT, true, false, "mem_ann", "mem_bob"),
            tier(1, OnTimeout.DENY, true, false, "mem_eve")));
    vote("mem_ann", Decision.APPROVE);

    clock.advance(Duration.ofMinutes(1));
    var escalated = now();
    assertThat(escalated.tier()).isEqualTo(2);
    assertThat(escalated.expiresAt()).isEqualTo(NOW.plusSeconds(120));
    assertThat(vote("mem_bob", Decision.APPROVE)).isInstanceOf(Refused.class);

    clock.advance(Duration.ofMinutes(1));
    var over = now();
    assertThat(over.status()).isEqualTo(ApprovalStatus.EXPIRED);
    assertThat(over.decidedAt()).isNull();
    assertThat(vote("mem_eve", Decision.APPROVE))
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.why()).isEqualTo(Refusal.DECIDED));
    awaitRecorded("approval:asked", "approval:voted", "approval:escalated", "approval:expired");
  }

  @Test
  void deadlinesThatPassedWhileNobodyWasThereAreMadeUpForInTheirOrder() {
    ask(
        workflow(
            "two",
            tier(1, OnTimeout.NEXT, true, false),
            tier(1, OnTimeout.NEXT, true, false),
            tier(1, OnTimeout.DENY, true, false)));

    clock.advance(Duration.ofHours(1));
    var result = approval.runCommand(new DeadlinePassed());

    assertThat(result.events())
        .containsExactly(
            new TierReached(0, 1, NOW.plusSeconds(120), NOW.plusSeconds(60)),
            new TierReached(0, 2, NOW.plusSeconds(180), NOW.plusSeconds(120)),
            new Expired(NOW.plusSeconds(180)));
  }

  @Test
  void aRestartInAnyPhaseChangesNothing() {
    var asked = ask(workflow("two", tier(2, OnTimeout.DENY, true, false)));
    approval.restart();
    assertThat(now()).isEqualTo(asked);

    vote("mem_ann", Decision.APPROVE);
    var half = now();
    pass(Duration.ofSeconds(59));
    assertThat(now()).isEqualTo(half);

    vote("mem_bob", Decision.APPROVE);
    var granted = now();
    approval.restart();
    assertThat(now()).isEqualTo(granted);
    assertThat(granted.status()).isEqualTo(ApprovalStatus.APPROVED);

    run(replyTo -> new Cancel("it was stopped", "mem_admin", replyTo));
    approval.restart();
    assertThat(now().status()).isEqualTo(ApprovalStatus.CANCELLED);
    awaitRecorded(
        "approval:asked",
        "approval:voted",
        "approval:voted",
        "approval:granted",
        "approval:cancelled");
  }

  /** Of one tier that is asked for a second, and then it is over. */
  private static ApprovalWorkflow quick() {
    return new ApprovalWorkflow(
        "quick",
        List.of(
            new ApprovalTier(
                ApprovalTier.Kind.HUMAN, List.of(), 1, 1, OnTimeout.DENY, true, false)),
        1,
        600);
  }

  @Test
  void aDeadlineWakesWithoutAnyoneAsking() {
    ask(quick());

    clock.advance(Duration.ofSeconds(1));
    approval.restart(); // as a node does that takes it over: the clock that is set is the real one

    awaitRecorded("approval:asked", "approval:expired");
  }

  @Test
  void wokenBeforeItsTimeItIsPendingUntilThenAndNeedsNobodyToEnd() {
    ask(quick());
    clock.advance(Duration.ofMillis(700));
    approval.restart();

    assertThat(now().status()).isEqualTo(ApprovalStatus.PENDING);
    assertThat(approval.runCommand(new DeadlinePassed()).hasNoEvents()).isTrue();
    clock.advance(Duration.ofMillis(300));

    awaitRecorded("approval:asked", "approval:expired");
    assertThat(audit.records().getLast().time()).isEqualTo(NOW.plusSeconds(1));
  }

  @Test
  void whoWaitsHearsOfTheDecision() {
    ask();
    TestProbe<Reply> waiter = kit.createTestProbe();
    approval.runCommand(new Await(NOW.plusSeconds(4), waiter.ref()));
    waiter.expectNoMessage(Duration.ZERO);

    vote("mem_ann", Decision.APPROVE);

    assertThat(view(waiter.receiveMessage()).status()).isEqualTo(ApprovalStatus.APPROVED);
    assertThat(view(run(replyTo -> new Await(NOW, replyTo))).status())
        .isEqualTo(ApprovalStatus.APPROVED);
  }

  @Test
  void thereIsAnEndToHowManyWait() {
    ask();
    for (int i = 0; i < 32; i++) {
      approval.runCommand(new Await(NOW.plusSeconds(4), kit.<Reply>createTestProbe().ref()));
    }

    var next = view(run(replyTo -> new Await(NOW.plusSeconds(4), replyTo)));

    assertThat(next.status()).isEqualTo(ApprovalStatus.PENDING);
    clock.advance(Duration.ofSeconds(5)); // those before have given up
    TestProbe<Reply> waiter = kit.createTestProbe();
    approval.runCommand(new Await(NOW.plusSeconds(9), waiter.ref()));
    vote("mem_ann", Decision.DENY);
    assertThat(view(waiter.receiveMessage()).status()).isEqualTo(ApprovalStatus.DENIED);
  }

  @Test
  void whatCannotBeRecordedNowIsRecordedLater() {
    audit.outage.failNext(1);

    ask();

    awaitRecorded("approval:asked");
  }

  @Test
  void whoeverApprovesWhatIsRiskyHasAuthenticatedLately() {
    var asked = ask(workflow("w", tier(2, OnTimeout.DENY, true, false).steppingUp(60, 35)));

    assertThat(asked.stepUpSeconds()).isEqualTo(60);
    for (Long age : new Long[] {null, 61L, Long.MAX_VALUE}) {
      assertThat(vote("mem_ann", Decision.APPROVE, age))
          .isInstanceOfSatisfying(
              Refused.class, it -> assertThat(it.why()).isEqualTo(Refusal.NOT_FRESH));
    }
    assertThat(now().votes()).isEmpty();
    assertThat(view(vote("mem_ann", Decision.APPROVE, 60L)).votes().getFirst().authenticationAge())
        .isEqualTo(60L);
    var granted = view(vote("mem_bob", Decision.APPROVE, 0L));
    assertThat(granted.status()).isEqualTo(ApprovalStatus.APPROVED);
    assertThat(granted.stepUpSeconds()).isNull();
    await()
        .untilAsserted(() ->
            assertThat(audit.records())
                .anySatisfy(
                    record -> assertThat(record.detail()).contains("authenticated 60 s before")));
  }

  @Test
  void whatIsLessRiskyAsksForNoMoreThanAToken() {
    var asked = ask(workflow("w", tier(1, OnTimeout.DENY, true, false).steppingUp(60, 36)));

    assertThat(asked.stepUpSeconds()).isNull();
    assertThat(view(vote("mem_ann", Decision.APPROVE, null)).status())
        .isEqualTo(ApprovalStatus.APPROVED);
  }

  @Test
  void whoeverDeniesIsHeardHoweverLongAgoTheyAuthenticated() {
    ask(workflow("w", tier(1, OnTimeout.DENY, true, false).steppingUp(60, null)));

    assertThat(view(vote("mem_ann", Decision.DENY, null)).status())
        .isEqualTo(ApprovalStatus.DENIED);
  }

  @Test
  void eachTierAsksForItself() {
    ask(
        workflow(
            "w",
            tier(1, OnTimeout.NEXT, true, false),
            tier(1, OnTimeout.DENY, true, false).steppingUp(15, null)));
    pass(Duration.ofSeconds(61));

    assertThat(now().stepUpSeconds()).isEqualTo(15);
    assertThat(vote("mem_ann", Decision.APPROVE, 16L)).isInstanceOf(Refused.class);
    assertThat(view(vote("mem_ann", Decision.APPROVE, 15L)).status())
        .isEqualTo(ApprovalStatus.APPROVED);
  }
}
