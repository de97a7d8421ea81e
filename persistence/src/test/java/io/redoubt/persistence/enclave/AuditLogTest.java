package io.redoubt.persistence.enclave;

import static io.redoubt.persistence.enclave.EnclaveNode.ACME;
import static io.redoubt.persistence.enclave.EnclaveNode.CLOCK;
import static io.redoubt.persistence.enclave.EnclaveNode.GLOBEX;
import static io.redoubt.persistence.enclave.EnclaveNode.NOW;
import static io.redoubt.persistence.enclave.EnclaveNode.agent;
import static io.redoubt.persistence.enclave.EnclaveNode.await;
import static io.redoubt.persistence.enclave.EnclaveNode.intent;
import static io.redoubt.persistence.enclave.EnclaveNode.outcome;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.redoubt.audit.AuditLog.Permit;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AuditId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditLogTest {
  private TemporaryDatabase database;
  private EnclaveNode node;

  @BeforeAll
  void start() {
    database = TemporaryDatabase.create();
    node = EnclaveNode.start(database);
  }

  @AfterAll
  void stop() {
    node.close();
    database.close();
  }

  @Test
  void anIntentUnderTheStandingFenceIsRecorded() {
    var agent = agent(ACME);
    await(node.store.fences().raise(agent, 3));
    var intent = intent(agent);

    var answer = await(node.store.auditLog().permit(intent, 3));

    assertThat(answer).isEqualTo(Permit.RECORDED);
    assertThat(node.halves(ACME, intent.id())).containsExactly("1:-");
  }

  @Test
  void aRecordIsFoundByItsIdInItsOrganizationAndNowhereElse() {
    var agent = agent(ACME);
    await(node.store.fences().raise(agent, 3));
    var intent = intent(agent);
    await(node.store.auditLog().permit(intent, 3));
    await(node.store.auditLog().conclude(outcome(intent)));
    var lookup = node.store.auditLookup();

    assertThat(await(lookup.find(ACME, intent.id()))).contains(intent);
    assertThat(await(lookup.find(GLOBEX, intent.id()))).isEmpty();
    assertThat(await(lookup.find(ACME, AuditId.next(CLOCK)))).isEmpty();
  }

  @Test
  void anIntentUnderAnotherFenceIsNotRecorded() {
    var agent = agent(ACME);
    await(node.store.fences().raise(agent, 3));
    var early = intent(agent);
    var late = intent(agent);

    assertThat(await(node.store.auditLog().permit(early, 2))).isEqualTo(Permit.FENCED);
    assertThat(await(node.store.auditLog().permit(late, 4))).isEqualTo(Permit.FENCED);

    assertThat(node.halves(ACME, early.id())).isEmpty();
    assertThat(node.halves(ACME, late.id())).isEmpty();
  }

  @Test
  void anAgentWithoutFenceIsPermittedNothing() {
    assertThat(await(node.store.auditLog().permit(intent(agent(ACME)), 0)))
        .isEqualTo(Permit.FENCED);
  }

  @Test
  void aFenceOfAnotherOrganizationsAgentDoesNotHelp() {
    var agent = agent(ACME);
    await(node.store.fences().raise(agent, 1));
    var stranger = new io.redoubt.agent.AgentKey(GLOBEX, agent.agent());

    assertThat(await(node.store.auditLog().permit(intent(stranger), 1))).isEqualTo(Permit.FENCED);
  }

  @Test
  void aFenceIsNeverLowered() {
    var agent = agent(ACME);
    await(node.store.fences().raise(agent, 5));
    await(node.store.fences().raise(agent, 4));

    assertThat(await(node.store.auditLog().permit(intent(agent), 4))).isEqualTo(Permit.FENCED);
    assertThat(await(node.store.auditLog().permit(intent(agent), 5))).isEqualTo(Permit.RECORDED);
  }

  @Test
  void theFirstOutcomeStands() {
    var agent = agent(ACME);
    await(node.store.fences().raise(agent, 1));
    var intent = intent(agent);
    await(node.store.auditLog().permit(intent, 1));

    await(node.store.auditLog().conclude(outcome(intent)));
    await(
        node.store
            .auditLog()
            .conclude(
                new io.redoubt.protocol.audit.AuditOutcome(
                    intent.id(),
                    ACME,
                    NOW,
                    new Outcome(Outcome.Status.FAILED, 99, null, "second"))));

    assertThat(node.halves(ACME, intent.id())).containsExactly("1:-", "2:succeeded");
  }

  @Test
  void theSameIntentTwiceIsOneRow() {
    var agent = agent(ACME);
    await(node.store.fences().raise(agent, 1));
    var intent = intent(agent);

    await(node.store.auditLog().permit(intent, 1));
    var again = await(node.store.auditLog().permit(intent, 1));

    assertThat(again).isEqualTo(Permit.RECORDED);
    assertThat(node.halves(ACME, intent.id())).hasSize(1);
  }

  @Test
  void manyCallersOfManyOrganizationsShareBatchesAndEachGetsItsOwnAnswer() {
    var good = agent(ACME);
    var fenced = agent(GLOBEX);
    await(node.store.fences().raise(good, 1));
    await(node.store.fences().raise(fenced, 2));
    var answers = new ArrayList<CompletableFuture<Permit>>();

    IntStream.range(0, 1_000)
        .forEach(i ->
            answers.add(
                node.store
                    .auditLog()
                    .permit(intent(i % 2 == 0 ? good : fenced), 1)
                    .toCompletableFuture()));

    IntStream.range(0, 1_000)
        .forEach(i ->
            assertThat(await(answers.get(i)))
                .isEqualTo(i % 2 == 0 ? Permit.RECORDED : Permit.FENCED));
    assertThat(node.rows(GLOBEX)).isZero();
  }

  @Test
  void aRecordWithoutAgentIsRecorded() {
    var record =
        new AuditBuilder(
                AuditId.next(CLOCK), NOW, ACME, Plane.ADMIN, "provider:put", Verdict.PERMIT)
            .byOperator("mbr_1")
            .outcome(new Outcome(Outcome.Status.SUCCEEDED, 0, null, null))
            .detail("with 'quotes', \\ and \u0000 and ünïcode")
            .build();

    await(node.store.auditLog().record(record));

    assertThat(node.halves(ACME, record.id())).containsExactly("1:succeeded");
  }

  @Test
  void ofTwoRecordsWithOneIdentifierTheFirstStands() {
    var id = AuditId.next(CLOCK);
    for (var status : List.of(Outcome.Status.SUCCEEDED, Outcome.Status.FAILED)) {
      var record =
          new AuditBuilder(id, NOW, ACME, Plane.APPROVAL, "approval:seen", Verdict.PERMIT)
              .byOperator("mbr_1")
              .outcome(new Outcome(status, 0, null, null))
              .build();

      await(node.store.auditLog().recordOnce(record));
    }

    assertThat(node.halves(ACME, id)).containsExactly("1:succeeded");
  }

  @Test
  void anIntentNamesItsAgentAndHasNoOutcome() {
    var record =
        new AuditBuilder(AuditId.next(CLOCK), NOW, ACME, Plane.LLM, "llm:generate", Verdict.PERMIT)
            .build();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> node.store.auditLog().permit(record, 1))
        .withMessageContaining("names its agent");
  }
}
