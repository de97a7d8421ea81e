package io.redoubt.enclave.kill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.link.Acknowledgement;
import io.redoubt.protocol.link.Acknowledgement.How;
import io.redoubt.protocol.link.Acknowledgement.NodeProof;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class KillTest {
  private final EnclaveFixture fixture = EnclaveFixture.shared();

  @Test
  void anIsolateCutsTheStreamThatIsUnderWayAndPermitsNothingAfterwards() throws IOException {
    TestAgent agent = fixture.agent();
    Answer identity = agent.bootstrap();
    String access = identity.text("access_token");
    try (var stream = agent.stream(access)) {
      assertThat(stream.status()).isEqualTo(200);
      stream.awaitFirstByte();
      var isolation = IsolationId.next(Clock.systemUTC());

      Acknowledgement proof =
          proof(new LinkCommand.Isolate(agent.id, isolation, "it misbehaves", "mem_1"), agent);

      assertThat(proof.isolationId()).isEqualTo(isolation);
      assertThat(proof.nodes())
          .singleElement()
          .satisfies(node -> {
            assertThat(node.node()).isEqualTo("node-1");
            assertThat(node.how()).isEqualTo(How.CUT);
            assertThat(node.streamsCut()).isEqualTo(1);
          });
      stream.awaitEnd();
      assertThat(agent.message(access).status()).isEqualTo(403);
      Answer refresh = agent.refresh(identity.text("refresh_token"));
      assertThat(refresh.problem()).isEqualTo("agent-not-active");
      AuditRecord record =
          fixture.controlPlane.awaitAudit(agent.organization, of(agent, "agent:isolate"));
      assertThat(record.plane()).isEqualTo(Plane.LIFECYCLE);
      assertThat(record.actor()).isEqualTo("mem_1");
      assertThat(record.resource()).isEqualTo(isolation.toString());

      proof(new LinkCommand.Release(agent.id, Set.of(isolation), "all is well", "mem_1"), agent);

      assertThat(agent.message(access).status()).isEqualTo(200);
      // The isolated agent's token was refused, and not spent.
      assertThat(agent.refresh(identity.text("refresh_token")).status()).isEqualTo(200);
      fixture.controlPlane.awaitAudit(agent.organization, of(agent, "agent:release"));
    }
  }

  @Test
  void aSpentTokenThatIsShownDuringAnIsolationKillsItsFamily() {
    TestAgent agent = fixture.agent();
    Answer first = agent.bootstrap();
    Answer second = agent.refresh(first.text("refresh_token"));
    var isolation = IsolationId.next(Clock.systemUTC());
    proof(new LinkCommand.Isolate(agent.id, isolation, "it misbehaves", "mem_1"), agent);

    Answer replay = agent.refresh(first.text("refresh_token"));

    assertThat(replay.status()).isEqualTo(409);
    assertThat(replay.problem()).isEqualTo("refresh-token-replayed");
    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> agent.self(second.text("access_token")).status() == 401);
    AuditRecord record =
        fixture.controlPlane.awaitAudit(agent.organization, of(agent, "token:replay"));
    assertThat(record.verdict()).isEqualTo(Verdict.DENY);
    assertThat(agent.refresh(second.text("refresh_token")).problem())
        .isEqualTo("refresh-token-invalid");
    proof(new LinkCommand.Release(agent.id, Set.of(isolation), "all is well", "mem_1"), agent);
    assertThat(agent.refresh(second.text("refresh_token")).problem())
        .isEqualTo("refresh-token-invalid");
  }

  @Test
  void whoAsksForItsLastRotationAgainDuringAnIsolationKeepsItsFamily() {
    TestAgent agent = fixture.agent();
    var first = agent.ownToken();
    var second = agent.ownToken();
    agent.bootstrap(first);
    assertThat(agent.refresh(first.reveal(), second.digest()).status()).isEqualTo(200);
    var isolation = IsolationId.next(Clock.systemUTC());
    proof(new LinkCommand.Isolate(agent.id, isolation, "it misbehaves", "mem_1"), agent);

    for (int again = 0; again < 5; again++) {
      assertThat(agent.refresh(first.reveal(), second.digest()).problem())
          .isEqualTo("agent-not-active");
    }

    proof(new LinkCommand.Release(agent.id, Set.of(isolation), "all is well", "mem_1"), agent);
    assertThat(agent.refresh(first.reveal(), second.digest()).status()).isEqualTo(200);
    assertThat(agent.refresh(second.reveal()).status()).isEqualTo(200);
  }

  @Test
  void aReleaseLiftsOnlyTheIsolationsItNames() {
    TestAgent agent = fixture.agent();
    agent.bootstrap();
    var first = IsolationId.next(Clock.systemUTC());
    var second = IsolationId.next(Clock.systemUTC());
    proof(new LinkCommand.Isolate(agent.id, first, "one", "mem_1"), agent);
    proof(new LinkCommand.Isolate(agent.id, second, "two", "mem_1"), agent);

    proof(new LinkCommand.Release(agent.id, Set.of(first), "one is well", "mem_1"), agent);

    assertThat(lastSeen(agent).isolations()).containsExactly(second);
  }

  @Test
  void anOrderToReleaseWhatNeverWasIsRefused() {
    TestAgent agent = fixture.agent();
    var isolation = IsolationId.next(Clock.systemUTC());
    proof(new LinkCommand.Isolate(agent.id, isolation, "one", "mem_1"), agent);
    var mistyped = Set.of(isolation, IsolationId.next(Clock.systemUTC()));

    long order =
        fixture.controlPlane.say(
            agent.organization, new LinkCommand.Release(agent.id, mistyped, "well", "mem_1"));
    fixture.controlPlane.awaitApplied(order);

    assertThat(fixture.controlPlane.rejection(order)).isEqualTo("isolation-unknown");
    assertThat(agent.bootstrap().problem()).isEqualTo("agent-not-active");
  }

  @Test
  void aRevokeKillsEveryFamily() {
    TestAgent agent = fixture.agent();
    Answer identity = agent.bootstrap();

    proof(new LinkCommand.Revoke(agent.id, "stolen", "mem_1"), agent);

    assertThat(agent.self(identity.text("access_token")).status()).isEqualTo(401);
    assertThat(agent.message(identity.text("access_token")).status()).isEqualTo(401);
    assertThat(agent.refresh(identity.text("refresh_token")).problem())
        .isEqualTo("refresh-token-invalid");
    fixture.controlPlane.awaitAudit(agent.organization, of(agent, "agent:revoke"));
  }

  @Test
  void whatARevokeCutsIsCounted() throws IOException {
    TestAgent agent = fixture.agent();
    String access = agent.bootstrap().text("access_token");
    try (var stream = agent.stream(access)) {
      stream.awaitFirstByte();

      Acknowledgement proof = proof(new LinkCommand.Revoke(agent.id, "stolen", "mem_1"), agent);

      assertThat(proof.nodes()).extracting(NodeProof::streamsCut).containsExactly(1);
      stream.awaitEnd();
    }
  }

  @Test
  void oneTokenEndsWithItsStreamsAndTheFamilyGoesOn() throws IOException {
    TestAgent agent = fixture.agent();
    Answer identity = agent.bootstrap();
    String leaked = identity.text("access_token");
    Answer renewed = agent.refresh(identity.text("refresh_token"));
    String other = renewed.text("access_token");
    try (var ofLeaked = agent.stream(leaked);
        var ofOther = agent.stream(other)) {
      ofLeaked.awaitFirstByte();
      ofOther.awaitFirstByte();

      Acknowledgement proof =
          proof(
              new LinkCommand.RevokeToken(agent.id, TestAgent.jti(leaked), "it leaked", "mem_1"),
              agent);

      assertThat(proof.isolationId()).isNull();
      assertThat(proof.nodes())
          .singleElement()
          .satisfies(node -> {
            assertThat(node.how()).isEqualTo(How.CUT);
            assertThat(node.streamsCut()).isEqualTo(1);
          });
      ofLeaked.awaitEnd();
      assertThat(agent.message(leaked).status()).isEqualTo(401);
      assertThat(agent.self(leaked).status()).isEqualTo(401);
      assertThat(agent.message(other).status()).isEqualTo(200);
      assertThat(agent.refresh(renewed.text("refresh_token")).status()).isEqualTo(200);
      AuditRecord record =
          fixture.controlPlane.awaitAudit(agent.organization, of(agent, "agent:revoke-token"));
      assertThat(record.plane()).isEqualTo(Plane.LIFECYCLE);
      assertThat(record.actor()).isEqualTo("mem_1");
      assertThat(record.resource()).isEqualTo(TestAgent.jti(leaked));
      assertThat(record.detail()).isEqualTo("it leaked");
    }
  }

  @Test
  void aDecommissionedAgentNeverComesBack() {
    TestAgent agent = fixture.agent();
    Answer identity = agent.bootstrap();

    proof(new LinkCommand.Decommission(agent.id, "retired", "mem_1"), agent);

    assertThat(agent.message(identity.text("access_token")).status()).isEqualTo(401);
    assertThat(agent.refresh(identity.text("refresh_token")).status()).isEqualTo(401);
    long offered = fixture.controlPlane.lastNumber() + 1;
    fixture.offer(agent.organization, agent.id, Duration.ofHours(1));
    fixture.controlPlane.awaitApplied(offered);
    assertThat(fixture.controlPlane.reports)
        .contains(new LinkReport.Rejected(offered, "not-active"));
  }

  private Acknowledgement proof(LinkCommand command, TestAgent agent) {
    return fixture.controlPlane.proof(agent.organization, command);
  }

  private LinkReport.AgentSeen lastSeen(TestAgent agent) {
    return await()
        .atMost(Duration.ofSeconds(5))
        .until(
            () ->
                fixture.controlPlane.reports.reversed().stream()
                    .filter(LinkReport.AgentSeen.class::isInstance)
                    .map(LinkReport.AgentSeen.class::cast)
                    .filter(it -> it.agentId().equals(agent.id))
                    .filter(it -> it.isolations().size() == 1)
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private static Predicate<AuditRecord> of(TestAgent agent, String operation) {
    return record -> agent.id.equals(record.agentId()) && operation.equals(record.operation());
  }
}
