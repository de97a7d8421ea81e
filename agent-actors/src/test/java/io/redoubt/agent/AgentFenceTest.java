package io.redoubt.agent;

import static io.redoubt.agent.AgentFixture.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.agent.Agent.Configure;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Agent.Denied;
import io.redoubt.agent.Agent.Done;
import io.redoubt.agent.Agent.Isolate;
import io.redoubt.agent.Agent.LifecycleChanged;
import io.redoubt.agent.Agent.Permitted;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.Release;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.agent.Agent.Stop;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.testing.FakeFences.Raise;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nobody is told that an agent is stopped before its fence is up (G3, decision 3). */
class AgentFenceTest {
  private final AgentFixture it = new AgentFixture(AgentFixture.impatient());

  @AfterEach
  void shutDown() {
    it.close();
  }

  @Test
  void theFirstConfigurationIsDoneOnlyWithTheFenceInPlace() {
    it.fences.outage.block();

    var configured = it.start(replyTo -> new Configure(it.spec, null, replyTo));

    configured.expectNoMessage();
    it.fences.outage.end();
    assertThat(configured.receiveMessage()).isEqualTo(new Done());
    assertThat(it.fences.current(it.key)).hasValue(1);
  }

  /** As where it is made known in the moment in which it is to be forgotten as a stranger. */
  @Test
  void whoIsToStopAnswersThoseFirstWhoWaitForTheFence() {
    it.fences.outage.block();
    var key = new AgentKey(it.key.organization(), AgentId.next(it.clock));
    var agent = it.kit.spawn(it.incarnation(key, AgentFixture.impatient()));
    TestProbe<Reply> configured = it.kit.createTestProbe();

    agent.tell(new Configure(it.spec, null, configured.ref()));
    agent.tell(new Stop());

    configured.expectNoMessage();
    it.fences.outage.end();
    assertThat(configured.receiveMessage()).isEqualTo(new Done());
    configured.expectTerminated(agent);
    assertThat(it.fences.current(key)).hasValue(1);
  }

  @Test
  void whoIsToStopWaitsForNoFenceThatStaysDown() {
    it.fences.outage.begin();
    var key = new AgentKey(it.key.organization(), AgentId.next(it.clock));
    var agent = it.kit.spawn(it.incarnation(key, AgentFixture.impatient()));
    TestProbe<Reply> configured = it.kit.createTestProbe();

    agent.tell(new Configure(it.spec, null, configured.ref()));
    agent.tell(new Stop());

    assertThat(configured.receiveMessage()).isEqualTo(new Refused(Refusal.UNAVAILABLE));
    configured.expectTerminated(agent);
  }

  @Test
  void isolateIsAcknowledgedOnlyWithTheFenceUpButDeniesAtOnce() {
    it.activate();
    it.fences.outage.block();
    var id = it.isolationId();

    var isolated = it.start(replyTo -> new Isolate(id, "odd", "ann", null, replyTo));

    isolated.expectNoMessage();
    assertThat(it.decide(it.call("claude-sonnet")).reply())
        .isEqualTo(new Denied(Denial.NOT_ACTIVE, it.spec, null));
    it.fences.outage.end();
    assertThat(isolated.receiveMessage()).isInstanceOf(LifecycleChanged.class);
    assertThat(it.fences.current(it.key)).hasValue(2);
  }

  @Test
  void aRepeatedIsolateWaitsForTheFenceLikeTheFirst() {
    it.activate();
    it.fences.outage.block();
    var id = it.isolationId();
    var first = it.start(replyTo -> new Isolate(id, "odd", "ann", null, replyTo));

    var again = it.start(replyTo -> new Isolate(id, "odd", "ann", null, replyTo));

    again.expectNoMessage();
    it.fences.outage.end();
    assertThat(again.receiveMessage()).isEqualTo(first.receiveMessage());
  }

  @Test
  void aFenceThatFailsOnceIsTriedAgainBeforeTheAnswer() {
    it.activate();
    it.fences.outage.failNext(2);

    var isolated = it.isolate(it.isolationId());

    assertThat(isolated.reply()).isInstanceOf(LifecycleChanged.class);
    assertThat(it.fences.current(it.key)).hasValue(2);
  }

  @Test
  void aFenceThatStaysDownIsUnavailableAndTheAgentIsDeniedAllTheSame() {
    it.activate();
    it.fences.outage.begin();
    var id = it.isolationId();

    assertThat(it.isolate(id).reply()).isEqualTo(new Refused(Refusal.UNAVAILABLE));

    assertThat(it.decide(it.call("claude-sonnet")).reply())
        .isEqualTo(new Denied(Denial.NOT_ACTIVE, it.spec, null));
    it.fences.outage.end();
    await().until(() -> it.fences.current(it.key).orElse(0) == 2);
    assertThat(it.isolate(id).reply())
        .isInstanceOfSatisfying(
            LifecycleChanged.class, changed -> assertThat(changed.at()).isEqualTo(NOW));
  }

  @Test
  void aFenceThatNeverAnswersIsUnavailableToo() {
    it.activate();
    it.fences.outage.block();

    assertThat(it.isolate(it.isolationId()).reply()).isEqualTo(new Refused(Refusal.UNAVAILABLE));
  }

  @Test
  void onlySoManyCommandsWaitForTheFence() {
    it.activate();
    it.fences.outage.block();
    var one = it.start(replyTo -> new Isolate(it.isolationId(), "odd", "ann", null, replyTo));
    var two = it.start(replyTo -> new Isolate(it.isolationId(), "odd", "ann", null, replyTo));

    var three = it.start(replyTo -> new Isolate(it.isolationId(), "odd", "ann", null, replyTo));

    assertThat(three.receiveMessage()).isEqualTo(new Refused(Refusal.UNAVAILABLE));
    it.fences.outage.end();
    assertThat(one.receiveMessage()).isInstanceOf(LifecycleChanged.class);
    assertThat(two.receiveMessage()).isInstanceOf(LifecycleChanged.class);
    assertThat(it.fences.current(it.key)).hasValue(4);
  }

  @Test
  void aNewIncarnationRaisesTheFenceItsPredecessorLeftBehind() {
    it.activate();
    it.fences.outage.begin();
    it.isolate(it.isolationId());
    assertThat(it.fences.current(it.key)).hasValue(1);

    it.agent.restart();
    it.fences.outage.end();

    await().until(() -> it.fences.current(it.key).orElse(0) == 2);
  }

  @Test
  void aNewIncarnationMakesSureOnceAndDecidesMeanwhile() {
    it.activate();
    it.fences.outage.block();
    int before = it.fences.calls().size();

    it.agent.restart();

    assertThat(it.decide(it.call("claude-sonnet")).reply())
        .isEqualTo(new Permitted(it.spec, 1, AgentFixture.byStarter()));
    assertThat(it.fences.calls().subList(before, it.fences.calls().size()))
        .containsExactly(new Raise(it.key, 1));
  }

  @Test
  void anAgentNobodyConfiguredHasNoFence() {
    it.decide(it.call("claude-sonnet"));
    it.agent.restart();
    it.decide(it.call("claude-sonnet"));

    assertThat(it.fences.calls()).isEmpty();
  }

  @Test
  void aReleaseRaisesTheFenceTooSoThatOldDecisionsStayDead() {
    it.activate();
    it.isolate(it.isolationId());

    var released = it.run(replyTo -> new Release(Set.of(), null, "fine", "ann", null, replyTo));

    assertThat(released.reply())
        .isInstanceOfSatisfying(
            LifecycleChanged.class,
            changed -> assertThat(changed.status()).isEqualTo(AgentStatus.ACTIVE));
    assertThat(it.fences.current(it.key)).hasValue(3);
    assertThat(it.decide(it.call("claude-sonnet")).reply())
        .isEqualTo(new Permitted(it.spec, 3, AgentFixture.byStarter()));
  }
}
