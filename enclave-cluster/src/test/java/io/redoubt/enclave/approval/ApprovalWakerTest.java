package io.redoubt.enclave.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.Approval;
import io.redoubt.approval.ApprovalBoard.Limits;
import io.redoubt.approval.ApprovalBoard.Opening;
import io.redoubt.approval.ApprovalConfig;
import io.redoubt.approval.ApprovalDesk;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.testing.InMemoryApprovalBoard;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What is due, or will be before the next look, is woken, whatever else does not answer; what
 * stopped agents asked for is ended.
 */
class ApprovalWakerTest {
  private static final AgentSpec SPEC =
      new AgentSpec("agent", null, Map.of(), List.of(), ModelAccess.ANY, false, 1);
  private static final Duration WAKE_EVERY = Duration.ofMillis(10);
  private static final Duration WAKE_AHEAD = Duration.ofSeconds(5);
  private static final Limits ROOM = new Limits(10_000, 10_000);

  private final ActorTestKit kit = ActorTestKit.create();
  private final ManualClock clock = new ManualClock();
  private final InMemoryApprovalBoard board = new InMemoryApprovalBoard();
  private final OrganizationId organization = OrganizationId.next(clock);
  private final Set<ApprovalKey> silent = ConcurrentHashMap.newKeySet();
  private final Set<AgentKey> stopped = ConcurrentHashMap.newKeySet();
  private final List<ApprovalKey> woken = new CopyOnWriteArrayList<>();
  private final List<ApprovalKey> cancelled = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() {
    kit.spawn(
        ApprovalWaker.create(
            ApprovalConfig.from(
                ConfigFactory.parseMap(
                        Map.of(
                            "redoubt.approval.wake-every", WAKE_EVERY,
                            "redoubt.approval.wake-ahead", WAKE_AHEAD))
                    .withFallback(ConfigFactory.load())),
            this::answer,
            this::answer,
            board,
            clock));
  }

  @AfterEach
  void shutDown() {
    kit.shutdownTestKit();
  }

  private CompletionStage<Agent.Reply> answer(
      AgentKey agent, Function<ActorRef<Agent.Reply>, Agent.Command> message) {
    return CompletableFuture.completedFuture(
        new Agent.Description(
            stopped.contains(agent) ? AgentStatus.ISOLATED : AgentStatus.ACTIVE,
            SPEC,
            List.of(),
            List.of(),
            null));
  }

  /** Nobody has asked for any of them, and some do not even say that. */
  private CompletionStage<Approval.Reply> answer(
      ApprovalKey key, Function<ActorRef<Approval.Reply>, Approval.Command> message) {
    var command = message.apply(kit.system().ignoreRef());
    if (command instanceof Approval.Cancel) {
      cancelled.add(key);
    } else {
      woken.add(key);
    }
    return silent.contains(key)
        ? new CompletableFuture<>()
        : CompletableFuture.completedFuture(new Approval.Refused(Approval.Refusal.UNKNOWN, null));
  }

  private ApprovalKey opened(AgentKey agent, Instant dueAt) {
    var id = ApprovalId.next(clock);
    board.open(new Opening(agent, id.toString(), id, null, null, dueAt), ROOM);
    return new ApprovalKey(agent.organization(), id);
  }

  private AgentKey agent() {
    return new AgentKey(organization, AgentId.next(clock));
  }

  @Test
  void oneThatDoesNotAnswerKeepsNoOtherBack() {
    var later = opened(agent(), clock.instant().plusSeconds(60));
    var mute = ApprovalId.next(clock);
    silent.add(new ApprovalKey(organization, mute));
    board.open(new Opening(agent(), "mute", mute, null, null, clock.instant()), ROOM);
    await().until(() -> woken.contains(new ApprovalKey(organization, mute)));
    assertThat(woken).doesNotContain(later);

    clock.advance(Duration.ofSeconds(60));

    await().until(() -> woken.contains(later));
  }

  /** What was said to a node that died is never answered, and its time-out comes seconds late. */
  @Test
  void oneThatDoesNotAnswerIsAskedAgainWithTheNextLook() {
    var mute = ApprovalId.next(clock);
    var key = new ApprovalKey(organization, mute);
    silent.add(key);
    board.open(new Opening(agent(), "mute", mute, null, null, clock.instant()), ROOM);

    await().until(() -> Collections.frequency(woken, key) >= 3);
  }

  /** More of them than are asked at once, and they are due first. */
  @Test
  void manyThatDoNotAnswerKeepNoOtherBackEither() {
    for (int i = 0; i < 1_200; i++) {
      var mute = ApprovalId.next(clock);
      silent.add(new ApprovalKey(organization, mute));
      board.open(new Opening(agent(), "mute-" + i, mute, null, null, clock.instant()), ROOM);
    }
    var later = opened(agent(), clock.instant().plusMillis(1));

    clock.advance(Duration.ofSeconds(1));

    await().until(() -> woken.contains(later));
  }

  /** So that its own timer goes off at the very moment, and not some time after the next look. */
  @Test
  void whatWillBeDueSoonIsWokenOnceAndBeforeTheNextLookAgain() {
    var next = opened(agent(), clock.instant().plus(WAKE_EVERY));
    var soon = opened(agent(), clock.instant().plus(WAKE_AHEAD));
    var later = opened(agent(), clock.instant().plus(WAKE_AHEAD).plusNanos(1));

    await().until(() -> woken.contains(soon));
    await().until(() -> Collections.frequency(woken, next) > 4);
    assertThat(woken).containsOnlyOnce(soon).doesNotContain(later);

    clock.advance(WAKE_AHEAD.minus(WAKE_EVERY));

    await().until(() -> Collections.frequency(woken, soon) > 2);
    await().until(() -> woken.contains(later));
  }

  /** Those that were woken early are still due, and must not stand in the way of the others. */
  @Test
  void ofManyThatAreDueAtOneMomentAllAreWokenBeforeIt() {
    var moment = clock.instant().plus(WAKE_AHEAD);
    var all =
        IntStream.range(0, 1_200)
            .mapToObj(_ -> new AgentKey(OrganizationId.next(clock), AgentId.next(clock)))
            .map(agent -> opened(agent, moment))
            .toList();

    await().until(() -> new HashSet<>(woken).containsAll(all));
  }

  @Test
  void whatNobodyAskedForIsTakenDownOnceNobodyCanBeOnItsWayToIt() {
    opened(agent(), clock.instant());
    await().until(() -> woken.size() > 2);
    assertThat(board.size()).isEqualTo(1);

    clock.advance(ApprovalDesk.GRACE.plusSeconds(1));

    await().until(() -> board.size() == 0);
  }

  @Test
  void whatAStoppedAgentHasAskedForIsEndedAndNothingElse() {
    var far = clock.instant().plusSeconds(600);
    var isolated = agent();
    var other = agent();
    stopped.add(isolated);
    var one = opened(isolated, far);
    var two = opened(isolated, far);
    var released = opened(other, far);
    board.changes(other);
    board.changes(isolated);

    await().until(() -> cancelled.containsAll(List.of(one, two)));

    assertThat(cancelled).doesNotContain(released);
  }
}
