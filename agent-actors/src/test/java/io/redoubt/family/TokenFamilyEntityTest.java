package io.redoubt.family;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.family.TokenFamily.Command;
import io.redoubt.family.TokenFamily.Event;
import io.redoubt.family.TokenFamily.Examine;
import io.redoubt.family.TokenFamily.FamilyOpened;
import io.redoubt.family.TokenFamily.FamilyRevoked;
import io.redoubt.family.TokenFamily.Open;
import io.redoubt.family.TokenFamily.Opened;
import io.redoubt.family.TokenFamily.Refusal;
import io.redoubt.family.TokenFamily.Refused;
import io.redoubt.family.TokenFamily.ReplayDetected;
import io.redoubt.family.TokenFamily.Replayed;
import io.redoubt.family.TokenFamily.Reply;
import io.redoubt.family.TokenFamily.Revoke;
import io.redoubt.family.TokenFamily.Revoked;
import io.redoubt.family.TokenFamily.Rotate;
import io.redoubt.family.TokenFamily.Rotated;
import io.redoubt.family.TokenFamily.RotationRepeated;
import io.redoubt.family.TokenFamily.Stands;
import io.redoubt.family.TokenFamily.TokenRotated;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.Passivate;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.ShardCommand;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit.CommandResultWithReply;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The rules of G1 and G2, one test each. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenFamilyEntityTest {
  private static final TokenDigest A = TokenDigest.of("a");
  private static final TokenDigest B = TokenDigest.of("b");
  private static final TokenDigest C = TokenDigest.of("c");
  private static final TokenDigest D = TokenDigest.of("d");
  private static final Instant NOW = ManualClock.START;
  private static final Instant ACCESS_END = NOW.plusSeconds(300);
  private static final Instant REFRESH_END = NOW.plus(Duration.ofHours(24));

  private final ActorTestKit kit =
      ActorTestKit.create(EventSourcedBehaviorTestKit.config().withFallback(ConfigFactory.load()));
  private final ManualClock clock = new ManualClock();
  private final AgentId agent = AgentId.next(clock);
  private final AgentId stranger = AgentId.next(clock);
  private final TestProbe<ShardCommand> shard = kit.createTestProbe();
  private final FamilyKey key =
      FamilyKey.of(FamilyHandle.create(OrganizationId.next(clock), agent));
  private final EventSourcedBehaviorTestKit<Command, Event, TokenFamilyState> family =
      EventSourcedBehaviorTestKit.create(
          kit.system(),
          TokenFamilyEntity.create(
              key,
              shard.ref(),
              TokenFamilyConfig.from(kit.system().settings().config()).entity(),
              clock),
          EventSourcedBehaviorTestKit.enabledSerializationSettings().withVerifyEquality(true));

  @BeforeEach
  void forget() {
    clock.set(NOW);
    family.clear();
  }

  @AfterAll
  void shutDown() {
    kit.shutdownTestKit();
  }

  @Test
  void openingMakesTheFirstTokenStand() {
    var opened = open(A);

    assertThat(opened.reply()).isEqualTo(new Opened());
    assertThat(opened.event())
        .isEqualTo(new FamilyOpened(agent, A, REFRESH_END, ACCESS_END, null, NOW));
    assertThat(rotate(A, B).reply()).isEqualTo(new Rotated(1, "jti-b", ACCESS_END, null, false));
  }

  @Test
  void theSameOpeningAgainIsDoneBefore() {
    open(A);

    var again = open(A);

    assertThat(again.reply()).isEqualTo(new Opened());
    assertThat(again.hasNoEvents()).isTrue();
  }

  @Test
  void openingAFamilyThatMovedOnIsRefused() {
    open(A);
    rotate(A, B);

    assertThat(open(A).reply()).isEqualTo(new Refused(Refusal.ALREADY_OPEN));
  }

  @Test
  void openingOtherwiseIsRefused() {
    open(A);

    assertThat(open(B).reply()).isEqualTo(new Refused(Refusal.ALREADY_OPEN));
    assertThat(open(A, "key").reply()).isEqualTo(new Refused(Refusal.ALREADY_OPEN));
  }

  @Test
  void rotatingSpendsTheTokenForItsSuccessor() {
    open(A);

    var rotated = rotate(A, B);

    assertThat(rotated.reply()).isEqualTo(new Rotated(1, "jti-b", ACCESS_END, null, false));
    assertThat(rotated.event())
        .isEqualTo(new TokenRotated(B, false, REFRESH_END, "jti-b", ACCESS_END, NOW));
    assertThat(rotate(B, C).reply()).isEqualTo(new Rotated(2, "jti-c", ACCESS_END, null, false));
  }

  @Test
  void replayingASpentTokenRevokesTheFamily() {
    open(A);
    rotate(A, B);

    var replay = rotate(A, C);

    assertThat(replay.reply()).isEqualTo(new Replayed(ACCESS_END));
    assertThat(replay.event()).isEqualTo(new ReplayDetected(A, NOW));
    assertThat(family.restart().state())
        .isEqualTo(new TokenFamilyState.Revoked(agent, 1, ACCESS_END));
  }

  @Test
  void afterTheReplayEveryTokenOfTheFamilyIsRevoked() {
    open(A);
    rotate(A, B);
    rotate(A, C);

    assertThat(rotate(A, C).reply()).isEqualTo(new Refused(Refusal.REVOKED));
    assertThat(rotate(B, C).reply()).isEqualTo(new Refused(Refusal.REVOKED));
    assertThat(rotate(B, C).hasNoEvents()).isTrue();
    assertThat(open(A).reply()).isEqualTo(new Refused(Refusal.REVOKED));
  }

  @Test
  void aReplayOfTheFirstGenerationNamesTheBootstrapsAccessToken() {
    open(A);

    assertThat(rotate(D, C).reply()).isEqualTo(new Replayed(ACCESS_END));
  }

  @Test
  void aReplayNamesTheLatestAccessTokenEvenWhereItIsNotTheLast() {
    open(A);
    runRotate(agent, A, B, false, null, ACCESS_END.minusSeconds(200));

    assertThat(rotate(A, C).reply()).isEqualTo(new Replayed(ACCESS_END));
  }

  @Test
  void theCommittedRequestIsRepeatedWithTheSameOutcome() {
    open(A);
    commit(A, B, ACCESS_END);
    clock.advance(Duration.ofSeconds(60));

    var repeat = commit(A, B, clock.instant().plusSeconds(300));

    assertThat(repeat.reply()).isEqualTo(new Rotated(1, "jti-b", ACCESS_END, null, true));
    assertThat(repeat.event()).isEqualTo(new RotationRepeated(clock.instant()));
  }

  @Test
  void aRequestIsRepeatedThreeTimesAndNoMore() {
    open(A);
    commit(A, B, ACCESS_END);

    for (int i = 0; i < RepeatRule.LIMIT; i++) {
      assertThat(commit(A, B, ACCESS_END).reply())
          .isEqualTo(new Rotated(1, "jti-b", ACCESS_END, null, true));
      family.restart();
    }

    assertThat(commit(A, B, ACCESS_END).reply()).isEqualTo(new Replayed(ACCESS_END));
  }

  /** Held up by a dead network, or by a shard that moves, while the client asked elsewhere. */
  @Test
  void requestsThatNobodyWaitsForAnyMoreDoNotCount() {
    open(A);
    commit(A, B, ACCESS_END);

    for (int i = 0; i < 2 * RepeatRule.LIMIT; i++) {
      assertThat(late(A, B)).isEmpty();
    }

    assertThat(commit(A, B, ACCESS_END).reply())
        .isEqualTo(new Rotated(1, "jti-b", ACCESS_END, null, true));
    assertThat(late(A, C)).as("not even as a replay").isEmpty();
    assertThat(rotate(B, C).reply()).isInstanceOf(Rotated.class);
  }

  private List<Event> late(TokenDigest presented, TokenDigest next) {
    TestProbe<Reply> caller = kit.createTestProbe();
    var result =
        family.runCommand(
            new Rotate(
                agent,
                presented,
                next,
                true,
                REFRESH_END,
                "jti-late",
                ACCESS_END,
                null,
                clock.instant().minusMillis(1),
                caller.ref()));
    caller.expectNoMessage(Duration.ZERO);
    return List.copyOf(result.events());
  }

  @Test
  void aRepeatAfterSixtySecondsIsAReplay() {
    open(A);
    commit(A, B, ACCESS_END);
    clock.advance(Duration.ofMillis(60_001));

    assertThat(commit(A, B, ACCESS_END).reply()).isEqualTo(new Replayed(ACCESS_END));
  }

  @Test
  void aRepeatOnANodeWhoseClockIsBehindIsStillARepeat() {
    open(A);
    commit(A, B, ACCESS_END);
    clock.advance(Duration.ofSeconds(-2));

    assertThat(commit(A, B, ACCESS_END).reply()).isInstanceOf(Rotated.class);
  }

  @Test
  void anotherCommitmentIsAReplay() {
    open(A);
    commit(A, B, ACCESS_END);

    assertThat(commit(A, C, ACCESS_END).reply()).isEqualTo(new Replayed(ACCESS_END));
  }

  @Test
  void withoutACommitmentAnySecondUseIsAReplay() {
    open(A);
    rotate(A, B);

    assertThat(rotate(A, B).reply()).isEqualTo(new Replayed(ACCESS_END));
  }

  @Test
  void aCommitmentAddedAfterwardsIsAReplay() {
    open(A);
    rotate(A, B);

    assertThat(commit(A, B, ACCESS_END).reply()).isEqualTo(new Replayed(ACCESS_END));
  }

  @Test
  void aRepeatOnceTheSuccessorIsUsedIsAReplay() {
    open(A);
    commit(A, B, ACCESS_END);
    commit(B, C, ACCESS_END);

    assertThat(commit(A, B, ACCESS_END).reply()).isEqualTo(new Replayed(ACCESS_END));
  }

  @Test
  void aSuccessorThatWasInUseIsRefusedAndNothingIsSpent() {
    open(A);
    assertThat(commit(A, A, ACCESS_END).reply())
        .isEqualTo(new Refused(Refusal.SUCCESSOR_NOT_FRESH));
    commit(A, B, ACCESS_END);

    var backwards = commit(B, A, ACCESS_END);

    assertThat(backwards.reply()).isEqualTo(new Refused(Refusal.SUCCESSOR_NOT_FRESH));
    assertThat(backwards.hasNoEvents()).isTrue();
    assertThat(commit(B, C, ACCESS_END).reply()).isInstanceOf(Rotated.class);
  }

  @Test
  void aTokenThatWasSpentLongAgoDoesNotComeBackToLife() {
    open(A);
    var standing = A;
    for (int i = 0; i < SpentTokens.LIMIT; i++) {
      var next = TokenDigest.of("token " + i);
      rotate(standing, next);
      standing = next;
    }
    family.restart();

    var backwards = commit(standing, A, ACCESS_END);

    assertThat(backwards.reply()).isEqualTo(new Refused(Refusal.SUCCESSOR_NOT_FRESH));
    assertThat(backwards.hasNoEvents()).isTrue();
    assertThat(commit(standing, TokenDigest.of("token 7"), ACCESS_END).reply())
        .isEqualTo(new Refused(Refusal.SUCCESSOR_NOT_FRESH));
    assertThat(commit(standing, B, ACCESS_END).reply()).isInstanceOf(Rotated.class);
  }

  @Test
  void examiningATokenThatStandsSpendsNothing() {
    open(A);
    rotate(A, B);

    var examined = examine(B, null);

    assertThat(examined.reply()).isEqualTo(new Stands());
    assertThat(examined.hasNoEvents()).isTrue();
    assertThat(examine(B, C).reply()).isEqualTo(new Stands());
    assertThat(rotate(B, C).reply()).isInstanceOf(Rotated.class);
  }

  @Test
  void examiningASpentTokenRevokesTheFamily() {
    open(A);
    rotate(A, B);

    var replay = examine(A, null);

    assertThat(replay.reply()).isEqualTo(new Replayed(ACCESS_END));
    assertThat(replay.event()).isEqualTo(new ReplayDetected(A, NOW));
    assertThat(family.restart().state())
        .isEqualTo(new TokenFamilyState.Revoked(agent, 1, ACCESS_END));
    assertThat(examine(A, null).reply()).isEqualTo(new Refused(Refusal.REVOKED));
    assertThat(examine(B, null).reply()).isEqualTo(new Refused(Refusal.REVOKED));
  }

  /** An isolation takes as long as it takes, and its agent may ask all the while. */
  @Test
  void theLastCommittedRotationIsExaminedAsOftenAndAsLateAsItComes() {
    open(A);
    commit(A, B, ACCESS_END);

    for (int i = 0; i <= RepeatRule.LIMIT; i++) {
      var examined = examine(A, B);
      assertThat(examined.reply()).isEqualTo(new Stands());
      assertThat(examined.hasNoEvents()).isTrue();
    }
    assertThat(commit(A, B, ACCESS_END).reply())
        .as("none of them was a repeat")
        .isEqualTo(new Rotated(1, "jti-b", ACCESS_END, null, true));
    clock.advance(Duration.ofHours(2));

    assertThat(examine(A, B).reply()).isEqualTo(new Stands());
    assertThat(rotate(B, C).reply()).isInstanceOf(Rotated.class);
    assertThat(examine(A, B).reply())
        .as("it is not the last any more")
        .isInstanceOf(Replayed.class);
  }

  @Test
  void anythingElseThanTheLastCommittedRotationIsExaminedAsAReplay() {
    open(A);
    commit(A, B, ACCESS_END);
    assertThat(examine(A, C).reply()).as("another commitment").isInstanceOf(Replayed.class);

    family.clear();
    open(A);
    commit(A, B, ACCESS_END);
    assertThat(examine(A, null).reply()).as("none").isInstanceOf(Replayed.class);

    family.clear();
    open(A);
    rotate(A, B);
    assertThat(examine(A, B).reply()).as("one too late").isInstanceOf(Replayed.class);
  }

  @Test
  void anExaminationThatBarsTheTokenHasNoConsequences() {
    open(A, "key");
    rotateAs(agent, A, "key");

    assertThat(examineAs(agent, A, null, "other", clock.instant()).reply())
        .isEqualTo(new Refused(Refusal.PROOF_INVALID));
    assertThat(examineAs(stranger, A, null, "key", clock.instant()).reply())
        .isEqualTo(new Refused(Refusal.UNKNOWN));
    clock.set(REFRESH_END);
    assertThat(examineAs(agent, A, null, "key", clock.instant()).reply())
        .isEqualTo(new Refused(Refusal.EXPIRED));
    assertThat(family.getState()).isInstanceOf(TokenFamilyState.Live.class);
  }

  @Test
  void anExaminationThatNobodyWaitsForAnyMoreIsNoReplay() {
    open(A);
    rotate(A, B);
    TestProbe<Reply> caller = kit.createTestProbe();

    var late =
        family.runCommand(
            new Examine(agent, A, null, null, clock.instant().minusMillis(1), caller.ref()));

    assertThat(late.hasNoEvents()).isTrue();
    caller.expectNoMessage(Duration.ZERO);
    assertThat(rotate(B, C).reply()).isInstanceOf(Rotated.class);
  }

  @Test
  void aFamilyThatWasNeverOpenedIsExaminedAndForgotten() {
    var unknown = examine(A, B);

    assertThat(unknown.reply()).isEqualTo(new Refused(Refusal.UNKNOWN));
    assertThat(unknown.hasNoEvents()).isTrue();
    assertThat(shard.receiveMessage()).isInstanceOf(Passivate.class);
  }

  @Test
  void anExpiredTokenIsRefusedWithoutConsequences() {
    open(A);
    clock.set(REFRESH_END);

    var late = rotate(A, B);

    assertThat(late.reply()).isEqualTo(new Refused(Refusal.EXPIRED));
    assertThat(late.hasNoEvents()).isTrue();
    clock.set(REFRESH_END.minusMillis(1));
    assertThat(rotate(A, B).reply()).isInstanceOf(Rotated.class);
  }

  @Test
  void aTokenThatNamesAnotherAgentIsUnknownInEveryPhase() {
    open(A);
    assertThat(rotateAs(stranger, A, null).reply()).isEqualTo(new Refused(Refusal.UNKNOWN));
    assertThat(rotateAs(stranger, D, null).hasNoEvents()).isTrue();
    rotate(D, B);

    assertThat(rotateAs(stranger, A, null).reply()).isEqualTo(new Refused(Refusal.UNKNOWN));
  }

  @Test
  void aBoundFamilyNeedsTheProofForEveryUse() {
    open(A, "key");

    assertThat(rotateAs(agent, A, null).reply()).isEqualTo(new Refused(Refusal.PROOF_INVALID));
    assertThat(rotateAs(agent, A, "other").reply()).isEqualTo(new Refused(Refusal.PROOF_INVALID));
    assertThat(rotateAs(agent, A, "key").reply())
        .isEqualTo(new Rotated(1, "jti-b", ACCESS_END, "key", false));
  }

  @Test
  void aThiefWithoutTheKeyCannotRevokeABoundFamily() {
    open(A, "key");
    rotateAs(agent, A, "key");

    var theft = rotateAs(agent, A, "other");

    assertThat(theft.reply()).isEqualTo(new Refused(Refusal.PROOF_INVALID));
    assertThat(theft.hasNoEvents()).isTrue();
  }

  @Test
  void aFamilyThatWasNeverOpenedKeepsNothingAndLeavesAtOnce() {
    var unknown = rotate(A, B);

    assertThat(unknown.reply()).isEqualTo(new Refused(Refusal.UNKNOWN));
    assertThat(unknown.hasNoEvents()).isTrue();
    assertThat(shard.receiveMessage()).isInstanceOf(Passivate.class);

    var revoke = family.<Reply>runCommand(replyTo -> new Revoke("test", replyTo));
    assertThat(revoke.reply()).isEqualTo(new Refused(Refusal.UNKNOWN));
    assertThat(revoke.hasNoEvents()).isTrue();
    assertThat(shard.receiveMessage()).isInstanceOf(Passivate.class);
  }

  @Test
  void revokingEndsTheFamilyOnce() {
    open(A);

    var revoked = family.<Reply>runCommand(replyTo -> new Revoke("agent revoked", replyTo));
    var again = family.<Reply>runCommand(replyTo -> new Revoke("agent revoked", replyTo));

    assertThat(revoked.reply()).isEqualTo(new Revoked(ACCESS_END));
    assertThat(revoked.event()).isEqualTo(new FamilyRevoked("agent revoked", NOW));
    assertThat(again.reply()).isEqualTo(new Revoked(ACCESS_END));
    assertThat(again.hasNoEvents()).isTrue();
    assertThat(rotate(A, B).reply()).isEqualTo(new Refused(Refusal.REVOKED));
  }

  @Test
  void everyPhaseSurvivesARestart() {
    assertThat(family.restart().state()).isEqualTo(new TokenFamilyState.Unopened());
    open(A, "key");
    var opened = family.getState();
    assertThat(family.restart().state()).isEqualTo(opened);
    runRotate(agent, A, B, true, "key", ACCESS_END);
    var rotated = family.getState();
    assertThat(family.restart().state()).isEqualTo(rotated);
    runRotate(agent, A, C, true, "key", ACCESS_END);
    var revoked = family.getState();
    assertThat(family.restart().state()).isEqualTo(revoked);
  }

  @Test
  void aSnapshotStandsInForTheEventsBeforeIt() {
    open(A);
    var spent = A;
    for (int i = 0; i < 250; i++) {
      var next = TokenDigest.of("token " + i);
      assertThat(rotate(spent, next).reply()).isInstanceOf(Rotated.class);
      spent = next;
    }
    var before = family.getState();

    assertThat(family.restart().state()).isEqualTo(before);
    assertThat(family.snapshotTestKit().orElseThrow().persistedInStorage("TokenFamily|" + key))
        .isNotEmpty()
        .hasSizeLessThanOrEqualTo(2);
    assertThat(family.persistenceTestKit().persistedInStorage("TokenFamily|" + key)).hasSize(251);
  }

  private CommandResultWithReply<Command, Event, TokenFamilyState, Reply> open(TokenDigest first) {
    return open(first, null);
  }

  private CommandResultWithReply<Command, Event, TokenFamilyState, Reply> open(
      TokenDigest first, @Nullable String jkt) {
    return family.runCommand(
        replyTo -> new Open(agent, first, REFRESH_END, ACCESS_END, jkt, replyTo));
  }

  private CommandResultWithReply<Command, Event, TokenFamilyState, Reply> rotate(
      TokenDigest presented, TokenDigest next) {
    return runRotate(agent, presented, next, false, null, ACCESS_END);
  }

  private CommandResultWithReply<Command, Event, TokenFamilyState, Reply> commit(
      TokenDigest presented, TokenDigest next, Instant accessExpiresAt) {
    return runRotate(agent, presented, next, true, null, accessExpiresAt);
  }

  private CommandResultWithReply<Command, Event, TokenFamilyState, Reply> rotateAs(
      AgentId claimed, TokenDigest presented, @Nullable String jkt) {
    return runRotate(claimed, presented, B, false, jkt, ACCESS_END);
  }

  private CommandResultWithReply<Command, Event, TokenFamilyState, Reply> examine(
      TokenDigest presented, @Nullable TokenDigest commitment) {
    return examineAs(agent, presented, commitment, null, clock.instant());
  }

  private CommandResultWithReply<Command, Event, TokenFamilyState, Reply> examineAs(
      AgentId claimed,
      TokenDigest presented,
      @Nullable TokenDigest commitment,
      @Nullable String jkt,
      Instant until) {
    return family.runCommand(
        replyTo -> new Examine(claimed, presented, commitment, jkt, until, replyTo));
  }

  private CommandResultWithReply<Command, Event, TokenFamilyState, Reply> runRotate(
      AgentId claimed,
      TokenDigest presented,
      TokenDigest next,
      boolean committed,
      @Nullable String jkt,
      Instant accessExpiresAt) {
    String jti = next.equals(B) ? "jti-b" : "jti-c";
    return family.runCommand(replyTo ->
        new Rotate(
            claimed,
            presented,
            next,
            committed,
            REFRESH_END,
            jti,
            accessExpiresAt,
            jkt,
            clock.instant(),
            replyTo));
  }
}
