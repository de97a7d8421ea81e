package io.redoubt.enclave.kill;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.enclave.identity.AccessTokenIssuer;
import io.redoubt.family.TokenFamily;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Acknowledgement.How;
import io.redoubt.protocol.link.Acknowledgement.NodeProof;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.token.FamilyHandle;
import io.redoubt.revocation.Revocation;
import io.redoubt.testing.FakeFences;
import io.redoubt.testing.InMemoryAuditLog;
import io.redoubt.testing.InMemoryRevocations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KillSwitchTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);

  private final ActorTestKit kit = ActorTestKit.create();
  private final TestProbe<Enforcement.Command> nodes = kit.createTestProbe();
  private final InMemoryRevocations revocations = new InMemoryRevocations();
  private final AgentKey agent = new AgentKey(OrganizationId.next(CLOCK), AgentId.next(CLOCK));
  private final FamilyId family =
      FamilyHandle.create(agent.organization(), agent.agent()).familyId();
  private final KillSwitch.Request request =
      new KillSwitch.Request(agent, "stolen", "mem_1", null, null);

  @AfterEach
  void shutDown() {
    kit.shutdownTestKit();
  }

  /** Of an agent that has come to this by what it is asked. */
  private KillSwitch killSwitch(AgentStatus status) {
    return killSwitch(
        new Agent.LifecycleChanged(status, List.of(), List.of(), List.of(family), NOW, null));
  }

  private KillSwitch killSwitch(Agent.Reply answer) {
    return new KillSwitch(
        (_, _) -> CompletableFuture.completedFuture(answer),
        (_, _) -> CompletableFuture.completedFuture(new TokenFamily.Revoked(NOW)),
        revocations,
        (_, _, _) -> CompletableFuture.completedFuture(null),
        new InMemoryAuditLog(new FakeFences()),
        nodes.ref(),
        kit.system(),
        Duration.ofSeconds(1),
        EnclaveId.next(CLOCK),
        "node-1",
        CLOCK);
  }

  @Test
  void everyNodeIsAskedBeforeAnyHearsOfTheFamiliesOtherwise() {
    var ended = killSwitch(AgentStatus.REVOKED).revoke(request).toCompletableFuture();

    var asked = nodes.expectMessageClass(Enforcement.TellAll.class);
    assertThat(asked.cut()).isTrue();
    assertThat(revocations.all()).as("who hears of one cuts, and counts nothing").isEmpty();
    var cut = new NodeProof("node-1", How.CUT, 2, NOW);
    asked.replyTo().tell(new Enforcement.Proofs(List.of(cut)));

    assertThat(ended.join())
        .isInstanceOfSatisfying(
            KillSwitch.Enforced.class, it -> assertThat(it.proof().nodes()).containsExactly(cut));
    assertThat(revocations.all())
        .as("before anybody hears that it is done")
        .containsExactly(
            new Revocation.OfFamily(
                agent.organization(), family, NOW.plus(AccessTokenIssuer.REVOCATION_SPAN)));
  }

  @Test
  void familiesEndAlsoWhereNoNodeCanBeAsked() {
    TestProbe<Object> watcher = kit.createTestProbe();
    nodes.stop();
    watcher.expectTerminated(nodes.ref());

    var ended = killSwitch(AgentStatus.DECOMMISSIONED).decommission(request).toCompletableFuture();

    assertThat(ended).failsWithin(Duration.ofSeconds(5));
    assertThat(revocations.all()).hasSize(1);
  }
}
