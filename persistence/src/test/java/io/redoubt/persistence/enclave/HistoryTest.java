package io.redoubt.persistence.enclave;

import static io.redoubt.persistence.enclave.EnclaveNode.ACME;
import static io.redoubt.persistence.enclave.EnclaveNode.GLOBEX;
import static io.redoubt.persistence.enclave.EnclaveNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.action.Act;
import io.redoubt.agent.AgentKey;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an agent did is read back from the audit log. */
class HistoryTest {
  private static final Instant START = Instant.parse("2026-11-20T12:00:00Z");
  private static final AgentId AGENT = new AgentId(new UUID(0x7000, 1L << 63));
  private static final String DIGEST = "00000000000000ff" + "0".repeat(48);

  private TemporaryDatabase database;
  private EnclaveNode node;

  @BeforeEach
  void start() {
    database = TemporaryDatabase.create();
    node = EnclaveNode.start(database);
    await(node.store.fences().raise(new AgentKey(ACME, AGENT), 1));
    await(node.store.fences().raise(new AgentKey(GLOBEX, AGENT), 1));
  }

  @AfterEach
  void stop() {
    node.close();
    database.close();
  }

  private static AuditRecord record(
      OrganizationId organization, int second, String operation, Verdict verdict) {
    return new AuditBuilder(
            AuditId.next(Clock.systemUTC()),
            START.plusSeconds(second),
            organization,
            Plane.LLM,
            operation,
            verdict)
        .agent(AGENT, "ann")
        .byAgent()
        .connector("anthropic")
        .resource("claude")
        .actionDigest(DIGEST)
        .build();
  }

  private static Act act(int second, Verdict verdict) {
    return new Act(START.plusSeconds(second), "llm:generate", "claude", verdict, 255);
  }

  private List<Act> last(int atMost) {
    return await(node.store.history().last(ACME, AGENT, atMost));
  }

  @Test
  void whatWasPermittedAndWhatWasRefusedIsFoundOldestFirst() {
    await(node.store.auditLog().permit(record(ACME, 1, "llm:generate", Verdict.PERMIT), 1));
    await(node.store.auditLog().record(record(ACME, 2, "llm:generate", Verdict.DENY)));
    await(node.store.auditLog().permit(record(ACME, 3, "llm:generate", Verdict.PERMIT), 1));

    assertThat(last(100))
        .containsExactly(act(1, Verdict.PERMIT), act(2, Verdict.DENY), act(3, Verdict.PERMIT));
  }

  @Test
  void ofBothKindsTheNewestAreFoundHoweverManyThereAreOfTheOther() {
    await(node.store.auditLog().permit(record(ACME, 1, "llm:generate", Verdict.PERMIT), 1));
    await(node.store.auditLog().permit(record(ACME, 2, "llm:generate", Verdict.PERMIT), 1));
    for (int second = 3; second < 9; second++) {
      await(node.store.auditLog().record(record(ACME, second, "llm:generate", Verdict.DENY)));
    }

    assertThat(last(2))
        .containsExactly(
            act(1, Verdict.PERMIT),
            act(2, Verdict.PERMIT),
            act(7, Verdict.DENY),
            act(8, Verdict.DENY));
    assertThat(last(1)).containsExactly(act(2, Verdict.PERMIT), act(8, Verdict.DENY));
  }

  @Test
  void aModelThatJudgesARequestIsNoActOfTheAgentsAndTakesNoActsPlace() {
    await(node.store.auditLog().permit(record(ACME, 0, "llm:generate", Verdict.PERMIT), 1));
    for (int i = 0; i < 3; i++) {
      await(node.store.auditLog().permit(judged(), 1));
    }

    assertThat(last(1)).containsExactly(act(0, Verdict.PERMIT));
  }

  private static AuditRecord judged() {
    return new AuditBuilder(
            AuditId.next(Clock.systemUTC()),
            START.plusSeconds(1),
            ACME,
            Plane.APPROVAL,
            "approval:judge",
            Verdict.PERMIT)
        .agent(AGENT, "ann")
        .byModel("model:anthropic/claude")
        .build();
  }

  @Test
  void aRotationIsNoActAndAnotherOrganizationsAgentIsAnother() {
    await(node.store.auditLog().record(record(ACME, 1, "token:rotate", Verdict.PERMIT)));
    await(node.store.auditLog().permit(record(GLOBEX, 2, "llm:generate", Verdict.PERMIT), 1));

    assertThat(last(100)).isEmpty();
  }
}
