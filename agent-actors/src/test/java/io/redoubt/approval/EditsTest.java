package io.redoubt.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.redoubt.action.Approved;
import io.redoubt.action.Arguments;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Consume;
import io.redoubt.approval.Approval.Consumed;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.approval.Approval.Vote;
import io.redoubt.approval.ApprovalRequest.Editing;
import io.redoubt.approval.ApprovalRequest.Form;
import io.redoubt.approval.Voting.Heard;
import io.redoubt.approval.Voting.NotEdited;
import io.redoubt.approval.Voting.NotHeard;
import io.redoubt.approval.Voting.Outcome;
import io.redoubt.entity.Patience;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalTier.OnTimeout;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.PolicyClause;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.testing.FakeFences;
import io.redoubt.testing.FakePolicies;
import io.redoubt.testing.InMemoryApprovalBoard;
import io.redoubt.testing.InMemoryAuditLog;
import io.redoubt.testing.ManualClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whoever approves may change the call: then another is asked about, and the first never passes.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EditsTest {
  private static final String ASKED = "{\"amount\":100,\"to\":\"mallory\"}";
  private static final String CHANGED = "{\"amount\":5,\"to\":\"ann\"}";

  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseString(
                  """
                  pekko.persistence.journal.plugin = "pekko.persistence.journal.inmem"
                  pekko.persistence.snapshot-store.plugin = "pekko.persistence.no-snapshot-store"
                  """)
              .withFallback(ConfigFactory.load()));
  private final ManualClock clock = new ManualClock();
  private final InMemoryApprovalBoard board = new InMemoryApprovalBoard();
  private final InMemoryAuditLog audit = new InMemoryAuditLog(new FakeFences());
  private final Bystanders bystanders =
      new Bystanders(audit, new EnclaveId(new UUID(1, 1)), "node-1", clock);
  private final LocalApprovals approvals = new LocalApprovals(kit.system(), board, audit, clock);
  private final ApprovalDesk desk =
      new ApprovalDesk(
          approvals,
          board,
          ApprovalConfig.from(ConfigFactory.load()),
          new Patience(clock, Duration.ofSeconds(5)));
  private final AgentKey agent = new AgentKey(OrganizationId.next(clock), AgentId.next(clock));
  private Supplier<CallEditor.Look> said = () -> asks();
  private byte[] seen = {};
  private final Voting voting =
      new Voting(
          approvals,
          board,
          new FakePolicies(),
          desk,
          (_, change) -> {
            seen = CanonicalJson.write(change.instead().values());
            return CompletableFuture.completedFuture(said.get());
          },
          bystanders,
          clock);
  private int requests;

  @AfterAll
  void shutDown() {
    kit.shutdownTestKit();
  }

  private static ApprovalTier tier(int quorum, OnTimeout onTimeout, boolean veto) {
    return new ApprovalTier(ApprovalTier.Kind.HUMAN, List.of(), quorum, 60, onTimeout, veto, false);
  }

  private static ApprovalWorkflow workflow(ApprovalTier... tiers) {
    return new ApprovalWorkflow("w", List.of(tiers), 1, 600);
  }

  private static final ApprovalWorkflow ONE = workflow(tier(1, OnTimeout.DENY, true));

  /** What policies say to the changed call: one of its own for each request of a test. */
  private CallEditor.Look asks(ApprovalWorkflow... workflows) {
    return new CallEditor.Askable(
        "changed-" + requests + TokenDigest.of(new String(seen, StandardCharsets.UTF_8)),
        TokenDigest.of(new String(seen, StandardCharsets.UTF_8)).toString(),
        Arguments.parse(seen).values(),
        List.of("ask"),
        7,
        10,
        workflows.length == 0 ? List.of(ONE) : List.of(workflows),
        List.of("off-intent 10"),
        List.of("pii:email"),
        List.of(new PolicyClause("ask", "forbid (principal, action, resource);")));
  }

  private static <T> T get(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private ApprovalRequest request(String identity, Form form, ApprovalWorkflow... workflows) {
    return new ApprovalRequest(
            identity,
            agent.agent(),
            "mem_owner",
            Plane.TOOL,
            "tool:call",
            null,
            "transfer",
            TokenDigest.of(ASKED).toString(),
            List.of("ask"),
            7,
            35,
            ActionId.next(clock),
            null,
            null,
            List.of(workflows))
        .edited(new Editing(form, "10.0.0.1"));
  }

  private ApprovalDesk.Answer ask(ApprovalRequest request) {
    try {
      return get(desk.ask(agent, request, Json.STRICT.readTree(ASKED)));
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  private ApprovalKey asked(ApprovalWorkflow... workflows) {
    requests++;
    return key(
        ((ApprovalDesk.Pending) ask(request("asked-" + requests, Form.OBJECT, workflows)))
            .view()
            .id());
  }

  private ApprovalKey key(ApprovalId id) {
    return new ApprovalKey(agent.organization(), id);
  }

  private static Ballot ballot(String by) {
    return new Ballot("edit/" + by, by, "enclave", Decision.APPROVE, "smaller");
  }

  private Outcome edit(ApprovalKey key, String by, String arguments) {
    return get(voting.edit(key, ballot(by), arguments.getBytes(StandardCharsets.UTF_8)));
  }

  private ApprovalView edited(ApprovalKey key, String by) {
    var outcome = edit(key, by, CHANGED);
    assertThat(outcome).isInstanceOf(Heard.class);
    return ((Heard) outcome).view();
  }

  private ApprovalView now(ApprovalId id) {
    return get(voting.find(key(id))).orElseThrow();
  }

  private Outcome approve(ApprovalId id, String by) {
    return get(
        voting.cast(key(id), new Ballot("vote/" + by, by, "enclave", Decision.APPROVE, "fine")));
  }

  private Approved grant(ApprovalId id) {
    return ((ApprovalDesk.Usable) get(desk.replacement(key(id))).answer()).grant();
  }

  private List<AuditRecord> recorded(ApprovalId id, String step) {
    return await()
        .until(
            () ->
                audit.records().stream()
                    .filter(it ->
                        id.toString().equals(it.approvalId())
                            && it.operation().equals("approval:" + step))
                    .toList(),
            found -> !found.isEmpty());
  }

  @Test
  void theFirstRequestEndsAndTheChangedCallIsGrantedOnceByItsEditor() {
    var original = asked(ONE);

    var view = edited(original, "mem_ann");
    var to = Objects.requireNonNull(view.editedTo());
    var changed = now(to.approval());

    assertThat(view.status()).isEqualTo(ApprovalStatus.EDITED);
    assertThat(view.votes()).isEmpty();
    assertThat(to.changes()).containsExactly("/amount", "/to");
    assertThat(changed.status()).isEqualTo(ApprovalStatus.APPROVED);
    assertThat(changed.actionDigest())
        .isEqualTo(to.actionDigest())
        .isNotEqualTo(view.actionDigest());
    assertThat(changed.votes().getFirst().by()).isEqualTo("mem_ann");
    assertThat(changed.riskReasons()).as("its own").containsExactly("off-intent 10");
    assertThat(changed.clauses()).extracting(PolicyClause::policy).containsExactly("ask");
    assertThat(changed.findings()).containsExactly("pii:email");
    assertThat(Objects.requireNonNull(changed.editOf()).approval()).isEqualTo(original.approval());
    assertThat(CanonicalJson.write(Objects.requireNonNull(changed.arguments())))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(CHANGED);
    var action = ActionId.next(clock);
    var grant = grant(to.approval());
    assertThat(get(desk.consume(key(grant.id()), action))).isTrue();
    assertThat(get(desk.consume(key(grant.id()), ActionId.next(clock)))).isFalse();
    assertThat(get(desk.consume(original, ActionId.next(clock)))).as("never").isFalse();
  }

  @Test
  void bothDigestsWhoChangedItAndWhereAreOnRecordAndWhatIsNot() {
    var original = asked(ONE);
    var to = Objects.requireNonNull(edited(original, "mem_ann").editedTo());

    var ended = recorded(original.approval(), "edited").getFirst();
    var begun = recorded(to.approval(), "asked").getFirst();

    assertThat(ended.verdict()).isEqualTo(Verdict.DENY);
    assertThat(ended.actor()).isEqualTo("mem_ann");
    assertThat(ended.actionDigest()).isEqualTo(TokenDigest.of(ASKED).toString());
    assertThat(ended.detail())
        .contains(to.approval().toString(), to.actionDigest(), "/amount, /to", "smaller")
        .doesNotContain("mallory");
    assertThat(begun.actor()).isEqualTo("mem_ann");
    assertThat(begun.actionDigest()).isEqualTo(to.actionDigest());
    assertThat(begun.detail())
        .contains(original.approval().toString(), TokenDigest.of(ASKED).toString());
  }

  @Test
  void itsEditorsVoteIsTheFirstAndWhoVotedBeforeVotesAgain() {
    var two = workflow(tier(2, OnTimeout.DENY, true));
    var original = asked(two);
    said = () -> asks(two);
    approve(original.approval(), "mem_bob");

    var to = Objects.requireNonNull(edited(original, "mem_ann").editedTo()).approval();

    assertThat(now(to).status()).isEqualTo(ApprovalStatus.PENDING);
    assertThat(now(to).votes()).extracting(ApprovalView.Vote::by).containsExactly("mem_ann");
    approve(to, "mem_bob");
    assertThat(now(to).status()).isEqualTo(ApprovalStatus.APPROVED);
  }

  @Test
  void theSameEditAgainIsTheSame() {
    var original = asked(ONE);
    var first = edited(original, "mem_ann");

    var again = edited(original, "mem_ann");

    assertThat(again.editedTo()).isEqualTo(first.editedTo());
    assertThat(now(Objects.requireNonNull(first.editedTo()).approval()).votes()).hasSize(1);
  }

  @Test
  void ofManyWhoChangeItAtOnceOneDoesAndTheOthersAreTold() {
    var original = asked(workflow(tier(2, OnTimeout.DENY, true)));
    said = () -> asks(workflow(tier(5, OnTimeout.DENY, true)));

    var outcomes =
        IntStream.range(0, 4)
            .mapToObj(i ->
                voting
                    .edit(
                        original,
                        ballot("mem_" + i),
                        CHANGED
                            .replace("5", String.valueOf(i + 6))
                            .getBytes(StandardCharsets.UTF_8))
                    .toCompletableFuture())
            .toList()
            .stream()
            .map(CompletableFuture::join)
            .toList();

    assertThat(outcomes).filteredOn(Heard.class::isInstance).hasSize(1);
    assertThat(outcomes)
        .filteredOn(NotHeard.class::isInstance)
        .hasSize(3)
        .allSatisfy(it -> assertThat(((NotHeard) it).why()).isEqualTo(Refusal.DECIDED));
    var to = Objects.requireNonNull(now(original.approval()).editedTo()).approval();
    await()
        .untilAsserted(() ->
            assertThat(get(board.pendingOf(agent, 99)))
                .as("what came too late asks nobody")
                .filteredOn(id -> isInThePlaceOf(original, id))
                .containsExactly(to));
  }

  private boolean isInThePlaceOf(ApprovalKey original, ApprovalId id) {
    var of = now(id).editOf();
    return of != null && of.approval().equals(original.approval());
  }

  @Test
  void whatPoliciesForbidIsRefusedAtOnceAndTheRequestStands() {
    var original = asked(ONE);
    said = () -> new CallEditor.Forbidden("Policy denies the changed call: no-transfers.");

    var outcome = edit(original, "mem_ann", CHANGED);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            NotEdited.class, it -> assertThat(it.why()).contains("no-transfers"));
    assertThat(now(original.approval()).status()).isEqualTo(ApprovalStatus.PENDING);
    edit(original, "mem_ann", CHANGED);
    var refused = recorded(original.approval(), "refused");
    assertThat(refused).as("once, however often it comes").hasSize(1);
    assertThat(refused.getFirst().verdict()).isEqualTo(Verdict.DENY);
    assertThat(refused.getFirst().actor()).isEqualTo("mem_ann");
    assertThat(refused.getFirst().detail())
        .isEqualTo(
            "edit, through enclave, tier 1 of workflow w: Policy denies the changed call:"
                + " no-transfers.");
    said = () -> asks();
  }

  @Test
  void whatPoliciesWouldPermitIsDecidedByThoseWhoWereAsked() {
    var two = workflow(tier(2, OnTimeout.DENY, true));
    var original = asked(two);
    said =
        () -> {
          var it = (CallEditor.Askable) asks(two);
          return new CallEditor.Askable(
              it.identity(),
              it.digest(),
              it.arguments(),
              List.of("starter"),
              7,
              0,
              List.of(),
              List.of(),
              List.of(),
              List.of());
        };

    var to = Objects.requireNonNull(edited(original, "mem_ann").editedTo()).approval();

    assertThat(now(to).status()).as("one of two").isEqualTo(ApprovalStatus.PENDING);
    said = () -> asks();
  }

  @Test
  void tiersThatHadTheirTimeAreNotAskedAgain() {
    var tiers = workflow(tier(1, OnTimeout.NEXT, true), tier(2, OnTimeout.DENY, true));
    var original = asked(tiers);
    said = () -> asks(tiers);
    clock.advance(Duration.ofSeconds(61));

    var to = Objects.requireNonNull(edited(original, "mem_ann").editedTo()).approval();

    assertThat(now(to).tier()).isEqualTo(2);
    assertThat(now(to).status()).isEqualTo(ApprovalStatus.PENDING);
    said = () -> asks();
  }

  @Test
  void whereOthersAreAskedAllTiersAreAsked() {
    var original = asked(workflow(tier(1, OnTimeout.NEXT, true), tier(1, OnTimeout.DENY, true)));
    clock.advance(Duration.ofSeconds(61));
    said = () -> asks(workflow(tier(2, OnTimeout.NEXT, true), tier(2, OnTimeout.DENY, true)));

    var to = Objects.requireNonNull(edited(original, "mem_ann").editedTo()).approval();

    assertThat(now(to).tier()).isEqualTo(1);
    said = () -> asks();
  }

  @Test
  void whoseDenialWouldNotEndItCannotChangeIt() {
    var original = asked(workflow(tier(2, OnTimeout.DENY, false)));

    assertThat(edit(original, "mem_ann", CHANGED)).isInstanceOf(NotEdited.class);

    assertThat(now(original.approval()).status()).isEqualTo(ApprovalStatus.PENDING);
  }

  @Test
  void whoIsNotAskedCannotChangeIt() {
    var original =
        asked(
            workflow(
                new ApprovalTier(
                    ApprovalTier.Kind.HUMAN,
                    List.of("mem_ann"),
                    1,
                    60,
                    OnTimeout.DENY,
                    true,
                    false)));
    int before = get(board.pendingOf(agent, 99)).size();

    assertThat(edit(original, "mem_bob", CHANGED))
        .isInstanceOfSatisfying(
            NotHeard.class, it -> assertThat(it.why()).isEqualTo(Refusal.NOT_ASKED));

    assertThat(get(board.pendingOf(agent, 99))).as("nothing is asked for it").hasSize(before);
  }

  @Test
  void whoChangesWhatIsRiskyHasAuthenticatedLately() {
    var original = asked(workflow(tier(1, OnTimeout.DENY, true).steppingUp(60, null)));

    assertThat(edit(original, "mem_ann", CHANGED))
        .isInstanceOfSatisfying(
            NotHeard.class, it -> assertThat(it.why()).isEqualTo(Refusal.NOT_FRESH));
  }

  @Test
  void whatIsDecidedCannotBeChanged() {
    var original = asked(ONE);
    approve(original.approval(), "mem_bob");

    assertThat(edit(original, "mem_ann", CHANGED))
        .isInstanceOfSatisfying(
            NotHeard.class, it -> assertThat(it.why()).isEqualTo(Refusal.DECIDED));
  }

  @Test
  void whatNobodyMayChangeIsNotChanged() {
    requests++;
    var view =
        ((ApprovalDesk.Pending) ask(request("asked-" + requests, Form.OBJECT, ONE).edited(null)))
            .view();

    assertThat(view.editable()).isFalse();
    assertThat(edit(key(view.id()), "mem_ann", CHANGED)).isInstanceOf(NotEdited.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "7",
        "null",
        "{",
        "{\"a\":1}{}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":99999999999999999999}",
        "{\"a\":NaN}",
        "{'a':1}",
        "{\"a\":\"\\ud800\"}"
      })
  void whatCannotBeJudgedIsNoCall(String arguments) {
    var original = asked(ONE);

    assertThat(edit(original, "mem_ann", arguments)).isInstanceOf(NotEdited.class);
    assertThat(now(original.approval()).status()).isEqualTo(ApprovalStatus.PENDING);
  }

  @Test
  void whatIsTooLargeOrTooDeepIsNoCall() {
    var original = asked(ONE);

    assertThat(edit(original, "mem_ann", "{\"a\":\"" + "x".repeat(1 << 16) + "\"}"))
        .isInstanceOfSatisfying(NotEdited.class, it -> assertThat(it.why()).contains("larger"));
    assertThat(edit(original, "mem_ann", "{\"a\":" + "[".repeat(70) + "]".repeat(70) + "}"))
        .isInstanceOfSatisfying(NotEdited.class, it -> assertThat(it.why()).contains("deep"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"to\":\"mallory\",\"amount\":100}",
        "{ \"amount\" : 1e2, \"to\" : \"m\\u0061llory\" }"
      })
  void theSameCallWrittenDifferentlyIsNoOther(String arguments) {
    var original = asked(ONE);

    assertThat(edit(original, "mem_ann", arguments))
        .isInstanceOfSatisfying(NotEdited.class, it -> assertThat(it.why()).contains("same call"));
  }

  @Test
  void aToolThatTakesTextGetsText() {
    requests++;
    var view = ((ApprovalDesk.Pending) ask(request("asked-" + requests, Form.TEXT, ONE))).view();

    assertThat(edit(key(view.id()), "mem_ann", CHANGED)).isInstanceOf(NotEdited.class);
    assertThat(edit(key(view.id()), "mem_ann", "{\"input\":7}")).isInstanceOf(NotEdited.class);
    assertThat(edit(key(view.id()), "mem_ann", "{\"input\":\"ls\"}")).isInstanceOf(Heard.class);
  }

  @Test
  void whoAsksForTheFirstCallAgainIsToldAsLongAsTheOtherIsOpenAndThenAsksAnew() {
    var original = asked(ONE);
    var again = request("asked-" + requests, Form.OBJECT, ONE);
    var to = Objects.requireNonNull(edited(original, "mem_ann").editedTo()).approval();

    var told = ask(again);
    assertThat(told)
        .isInstanceOfSatisfying(
            ApprovalDesk.Over.class,
            it ->
                assertThat(Objects.requireNonNull(it.view().editedTo()).approval()).isEqualTo(to));
    assertThat(get(desk.consume(key(to), ActionId.next(clock)))).isTrue();
    await()
        .until(
            () -> get(board.find(key(to))).orElseThrow().view(),
            it -> it != null && it.status() == ApprovalStatus.CONSUMED);

    assertThat(ask(again)).isInstanceOf(ApprovalDesk.Pending.class);
  }

  @Test
  void whatWasChangedIsChangedOnceMore() {
    var two = workflow(tier(2, OnTimeout.DENY, true));
    var original = asked(two);
    said = () -> asks(two);
    var to = Objects.requireNonNull(edited(original, "mem_ann").editedTo()).approval();

    var outcome = edit(key(to), "mem_bob", "{\"amount\":1}");
    var last = Objects.requireNonNull(((Heard) outcome).view().editedTo()).approval();
    var back = edit(key(last), "mem_cid", ASKED);

    assertThat(now(to).status()).isEqualTo(ApprovalStatus.EDITED);
    assertThat(now(last).votes()).extracting(ApprovalView.Vote::by).containsExactly("mem_bob");
    assertThat(back).as("not into what it was").isNotNull();
    said = () -> asks();
  }

  /** The node dies after so many steps, and the command comes again. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void whoeverDiesInBetweenGoesOnFromThere(int steps) {
    var original = asked(ONE);
    var left = new AtomicInteger(steps);
    Approvals dying =
        new Approvals() {
          @Override
          public CompletionStage<Approval.Reply> ask(
              ApprovalKey approval, Function<ActorRef<Approval.Reply>, Approval.Command> message) {
            return left.getAndDecrement() > 0
                ? approvals.ask(approval, message)
                : CompletableFuture.failedFuture(new IllegalStateException("killed"));
          }
        };
    var doomed =
        new Voting(
            dying,
            board,
            new FakePolicies(),
            new ApprovalDesk(
                dying,
                board,
                ApprovalConfig.from(ConfigFactory.load()),
                new Patience(clock, Duration.ofSeconds(5))),
            (_, change) -> {
              seen = CanonicalJson.write(change.instead().values());
              return CompletableFuture.completedFuture(said.get());
            },
            bystanders,
            clock);

    assertThat(doomed.edit(original, ballot("mem_ann"), CHANGED.getBytes(StandardCharsets.UTF_8)))
        .failsWithin(Duration.ofSeconds(10));
    var to = Objects.requireNonNull(edited(original, "mem_ann").editedTo()).approval();

    assertThat(now(original.approval()).status()).isEqualTo(ApprovalStatus.EDITED);
    assertThat(now(to).status()).isEqualTo(ApprovalStatus.APPROVED);
    assertThat(now(to).votes()).hasSize(1);
    assertThat(get(desk.consume(key(to), ActionId.next(clock)))).isTrue();
    assertThat(get(desk.consume(key(to), ActionId.next(clock)))).isFalse();
    await()
        .untilAsserted(() ->
            assertThat(get(board.pendingOf(agent, 99)))
                .as("nothing else is asked in its place")
                .noneMatch(id -> isInThePlaceOf(original, id)));
  }

  @Test
  void aVoteForTheFirstIsNoneForTheOther() {
    var original = asked(ONE);
    edited(original, "mem_ann");

    var late =
        get(
            approvals.ask(
                original,
                replyTo ->
                    new Vote(
                        new Ballot("late", "mem_bob", "enclave", Decision.APPROVE, ""), replyTo)));
    var use =
        get(
            approvals.ask(
                original, replyTo -> new Consume(ActionId.next(clock), clock.instant(), replyTo)));

    assertThat(late).isInstanceOf(Approval.Refused.class);
    assertThat(use).isNotInstanceOf(Consumed.class);
  }
}
