package io.redoubt.agent;

import static io.redoubt.agent.AgentFixture.NOW;
import static io.redoubt.agent.AgentFixture.OUTSIDE;
import static io.redoubt.agent.AgentFixture.TOKEN;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent.Decide;
import io.redoubt.agent.Agent.Decommission;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Agent.Denied;
import io.redoubt.agent.Agent.Description;
import io.redoubt.agent.Agent.Done;
import io.redoubt.agent.Agent.Isolated;
import io.redoubt.agent.Agent.LifecycleChanged;
import io.redoubt.agent.Agent.Permitted;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.Release;
import io.redoubt.agent.Agent.Released;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.agent.Agent.Revoke;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.ReleaseId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.Passivate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What an agent may do, and how it is stopped (G3). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentLifecycleTest {
  private final AgentFixture it = new AgentFixture();

  @BeforeEach
  void forget() {
    it.forget();
  }

  @AfterAll
  void shutDown() {
    it.close();
  }

  @Test
  void anActiveAgentIsPermittedUnderItsFence() {
    it.activate();

    assertThat(decide("claude-sonnet"))
        .isEqualTo(new Permitted(it.spec, 1, AgentFixture.byStarter()));
    assertThat(it.fences.current(it.key)).hasValue(1);
  }

  @Test
  void anUnknownAgentIsDeniedAndLeavesAtOnce() {
    assertThat(decide("claude-sonnet")).isEqualTo(new Denied(Denial.UNKNOWN_AGENT, null, null));
    assertThat(it.shard.receiveMessage()).isInstanceOf(Passivate.class);
  }

  @Test
  void whatIsNotAllowedIsDeniedWithItsReason() {
    it.activate();

    assertThat(decide("claude-old")).isEqualTo(denied(Denial.MODEL_NOT_ALLOWED));
    assertThat(decide("gpt-5")).isEqualTo(denied(Denial.MODEL_NOT_ALLOWED));
    assertThat(decide(it.call(Plane.LLM, "claude-sonnet", OUTSIDE, false)))
        .isEqualTo(denied(Denial.SOURCE_NOT_ALLOWED));
    assertThat(decide(it.call(Plane.LLM, "claude-sonnet", AgentFixture.INSIDE, true)))
        .isEqualTo(denied(Denial.OWN_CREDENTIAL_NOT_ALLOWED));
    assertThat(
            it.run(replyTo ->
                    new Decide(
                        it.call("claude-sonnet"),
                        FamilyHandle.create(it.key.organization(), it.key.agent()).familyId(),
                        it.clock.instant(),
                        replyTo))
                .reply())
        .isEqualTo(denied(Denial.FAMILY_UNKNOWN));
  }

  @Test
  void aNodeWithoutItsLeaseDecidesNothing() {
    it.activate();
    it.lease.set(false);

    assertThat(decide("claude-sonnet")).isEqualTo(new Agent.Refused(Agent.Refusal.UNAVAILABLE));
  }

  @Test
  void modelsAreAQuestionOfTheModelPlaneAlone() {
    it.activate();

    assertThat(decide(it.call(Plane.MCP, "files/read", AgentFixture.INSIDE, false)))
        .isInstanceOf(Permitted.class);
  }

  @Test
  void anAgentWithoutAddressesMayComeFromAnywhereAndBringWhatItMay() {
    it.activate();
    var open = new AgentSpec("open", null, Map.of(), List.of(), ModelAccess.ANY, true, 2);
    it.run(replyTo -> new Agent.Configure(open, null, replyTo));

    assertThat(decide(it.call(Plane.LLM, "gpt-5", OUTSIDE, true)))
        .isEqualTo(new Permitted(open, 1, AgentFixture.byStarter()));
  }

  @Test
  void anIsolatedAgentIsDeniedFromTheNextMessageOn() {
    it.activate();
    var id = it.isolationId();

    var isolated = it.isolate(id);

    assertThat(isolated.event()).isEqualTo(new Isolated(id, "odd behaviour", "ann", NOW, null));
    assertThat(isolated.reply())
        .isEqualTo(
            new LifecycleChanged(
                AgentStatus.ISOLATED, List.of(id), List.of(id), List.of(), NOW, it.spec));
    assertThat(it.fences.current(it.key)).hasValue(2);
    assertThat(decide("claude-sonnet")).isEqualTo(denied(Denial.NOT_ACTIVE));
    it.agent.restart();
    assertThat(decide("claude-sonnet")).isEqualTo(denied(Denial.NOT_ACTIVE));
  }

  @Test
  void theSameIsolateAgainIsAnsweredFromState() {
    it.activate();
    var id = it.isolationId();
    var first = it.isolate(id);
    it.clock.advance(Duration.ofMinutes(1));

    var again = it.isolate(id);

    assertThat(again.reply()).isEqualTo(first.reply());
    assertThat(again.events()).isEmpty();
  }

  @Test
  void everyIsolationMustBeReleased() {
    it.activate();
    var one = it.isolationId();
    var other = it.isolationId();
    it.isolate(one);
    it.isolate(other);

    var released = release(Set.of(one));

    assertThat(released.event())
        .isEqualTo(new Released(Set.of(one), null, "fine", "ann", NOW, null));
    assertThat(released.reply())
        .isEqualTo(
            new LifecycleChanged(
                AgentStatus.ISOLATED, List.of(other), List.of(one), List.of(), NOW, it.spec));
    assertThat(decide("claude-sonnet")).isEqualTo(denied(Denial.NOT_ACTIVE));
    release(Set.of(other));
    assertThat(decide("claude-sonnet"))
        .isEqualTo(new Permitted(it.spec, 5, AgentFixture.byStarter()));
    assertThat(it.fences.current(it.key)).hasValue(5);
  }

  @Test
  void aReleaseThatNamesNothingLiftsWhatStands() {
    it.activate();
    it.isolate(it.isolationId());
    it.isolate(it.isolationId());

    assertThat(release(Set.of()).reply())
        .isInstanceOfSatisfying(
            LifecycleChanged.class, it -> assertThat(it.status()).isEqualTo(AgentStatus.ACTIVE));
  }

  @Test
  void aReleaseThatNamesOneWhichNeverWasLiftsNone() {
    it.activate();
    var standing = it.isolationId();
    it.isolate(standing);

    var mistyped = release(Set.of(standing, it.isolationId()));

    assertThat(mistyped.events()).isEmpty();
    assertThat(mistyped.reply())
        .isInstanceOfSatisfying(
            LifecycleChanged.class,
            it -> {
              assertThat(it.concerned()).as("the other one is not known").containsExactly(standing);
              assertThat(it.isolations()).containsExactly(standing);
            });
    assertThat(decide("claude-sonnet")).isEqualTo(denied(Denial.NOT_ACTIVE));
  }

  @Test
  void whatAReleaseLiftsIsNamedAlsoWhereSomeOfItIsForgottenByThat() {
    it.activate();
    var ids = new HashSet<IsolationId>();
    for (int i = 0; i < Isolations.LIFTED_LIMIT; i++) {
      var id = it.isolationId();
      ids.add(id);
      it.isolate(id);
      release(Set.of(id));
    }
    var standing = it.isolationId();
    it.isolate(standing);
    ids.add(standing);

    var released = release(ids);

    assertThat(released.events()).hasSize(1);
    assertThat(released.reply())
        .isInstanceOfSatisfying(
            LifecycleChanged.class,
            it -> assertThat(it.concerned()).containsExactlyInAnyOrderElementsOf(ids));
  }

  @Test
  void aLateReleaseCannotLiftANewerIsolation() {
    it.activate();
    var old = it.isolationId();
    it.isolate(old);
    release(Set.of(old));
    var releasedAt = it.clock.instant();
    it.clock.advance(Duration.ofMinutes(1));
    var newer = it.isolationId();
    it.isolate(newer);

    var late = release(Set.of(old));

    assertThat(late.events()).isEmpty();
    assertThat(late.reply())
        .isEqualTo(
            new LifecycleChanged(
                AgentStatus.ISOLATED,
                List.of(newer),
                List.of(old),
                List.of(),
                releasedAt,
                it.spec));
    assertThat(decide("claude-sonnet")).isEqualTo(denied(Denial.NOT_ACTIVE));
  }

  @Test
  void anOldIsolateThatComesLateDoesNotIsolateAgain() {
    it.activate();
    var old = it.isolationId();
    it.isolate(old);
    release(Set.of(old));

    var late = it.isolate(old);

    assertThat(late.events()).isEmpty();
    assertThat(decide("claude-sonnet")).isInstanceOf(Permitted.class);
  }

  @Test
  void onlySoManyIsolationsStandAtATime() {
    it.activate();
    var ids = new ArrayList<IsolationId>();
    for (int i = 0; i < Isolations.STANDING_LIMIT; i++) {
      ids.add(it.isolationId());
      assertThat(it.isolate(ids.getLast()).reply()).isInstanceOf(LifecycleChanged.class);
    }

    assertThat(it.isolate(it.isolationId()).reply())
        .isEqualTo(new Refused(Refusal.TOO_MANY_ISOLATIONS));
    assertThat(it.isolate(ids.getFirst()).reply()).isInstanceOf(LifecycleChanged.class);
    assertThat(release(Set.of()).reply())
        .isInstanceOfSatisfying(
            LifecycleChanged.class,
            changed -> assertThat(changed.concerned()).containsExactlyInAnyOrderElementsOf(ids));
  }

  @Test
  void aRepeatedReleaseLiftsNothingThatWasMadeSince() {
    it.activate();
    var once = it.isolationId();
    var since = it.isolationId();
    it.isolate(once);

    var first = release(releaseId("key-1"));
    it.isolate(since);
    it.agent.restart();
    var repeated = release(releaseId("key-1"));

    assertThat(first.reply())
        .isEqualTo(
            new LifecycleChanged(
                AgentStatus.ACTIVE, List.of(), List.of(once), List.of(), NOW, it.spec));
    assertThat(repeated.events()).isEmpty();
    assertThat(repeated.reply())
        .isEqualTo(
            new LifecycleChanged(
                AgentStatus.ISOLATED, List.of(since), List.of(once), List.of(), NOW, it.spec));
    assertThat(release(releaseId("key-2")).reply())
        .isInstanceOfSatisfying(
            LifecycleChanged.class,
            changed -> assertThat(changed.status()).isEqualTo(AgentStatus.ACTIVE));
  }

  @Test
  void aRepeatedReleaseOfNothingStaysOne() {
    it.activate();
    release(releaseId("key-1"));
    it.isolate(it.isolationId());

    assertThat(release(releaseId("key-1")).events()).isEmpty();
    assertThat(describe().status()).isEqualTo(AgentStatus.ISOLATED);
  }

  @Test
  void ofReleasesTheLastAreRemembered() {
    var isolations = Isolations.NONE;
    for (int i = 0; i < Isolations.RELEASES_LIMIT + 1; i++) {
      isolations = isolations.released(releaseId("key-" + i), Set.of(), NOW);
    }

    assertThat(isolations.releases()).hasSize(Isolations.RELEASES_LIMIT);
    assertThat(isolations.liftedBy(releaseId("key-0"))).isEmpty();
    assertThat(isolations.liftedBy(releaseId("key-1"))).isPresent();
  }

  private ReleaseId releaseId(String key) {
    return ReleaseId.ofRequest("cli_ann", it.key.agent(), key, NOW);
  }

  private AgentFixture.Ran release(ReleaseId request) {
    return it.run(replyTo -> new Release(Set.of(), request, "fine", "ann", null, replyTo));
  }

  @Test
  void ofLiftedIsolationsTheLastAreRemembered() {
    var isolations = Isolations.NONE;
    var ids = new ArrayList<IsolationId>();
    for (int i = 0; i < Isolations.LIFTED_LIMIT + 1; i++) {
      ids.add(it.isolationId());
      isolations = isolations.with(ids.getLast(), NOW).released(null, Set.of(ids.getLast()), NOW);
    }

    assertThat(isolations.lifted()).hasSize(Isolations.LIFTED_LIMIT);
    assertThat(isolations.madeAt(ids.getFirst())).isEmpty();
    assertThat(isolations.madeAt(ids.getLast())).contains(NOW);
  }

  @Test
  void revokingEndsEveryFamily() {
    it.activate();

    var revoked = it.run(replyTo -> new Revoke("leak", "ann", null, replyTo));
    it.clock.advance(Duration.ofMinutes(1));
    var again = it.run(replyTo -> new Revoke("leak", "ann", null, replyTo));

    assertThat(revoked.event()).isEqualTo(new Agent.Revoked("leak", "ann", NOW, null));
    assertThat(revoked.reply())
        .isEqualTo(
            new LifecycleChanged(
                AgentStatus.REVOKED, List.of(), List.of(), List.of(it.family), NOW, it.spec));
    assertThat(again.reply()).isEqualTo(revoked.reply());
    assertThat(again.events()).isEmpty();
    assertThat(decide("claude-sonnet")).isEqualTo(denied(Denial.NOT_ACTIVE));
    assertThat(it.fences.current(it.key)).hasValue(2);
  }

  @Test
  void anIsolationOutlivesARevocationAndANewOffer() {
    it.activate();
    it.isolate(it.isolationId());
    it.run(replyTo -> new Revoke("leak", "ann", null, replyTo));
    it.offer(TokenDigest.of("new"));

    assertThat(describe().status()).isEqualTo(AgentStatus.ISOLATED);
    assertThat(it.bootstrap(TokenDigest.of("new")).reply())
        .isEqualTo(new Refused(Refusal.NOT_ACTIVE));
  }

  @Test
  void decommissioningIsFinal() {
    it.activate();

    var gone = it.run(replyTo -> new Decommission("retired", "ann", null, replyTo));

    var changed =
        new LifecycleChanged(
            AgentStatus.DECOMMISSIONED, List.of(), List.of(), List.of(it.family), NOW, it.spec);
    assertThat(gone.reply()).isEqualTo(changed);
    it.agent.restart();
    it.clock.advance(Duration.ofMinutes(1));
    assertThat(it.run(replyTo -> new Decommission("again", "ann", null, replyTo)).reply())
        .isEqualTo(changed);
    assertThat(it.run(replyTo -> new Revoke("again", "ann", null, replyTo)).reply())
        .isEqualTo(changed);
    assertThat(decide("claude-sonnet")).isEqualTo(denied(Denial.NOT_ACTIVE));
    assertThat(it.offer(TOKEN).reply()).isEqualTo(new Refused(Refusal.NOT_ACTIVE));
    assertThat(it.isolate(it.isolationId()).reply()).isEqualTo(new Refused(Refusal.NOT_ACTIVE));
    assertThat(release(Set.of()).reply()).isEqualTo(new Refused(Refusal.NOT_ACTIVE));
    assertThat(it.configure().reply()).isEqualTo(new Done());
    assertThat(
            it.run(replyTo -> new Agent.Configure(it.spec.withVersion(9), null, replyTo)).reply())
        .isEqualTo(new Refused(Refusal.NOT_ACTIVE));
    assertThat(describe().status()).isEqualTo(AgentStatus.DECOMMISSIONED);
    assertThat(describe().families()).isEmpty();
  }

  @Test
  void nothingHappensToAnAgentNobodyConfigured() {
    var id = it.isolationId();

    assertThat(it.isolate(id).reply()).isEqualTo(new Refused(Refusal.UNKNOWN_AGENT));
    assertThat(release(Set.of(id)).reply()).isEqualTo(new Refused(Refusal.UNKNOWN_AGENT));
    assertThat(it.run(replyTo -> new Revoke("x", "ann", null, replyTo)).reply())
        .isEqualTo(new Refused(Refusal.UNKNOWN_AGENT));
    assertThat(it.run(replyTo -> new Decommission("x", "ann", null, replyTo)).events()).isEmpty();
    assertThat(it.agent.getState()).isEqualTo(new AgentState.Unknown());
  }

  @Test
  void everyPhaseSurvivesARestart() {
    assertThat(it.agent.restart().state()).isEqualTo(new AgentState.Unknown());
    it.configure();
    survives();
    it.offer(TOKEN);
    survives();
    it.bootstrap(TOKEN);
    survives();
    it.isolate(it.isolationId());
    survives();
    release(Set.of());
    survives();
    it.run(replyTo -> new Revoke("leak", "ann", null, replyTo));
    survives();
    it.run(replyTo -> new Decommission("retired", "ann", null, replyTo));
    survives();
  }

  private void survives() {
    var before = it.agent.getState();
    assertThat(it.agent.restart().state()).isEqualTo(before);
  }

  private Reply decide(String model) {
    return decide(it.call(model));
  }

  private Reply decide(GovernedAction action) {
    return it.decide(action).reply();
  }

  private Denied denied(Denial why) {
    return new Denied(why, it.spec, null);
  }

  private AgentFixture.Ran release(Set<IsolationId> ids) {
    return it.run(replyTo -> new Release(ids, null, "fine", "ann", null, replyTo));
  }

  private Description describe() {
    return (Description) it.run(Agent.Describe::new).reply();
  }
}
