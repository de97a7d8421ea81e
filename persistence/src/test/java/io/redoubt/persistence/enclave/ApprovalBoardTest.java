package io.redoubt.persistence.enclave;

import static io.redoubt.persistence.enclave.EnclaveNode.ACME;
import static io.redoubt.persistence.enclave.EnclaveNode.CLOCK;
import static io.redoubt.persistence.enclave.EnclaveNode.GLOBEX;
import static io.redoubt.persistence.enclave.EnclaveNode.NOW;
import static io.redoubt.persistence.enclave.EnclaveNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.approval.ApprovalBoard.Due;
import io.redoubt.approval.ApprovalBoard.Full;
import io.redoubt.approval.ApprovalBoard.Limits;
import io.redoubt.approval.ApprovalBoard.Opened;
import io.redoubt.approval.ApprovalBoard.Opening;
import io.redoubt.approval.ApprovalBoard.Place;
import io.redoubt.approval.ApprovalBoard.Posting;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.approval.ShardedApprovals;
import io.redoubt.approval.ShownPrompt;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ModelPrompt;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the board promises, on PostgreSQL, as two nodes see it. */
class ApprovalBoardTest {
  private static final Limits LIMITS = new Limits(3, 5);
  private static final JsonNode ARGUMENTS =
      Json.LENIENT
          .createObjectNode()
          .put("secret", "hunter2")
          .put("amount", new BigDecimal("1000000000000000000000.01"));

  private TemporaryDatabase database;
  private EnclaveNode node;
  private EnclaveNode other;
  private ApprovalBoard board;
  private final AgentKey agent = EnclaveNode.agent(ACME);

  @BeforeEach
  void start() {
    database = TemporaryDatabase.create();
    node = EnclaveNode.start(database, "node-1");
    other = EnclaveNode.start(database, "node-2");
    board = node.store.approvals();
  }

  @AfterEach
  void stop() {
    node.close();
    other.close();
    database.close();
  }

  private static Opening opening(AgentKey of, String identity, @Nullable ActionId turn) {
    return new Opening(of, identity, ApprovalId.next(CLOCK), turn, ARGUMENTS, NOW.plusSeconds(30));
  }

  private ApprovalKey opened(AgentKey of, String identity) {
    return opened(of, identity, null);
  }

  private ApprovalKey opened(AgentKey of, String identity, @Nullable ActionId turn) {
    return pending(opening(of, identity, turn));
  }

  /** It has its place, and its actor has posted it. */
  private ApprovalKey pending(Opening opening) {
    var place = (Place) await(board.open(opening, LIMITS));
    var key = new ApprovalKey(opening.agent().organization(), place.id());
    post(key, opening.agent(), ApprovalStatus.PENDING, 1, NOW.plusSeconds(60));
    return key;
  }

  private void post(
      ApprovalKey key, AgentKey of, ApprovalStatus status, int version, @Nullable Instant dueAt) {
    var view = view(key, of, status, List.of(), dueAt, null, null, version);
    await(board.post(new Posting(key, view, version, dueAt)));
  }

  private static ApprovalView view(
      ApprovalKey key,
      AgentKey of,
      ApprovalStatus status,
      List<ApprovalView.Vote> votes,
      @Nullable Instant expiresAt,
      @Nullable Instant decidedAt,
      ApprovalView.@Nullable Edit editedTo,
      int version) {
    return new ApprovalView(
        key.approval(),
        status,
        of.agent(),
        null,
        Plane.TOOL,
        "tool:call",
        null,
        "transfer\u0000",
        null,
        "beef",
        ActionId.next(CLOCK),
        List.of("ask"),
        "default",
        1,
        0,
        votes,
        0,
        NOW,
        expiresAt,
        decidedAt,
        version,
        List.of(),
        List.of(),
        null,
        false,
        null,
        editedTo,
        false,
        List.of(),
        List.of(),
        List.of(),
        null,
        List.of(),
        List.of());
  }

  @Test
  void whatSomebodyApprovedThereIsFoundWhileSomethingMayComeOfIt() {
    var voted = opened(agent, "voted");
    postVoted(voted, ApprovalStatus.APPROVED, 2, ApprovalView.Decision.APPROVE);
    var denied = opened(agent, "denied");
    postVoted(denied, ApprovalStatus.PENDING, 2, ApprovalView.Decision.DENY);
    var over = opened(agent, "over");
    postVoted(over, ApprovalStatus.CONSUMED, 2, ApprovalView.Decision.APPROVE);
    opened(agent, "bare");

    assertThat(await(board.approvedBy(ACME, Set.of("mem_ann", "mem_bob"), "enclave")))
        .containsExactly(voted);
    assertThat(await(board.approvedBy(ACME, Set.of("mem_bob"), "enclave"))).isEmpty();
    assertThat(await(board.approvedBy(ACME, Set.of("mem_ann"), "slack"))).isEmpty();
    assertThat(await(board.approvedBy(GLOBEX, Set.of("mem_ann"), "enclave"))).isEmpty();
  }

  private void postVoted(
      ApprovalKey key, ApprovalStatus status, int version, ApprovalView.Decision decision) {
    var vote = new ApprovalView.Vote("mem_ann", "enclave", decision, "because", "default", 1, NOW);
    var view = view(key, agent, status, List.of(vote), null, null, null, version);
    await(board.post(new Posting(key, view, version, NOW.plusSeconds(60))));
  }

  @Test
  void theSameRequestIsJoinedAndAnotherIsNot() {
    var key = opened(agent, "a");

    assertThat(await(other.store.approvals().open(opening(agent, "a", null), LIMITS)))
        .isEqualTo(new Place(key.approval(), false));
    assertThat(opened(agent, "b").approval()).isNotEqualTo(key.approval());
    assertThat(opened(EnclaveNode.agent(ACME), "a").approval()).isNotEqualTo(key.approval());
  }

  private void postEdited(ApprovalKey key, ApprovalKey to, int version) {
    var edit = new ApprovalView.Edit(to.approval(), "cafe", "mem_ann", List.of("/a"));
    var view = view(key, agent, ApprovalStatus.EDITED, List.of(), null, NOW, edit, version);
    await(board.post(new Posting(key, view, version, null)));
  }

  @Test
  void whatWasChangedIsJoinedAsLongAsWhatStandsInItsPlaceIsOpen() {
    var first = opened(agent, "first");
    var second = opened(agent, "second");
    var third = opened(agent, "third");

    postEdited(first, second, 2);
    assertThat(await(board.open(opening(agent, "first", null), LIMITS)))
        .isEqualTo(new Place(first.approval(), false));
    postEdited(second, third, 2);
    assertThat(await(board.open(opening(agent, "first", null), LIMITS)))
        .as("however often that is changed")
        .isEqualTo(new Place(first.approval(), false));
    assertThat(await(board.pendingOf(agent, 9))).doesNotContain(first.approval());
    var elsewhere = EnclaveNode.agent(ACME);
    assertThat(await(board.open(opening(elsewhere, "first", null), LIMITS)))
        .as("of nobody else")
        .isNotEqualTo(new Place(first.approval(), false));
    post(third, agent, ApprovalStatus.CONSUMED, 4, null);

    assertThat(opened(agent, "first").approval()).isNotEqualTo(first.approval());
    assertThat(opened(agent, "second").approval()).isNotEqualTo(second.approval());
  }

  @Test
  void whatIsOverIsNotJoined() {
    var key = opened(agent, "a");
    post(key, agent, ApprovalStatus.DENIED, 3, null);
    var closed = opened(agent, "b");
    await(board.close(closed));

    assertThat(opened(agent, "a").approval()).isNotEqualTo(key.approval());
    assertThat(opened(agent, "b").approval()).isNotEqualTo(closed.approval());
  }

  @Test
  void manyAtOnceAreOneRequest() {
    List<CompletionStage<Opened>> asked =
        IntStream.range(0, 20)
            .mapToObj(i ->
                (i % 2 == 0 ? board : other.store.approvals())
                    .open(opening(agent, "a", null), LIMITS))
            .toList();

    var places = asked.stream().map(each -> (Place) await(each)).toList();

    assertThat(places).extracting(Place::id).containsOnly(places.getFirst().id());
    assertThat(places).filteredOn(Place::fresh).hasSize(1);
  }

  @Test
  void theLimitsHoldHoweverManyAskAtOnce() {
    List<CompletionStage<Opened>> asked =
        IntStream.range(0, 20)
            .mapToObj(i ->
                (i % 2 == 0 ? board : other.store.approvals())
                    .open(opening(agent, "call-" + i, null), LIMITS))
            .toList();

    var answers = asked.stream().map(EnclaveNode::await).toList();

    assertThat(answers).filteredOn(Place.class::isInstance).hasSize(3);
    assertThat(answers).filteredOn(Full.AGENT::equals).hasSize(17);
    for (int i = 0; i < 2; i++) {
      opened(EnclaveNode.agent(ACME), "a");
    }
    assertThat(await(board.open(opening(EnclaveNode.agent(ACME), "a", null), LIMITS)))
        .isEqualTo(Full.ORGANIZATION);
    assertThat(await(board.open(opening(EnclaveNode.agent(GLOBEX), "a", null), LIMITS)))
        .as("another organization")
        .isInstanceOf(Place.class);
  }

  @Test
  void theLimitOfAnOrganizationHoldsHoweverManyOfItsAgentsAskAtOnce() {
    List<CompletionStage<Opened>> asked =
        IntStream.range(0, 20)
            .mapToObj(i ->
                (i % 2 == 0 ? board : other.store.approvals())
                    .open(opening(EnclaveNode.agent(ACME), "a", null), LIMITS))
            .toList();

    var answers = asked.stream().map(EnclaveNode::await).toList();

    assertThat(answers).filteredOn(Place.class::isInstance).hasSize(5);
    assertThat(answers).filteredOn(Full.ORGANIZATION::equals).hasSize(15);
  }

  @Test
  void whoWaitsForItsTurnKeepsNoConnectionFromOthers() {
    var held = new CountDownLatch(1);
    var over = new CountDownLatch(1);
    var holder =
        other.database.inOrganization(
            ACME,
            handle -> {
              handle
                  .createQuery("SELECT true FROM pg_advisory_xact_lock(:turns, hashtext(:of))")
                  .bind("turns", PostgresApprovalBoard.TURNS)
                  .bind("of", ACME.uuid().toString())
                  .mapTo(Boolean.class)
                  .one();
              held.countDown();
              return comes(over);
            });
    assertThat(comes(held)).isTrue();
    List<CompletionStage<Opened>> waiting =
        IntStream.range(0, 20)
            .mapToObj(i -> board.open(opening(agent, "call-" + i, null), LIMITS))
            .toList();

    assertThat(await(board.open(opening(EnclaveNode.agent(GLOBEX), "a", null), LIMITS)))
        .isInstanceOf(Place.class);
    assertThat(waiting).noneMatch(each -> each.toCompletableFuture().isDone());

    over.countDown();
    assertThat(await(holder)).isTrue();
    assertThat(waiting.stream().map(EnclaveNode::await))
        .filteredOn(Place.class::isInstance)
        .hasSize(3);
  }

  private static boolean comes(CountDownLatch latch) {
    try {
      return latch.await(4, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatIsDecidedMakesRoom() {
    for (int i = 0; i < 3; i++) {
      post(opened(agent, "call-" + i), agent, ApprovalStatus.APPROVED, 3, NOW.plusSeconds(60));
    }

    assertThat(await(board.open(opening(agent, "more", null), LIMITS))).isInstanceOf(Place.class);
  }

  @Test
  void theExactArgumentsAreSealedAndComeBack() {
    var turn = ActionId.next(CLOCK);
    var key = opened(agent, "a", turn);
    var sibling = opened(agent, "b", turn);

    var found = await(other.store.approvals().find(key)).orElseThrow();

    assertThat(found.arguments()).isEqualTo(ARGUMENTS);
    assertThat(found.related()).containsExactly(sibling.approval());
    assertThat(await(board.find(new ApprovalKey(GLOBEX, key.approval())))).isEmpty();
    assertThat(stored(key, "sealed_arguments")).doesNotContain("hunter2");
  }

  @Test
  void whatAModelIsAskedIsSealedAndOneRequestShowsAllOfItAndAListAnExcerpt() {
    var key = asked(new ModelPrompt(1, null, "hunter2", List.of("t"), List.of(), 9, "{hunter2}"));
    var large = asked(new ModelPrompt(1, null, "x", List.of(), List.of(), 9, "x".repeat(100_000)));

    var found = await(other.store.approvals().find(key)).orElseThrow();
    assertThat(found.arguments()).as("nothing that a model would judge by").isNull();
    var prompt = Objects.requireNonNull(found.prompt());
    assertThat(prompt.request()).isEqualTo("{hunter2}");
    assertThat(await(board.find(large)).orElseThrow().prompt()).isNotNull();
    assertThat(await(board.list(ACME, null, null, 9)))
        .extracting(ApprovalView::prompt)
        .containsExactly(null, prompt.excerpt());
    assertThat(await(board.unreported(10)))
        .extracting(news -> Objects.requireNonNull(news.view().prompt()).request())
        .containsOnlyNulls();
    assertThat(stored(key, "sealed_prompt")).doesNotContain("hunter2");
  }

  private String stored(ApprovalKey key, String column) {
    byte[] stored =
        node.database.inOrganizationBlocking(
            key.organization(),
            handle ->
                handle
                    .createQuery(
                        "SELECT " + column + " FROM enclave.approval WHERE approval_id = :id")
                    .bind("id", key.approval().uuid())
                    .map((row, _) -> row.getBytes(1))
                    .one());
    return new String(stored, StandardCharsets.ISO_8859_1);
  }

  private ApprovalKey asked(ModelPrompt prompt) {
    var id = ApprovalId.next(CLOCK);
    var shown = ShownPrompt.of(() -> Optional.of(prompt));
    return pending(new Opening(agent, id.toString(), id, null, null, shown, NOW.plusSeconds(30)));
  }

  @Test
  void whatAModelIsAskedIsReadOnlyIfNobodyHasAskedBeforeAndThereIsRoom() {
    var times = new AtomicInteger();

    assertThat(openedWith(times, new Limits(0, 5))).isEqualTo(Full.AGENT);
    assertThat(openedWith(times, new Limits(3, 0))).isEqualTo(Full.ORGANIZATION);
    assertThat(times).hasValue(0);
    var place = (Place) openedWith(times, LIMITS);
    assertThat(times).hasValue(1);
    assertThat(openedWith(times, LIMITS)).isEqualTo(new Place(place.id(), false));
    assertThat(times).hasValue(1);
  }

  private Opened openedWith(AtomicInteger times, Limits limits) {
    var prompt =
        ShownPrompt.of(() -> {
          times.incrementAndGet();
          return Optional.empty();
        });
    return await(
        board.open(
            new Opening(
                agent, "same", ApprovalId.next(CLOCK), null, null, prompt, NOW.plusSeconds(30)),
            limits));
  }

  @Test
  void aListShowsNoLargeArguments() {
    var large = Json.LENIENT.createObjectNode().put("text", "x".repeat(100_000));
    var small = opened(agent, "small");
    var key =
        pending(
            new Opening(agent, "large", ApprovalId.next(CLOCK), null, large, NOW.plusSeconds(30)));

    var listed = await(board.list(ACME, null, null, 9));
    assertThat(listed)
        .filteredOn(each -> each.arguments() != null)
        .extracting(ApprovalView::id)
        .containsExactly(small.approval());
    assertThat(listed)
        .filteredOn(ApprovalView::argumentsWithheld)
        .extracting(ApprovalView::id)
        .containsExactly(key.approval());
    assertThat(await(board.find(key)).orElseThrow().arguments()).isEqualTo(large);
  }

  @Test
  void anOlderPostingChangesNothing() {
    var key = opened(agent, "a");
    post(key, agent, ApprovalStatus.DENIED, 3, null);

    post(key, agent, ApprovalStatus.PENDING, 2, NOW);

    assertThat(await(board.find(key)).map(ApprovalBoard.Entry::view).map(ApprovalView::status))
        .contains(ApprovalStatus.DENIED);
    assertThat(await(board.due(NOW.plus(Duration.ofDays(1)), 10))).isEmpty();
  }

  @Test
  void whoseTimeHasComeIsDueInWhicheverOrganization() {
    var sooner = opened(agent, "a");
    post(sooner, agent, ApprovalStatus.PENDING, 2, NOW.plusSeconds(5));
    var stranger = EnclaveNode.agent(GLOBEX);
    var later = opened(stranger, "a");

    assertThat(await(board.due(NOW, 10))).isEmpty();
    var first = new Due(sooner, NOW.plusSeconds(5));
    assertThat(await(board.due(NOW.plusSeconds(5), 10))).containsExactly(first);
    assertThat(await(board.due(NOW.plusSeconds(60), 10)))
        .containsExactly(first, new Due(later, NOW.plusSeconds(60)));
    assertThat(await(board.due(NOW.plusSeconds(60), 1))).containsExactly(first);
  }

  @Test
  void whatWasNeverAskedIsTakenDownAndNothingElse() {
    var asked = opened(agent, "a");
    var place = (Place) await(board.open(opening(agent, "b", null), LIMITS));
    var never = new ApprovalKey(ACME, place.id());
    assertThat(await(board.find(never)).orElseThrow().view()).as("its actor is silent").isNull();
    assertThat(await(board.list(ACME, null, null, 9)))
        .extracting(ApprovalView::id)
        .containsExactly(asked.approval());

    var now = Clock.systemUTC().instant();
    await(board.drop(never, now.minusSeconds(30)));
    assertThat(await(board.openOf(agent))).as("too new").contains(never);
    await(board.drop(never, now.plusSeconds(30)));
    await(board.drop(asked, now.plusSeconds(30)));

    assertThat(await(board.openOf(agent))).containsExactly(asked);
    assertThat(await(board.pendingOf(agent, 10))).containsExactly(asked.approval());
  }

  @Test
  void theyAreListedNewestFirstPageByPage() {
    var first = opened(agent, "a").approval();
    var second = opened(agent, "b").approval();
    var third = opened(agent, "c");
    post(third, agent, ApprovalStatus.DENIED, 2, null);

    assertThat(await(board.list(ACME, null, null, 2)))
        .extracting(ApprovalView::id)
        .containsExactly(third.approval(), second);
    assertThat(await(board.list(ACME, null, second, 2)))
        .extracting(ApprovalView::id)
        .containsExactly(first);
    assertThat(await(board.list(ACME, ApprovalStatus.PENDING, null, 9)))
        .extracting(ApprovalView::id)
        .containsExactly(second, first);
    assertThat(await(board.list(GLOBEX, null, null, 9))).isEmpty();
  }

  @Test
  void theControlPlaneHearsOfEveryVersionOnceAndOnlyThenIsAnythingDeleted() {
    var key = opened(agent, "a");
    var news = await(board.unreported(10));
    assertThat(news).hasSize(1);
    assertThat(news.getFirst().view().arguments()).isEqualTo(ARGUMENTS);
    post(key, agent, ApprovalStatus.DENIED, 3, null);
    await(board.reported(news));

    assertThat(await(board.unreported(10)))
        .extracting(ApprovalBoard.News::version)
        .containsExactly(3);
    var tomorrow = Clock.systemUTC().instant().plus(Duration.ofDays(1));
    assertThat(await(board.purge(tomorrow))).isZero();
    await(board.reported(await(board.unreported(10))));
    assertThat(await(board.unreported(10))).isEmpty();
    assertThat(await(board.purge(tomorrow))).isEqualTo(1);
    assertThat(await(board.find(key))).isEmpty();
  }

  @Test
  void whatIsDeletedTakesWithItWhatItsActorWroteAndNothingElse() {
    var over = opened(agent, "a");
    post(over, agent, ApprovalStatus.DENIED, 3, null);
    var open = opened(agent, "b");
    for (var key : List.of(over, open)) {
      var actor = PersistenceId.of(ShardedApprovals.TYPE.name(), key.entityId()).id();
      node.database.inTransactionBlocking(handle ->
          handle.execute(
              "INSERT INTO enclave.event_journal (persistence_id, sequence_number, writer,"
                  + " event_ser_id, event_ser_manifest, event_payload)"
                  + " VALUES (?, 1, 'w', 1, '', '')",
              actor));
      node.database.inTransactionBlocking(handle ->
          handle.execute(
              "INSERT INTO enclave.snapshot (persistence_id, sequence_number, created,"
                  + " snapshot_ser_id, snapshot_ser_manifest, snapshot_payload)"
                  + " VALUES (?, 1, 1, 1, '', '')",
              actor));
    }
    await(board.reported(await(board.unreported(10))));

    assertThat(await(board.purge(Clock.systemUTC().instant().plus(Duration.ofDays(1)))))
        .isEqualTo(1);

    for (var table : List.of("event_journal", "snapshot")) {
      List<String> left =
          node.database.inTransactionBlocking(handle ->
              handle
                  .createQuery("SELECT persistence_id FROM enclave." + table)
                  .mapTo(String.class)
                  .list());
      assertThat(left).as(table).singleElement().asString().contains(open.entityId());
    }
  }

  @Test
  void whoseLifeHasChangedSinceTheyAskedIsKnownPageByPage() {
    var unchanged = agent;
    var later = EnclaveNode.agent(ACME);
    var isolated = EnclaveNode.agent(ACME);
    var stranger = EnclaveNode.agent(GLOBEX);
    for (var each : List.of(unchanged, later, isolated, stranger)) {
      await(node.store.fences().raise(each, 1));
    }
    longAgo();
    for (var each : List.of(unchanged, isolated, stranger)) {
      opened(each, "a");
    }
    await(node.store.fences().raise(isolated, 2));
    await(node.store.fences().raise(stranger, 2));
    await(node.store.fences().raise(later, 2));
    var over = opened(later, "a");
    post(over, later, ApprovalStatus.DENIED, 3, null);

    var all = await(board.overtaken(Duration.ofDays(36_500), null, 9));
    var first = await(board.overtaken(Duration.ofMinutes(1), null, 1));
    var rest = await(board.overtaken(Duration.ofMinutes(1), first.getFirst(), 9));

    assertThat(all).containsExactlyInAnyOrder(isolated, stranger);
    assertThat(all).startsWith(first.getFirst()).endsWith(rest.getLast());
    assertThat(rest).hasSize(1);
    assertThat(await(board.overtaken(Duration.ZERO, null, 9))).isEmpty();
  }

  /** As if what was done so far had been done an hour ago. */
  private void longAgo() {
    try (var owner =
        Database.open(database.config(DatabaseRole.MIGRATOR, 1), new SimpleMeterRegistry())) {
      owner.inTransactionBlocking(handle ->
          handle.execute(
              "UPDATE enclave.agent_fence SET raised_at = raised_at - interval '1 hour'"));
    }
  }
}
