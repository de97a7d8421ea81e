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
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.redoubt.link.AuditOutbox;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.singleton.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** G10: contiguous numbers in the log's total order, exactly once. */
class OutboxTest {
  private TemporaryDatabase database;
  private EnclaveNode node;
  private AuditOutbox outbox;

  @BeforeEach
  void start() {
    database = TemporaryDatabase.create();
    node = EnclaveNode.start(database);
    outbox = node.hold(Singleton.AUDIT_FORWARDER).auditOutbox();
  }

  @AfterEach
  void stop() {
    node.close();
    database.close();
  }

  @Test
  void linesGoUpNumberedFromOneWithIntentBeforeOutcome() {
    var intent = permitted(ACME);
    await(node.store.auditLog().conclude(outcome(intent)));

    var batch = onlyBatch(10);

    assertThat(batch.organizationId()).isEqualTo(ACME);
    assertThat(batch.first()).isEqualTo(1);
    assertThat(batch.lines())
        .containsExactly(
            new AuditBatch.Line(intent, null), new AuditBatch.Line(null, outcome(intent)));
  }

  @Test
  void whatIsNotConfirmedIsSentAgainUnderTheSameNumbers() {
    permitted(ACME);
    permitted(ACME);

    assertThat(onlyBatch(10)).isEqualTo(onlyBatch(10));
  }

  @Test
  void aPartlyConfirmedBatchContinuesWhereItWas() {
    var all = List.of(permitted(ACME), permitted(ACME), permitted(ACME));
    onlyBatch(10);

    await(outbox.confirmed(ACME, 2));

    var rest = onlyBatch(10);
    assertThat(rest.first()).isEqualTo(3);
    assertThat(rest.lines()).containsExactly(new AuditBatch.Line(all.get(2), null));
  }

  @Test
  void aConfirmationMayBeRepeatedAndNeverGoesBack() {
    permitted(ACME);
    permitted(ACME);

    await(outbox.confirmed(ACME, 2));
    await(outbox.confirmed(ACME, 2));
    await(outbox.confirmed(ACME, 1));

    assertThat(next(outbox, 10)).isEmpty();
  }

  @Test
  void aConfirmationOfWhatWasNeverWrittenIsAnError() {
    permitted(ACME);

    assertThatIllegalStateException()
        .isThrownBy(() -> await(outbox.confirmed(ACME, 7)))
        .withMessageContaining("older database");
  }

  @Test
  void eachOrganizationIsNumberedByItself() {
    permitted(ACME);
    permitted(GLOBEX);
    permitted(GLOBEX);

    var batches = next(outbox, 10);

    assertThat(batches).hasSize(2).allMatch(batch -> batch.first() == 1);
    assertThat(batches)
        .filteredOn(batch -> batch.organizationId().equals(GLOBEX))
        .singleElement()
        .satisfies(batch -> assertThat(batch.lines()).hasSize(2));
  }

  @Test
  void aBusyOrganizationDoesNotKeepAnotherWaiting() {
    for (int i = 0; i < 20; i++) {
      permitted(ACME);
    }
    permitted(GLOBEX);
    var seen = new HashSet<OrganizationId>();

    for (int i = 0; i < 2; i++) {
      next(outbox, 5).forEach(b -> seen.add(b.organizationId()));
    }

    assertThat(seen).containsExactlyInAnyOrder(ACME, GLOBEX);
  }

  /** Otherwise the control plane would refuse it, again and again. */
  @Test
  void whatIsTooMuchForOneBatchGoesInSeveral() {
    var policies = IntStream.range(0, 1_000).mapToObj(i -> "€".repeat(30) + i).toList();
    for (int i = 0; i < 60; i++) {
      var agent = agent(ACME);
      await(
          node.store
              .auditLog()
              .record(
                  new AuditBuilder(
                          AuditId.next(CLOCK), NOW, ACME, Plane.TOOL, "tool:call", Verdict.DENY)
                      .agent(agent.agent(), "mbr_owner")
                      .byAgent()
                      .policies(policies, 1)
                      .outcome(new Outcome(Outcome.Status.REFUSED, 0, null, "policy_denied"))
                      .build()));
    }

    var first = onlyBatch(500);
    assertThat(Json.write(first).length).isLessThan(5 << 20);
    await(outbox.confirmed(ACME, first.lines().size()));

    var second = onlyBatch(500);
    assertThat(second.first()).isEqualTo(first.lines().size() + 1);
    assertThat(first.lines().size() + second.lines().size()).isEqualTo(60);
  }

  @Test
  void aLineWaitsForTransactionsThatBeganBeforeIt() throws Exception {
    try (var idle =
        DriverManager.getConnection(
            database.url(),
            DatabaseRole.ENCLAVE.user(),
            database.password(DatabaseRole.ENCLAVE).reveal())) {
      idle.setAutoCommit(false);
      idle.createStatement().execute("SELECT pg_current_xact_id()");
      permitted(ACME);

      assertThat(next(outbox, 10)).isEmpty();

      idle.rollback();
    }
    assertThat(next(outbox, 10)).hasSize(1);
  }

  /**
   * Two nodes write, a third reads and crashes after each second batch; nothing is lost or doubled.
   */
  @Test
  @Timeout(120)
  void underLoadEveryLineArrivesExactlyOnceInOrder() throws Exception {
    var written = java.util.concurrent.ConcurrentHashMap.<String>newKeySet();
    var received = new ArrayList<AuditBatch.Line>();
    try (var second = EnclaveNode.start(database, "node-2");
        var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 16; i++) {
        var writer = i % 2 == 0 ? node : second;
        var agent = agent(ACME);
        await(writer.store.fences().raise(agent, 1));
        var _ =
            threads.submit(() -> {
              for (int n = 0; n < 100; n++) {
                var intent = intent(agent);
                await(writer.store.auditLog().permit(intent, 1));
                written.add("1" + intent.id());
                await(writer.store.auditLog().conclude(outcome(intent)));
                written.add("2" + intent.id());
              }
            });
      }
      threads.shutdown();
      boolean confirm = true;
      while (true) {
        boolean writtenAll = threads.isTerminated();
        var batches = next(outbox, 200);
        if (batches.isEmpty() && writtenAll) {
          break;
        }
        for (var batch : batches) {
          assertThat(batch.first()).isEqualTo(received.size() + 1);
          // Every other time it "crashes" before the confirmation.
          if (confirm) {
            received.addAll(batch.lines());
            await(outbox.confirmed(ACME, received.size()));
          }
          confirm = !confirm;
        }
      }
    }

    var names = received.stream().map(OutboxTest::name).toList();
    assertThat(names).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(written);
    assertThat(names).hasSize(3_200);
  }

  @Test
  void anotherSystemIdentifierBeginsANewEpochThatSortsAfterTheOld() {
    permitted(ACME);
    restoreElsewhere();
    try (var restored = EnclaveNode.start(database)) {
      var agent = agent(ACME);
      await(restored.store.fences().raise(agent, 1));
      var after = intent(agent);
      await(restored.store.auditLog().permit(after, 1));

      var batch = next(restored.hold(Singleton.AUDIT_FORWARDER).auditOutbox(), 10).getFirst();

      // The old incarnation's intent got its outcome, which is new as well.
      assertThat(batch.lines()).hasSize(3);
      assertThat(batch.lines().getLast()).isEqualTo(new AuditBatch.Line(after, null));
    }
  }

  /** As if the rows had been restored into a server with another identity and a later history. */
  private void restoreElsewhere() {
    try (var owner =
            DriverManager.getConnection(
                database.url(),
                DatabaseRole.MIGRATOR.user(),
                database.password(DatabaseRole.MIGRATOR).reveal());
        var statement = owner.createStatement()) {
      statement.execute("UPDATE enclave.audit_epoch SET system_identifier = 42");
      statement.execute("ALTER TABLE enclave.audit DISABLE TRIGGER append_only");
      statement.execute("UPDATE enclave.audit SET txid = '9000000000'");
      statement.execute("ALTER TABLE enclave.audit ENABLE ALWAYS TRIGGER append_only");
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private AuditRecord permitted(OrganizationId organization) {
    var agent = agent(organization);
    await(node.store.fences().raise(agent, 1));
    var intent = intent(agent);
    await(node.store.auditLog().permit(intent, 1));
    return intent;
  }

  /** As the control plane reads them, once they have crossed the wire. */
  private static List<AuditBatch> next(AuditOutbox from, int maxLines) {
    return await(from.next(maxLines)).stream().map(Json::write).map(OutboxTest::read).toList();
  }

  private static AuditBatch read(byte[] wire) {
    try {
      return Json.LENIENT.readValue(wire, AuditBatch.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private AuditBatch onlyBatch(int maxLines) {
    var batches = next(outbox, maxLines);
    assertThat(batches).hasSize(1);
    return batches.getFirst();
  }

  private static String name(AuditBatch.Line line) {
    var record = line.record();
    var outcome = line.outcome();
    return record != null ? "1" + record.id() : "2" + (outcome == null ? "" : outcome.id());
  }
}
