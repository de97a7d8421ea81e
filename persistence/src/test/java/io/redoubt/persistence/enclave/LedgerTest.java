package io.redoubt.persistence.enclave;

import static io.redoubt.persistence.enclave.EnclaveNode.ACME;
import static io.redoubt.persistence.enclave.EnclaveNode.CLOCK;
import static io.redoubt.persistence.enclave.EnclaveNode.GLOBEX;
import static io.redoubt.persistence.enclave.EnclaveNode.NOW;
import static io.redoubt.persistence.enclave.EnclaveNode.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.agent.AgentKey;
import io.redoubt.audit.AuditLog.Permit;
import io.redoubt.budget.Books;
import io.redoubt.budget.Ledger.Entry;
import io.redoubt.budget.Tally;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Spending;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an agent has spent is found in the log, all of it, whoever died in between (G4). */
class LedgerTest {
  private static final AgentId AGENT = new AgentId(new UUID(0x7000, 1L << 63));
  private static final LocalDate DAY = LocalDate.ofInstant(NOW, ZoneOffset.UTC);

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

  private static Reserved reserved(long number) {
    return new Reserved(number, DAY, 100, 1_000);
  }

  private Permit permit(
      EnclaveNode at, OrganizationId organization, ActionId action, long fence, long number) {
    return await(at.store.auditLog().permit(intent(organization, action, number), fence));
  }

  private static AuditRecord intent(OrganizationId organization, ActionId action, long number) {
    return new AuditBuilder(
            action.auditId(), NOW, organization, Plane.LLM, "llm:generate", Verdict.PERMIT)
        .agent(AGENT, "ann")
        .byAgent()
        .reserved(number == 0 ? null : reserved(number))
        .build();
  }

  private ActionId permitted(long number) {
    var action = ActionId.next(CLOCK);
    assertThat(permit(node, ACME, action, 1, number)).isEqualTo(Permit.RECORDED);
    return action;
  }

  private void conclude(ActionId action, Outcome.Status how, @Nullable Spend charged) {
    await(
        node.store
            .auditLog()
            .conclude(
                new AuditOutcome(
                    action.auditId(), ACME, NOW, new Outcome(how, 1, null, null, charged))));
  }

  private List<Entry> read(long above, ActionId... actions) {
    return await(node.store.ledger().read(ACME, AGENT, above, List.of(actions)));
  }

  @Test
  void everyReservationIsFoundWithWhatBecameOfIt() {
    var open = permitted(1);
    var used = permitted(2);
    conclude(used, Outcome.Status.SUCCEEDED, new Spend(30, 70));
    var refused = permitted(3);
    conclude(refused, Outcome.Status.REFUSED, null);
    permitted(0);

    assertThat(read(0))
        .containsExactly(
            new Entry(open, reserved(1), null),
            new Entry(used, reserved(2), new Spend(30, 70)),
            new Entry(refused, reserved(3), Spend.ZERO));
    assertThat(read(2)).extracting(Entry::action).containsExactly(refused);
    assertThat(read(2, open)).extracting(Entry::action).containsExactly(open, refused);
    assertThat(read(Long.MAX_VALUE, used, ActionId.next(CLOCK)))
        .containsExactly(new Entry(used, reserved(2), new Spend(30, 70)));
  }

  @Test
  void whatADeadNodeLeftOpenIsChargedInFullExactlyOnce() {
    var dead = EnclaveNode.start(database, "node-2");
    var lost = ActionId.next(CLOCK);
    permit(dead, ACME, lost, 1, 1);
    assertThat(read(0)).containsExactly(new Entry(lost, reserved(1), null));

    await(node.store.departed(dead.store.incarnation()));
    await(node.store.departed(dead.store.incarnation()));

    var entries = read(0);
    assertThat(entries).containsExactly(new Entry(lost, reserved(1), reserved(1).spend()));
    assertThat(Books.of(Tally.NOTHING, entries, NOW).spending(NOW))
        .isEqualTo(
            new Spending(
                DAY, new Spend(100, 1_000), Spend.ZERO, new Spend(100, 1_000), Spend.ZERO));
    dead.close();
  }

  @Test
  void behindARaisedFenceNothingIsAddedAnyMore() {
    permitted(1);
    await(node.store.fences().raise(new AgentKey(ACME, AGENT), 2));

    assertThat(permit(node, ACME, ActionId.next(CLOCK), 1, 2)).isEqualTo(Permit.FENCED);

    assertThat(read(0)).hasSize(1);
  }

  /** Whatever was acknowledged under a fence before it rose is seen by who reads after it rose. */
  @Test
  void whoReadsBehindTheFenceSeesAllThatWasPermittedBefore() {
    var key = new AgentKey(ACME, AGENT);
    var writing = new ArrayList<CompletableFuture<Permit>>();
    for (int number = 1; number <= 300; number++) {
      writing.add(
          node.store
              .auditLog()
              .permit(intent(ACME, ActionId.next(CLOCK), number), 1)
              .toCompletableFuture());
    }

    await(node.store.fences().raise(key, 2));
    var seen = read(0).size();
    long acknowledged = writing.stream().filter(each -> each.join() == Permit.RECORDED).count();

    assertThat(seen).isEqualTo(acknowledged);
  }

  @Test
  void anotherOrganizationsReservationsAreNotSeen() {
    var foreign = ActionId.next(CLOCK);
    permit(node, GLOBEX, foreign, 1, 1);

    assertThat(read(0)).isEmpty();
    assertThat(read(0, foreign)).isEmpty();
  }

  @Test
  void moreThanAreReadAtOnceAreRead() {
    var all = new ArrayList<CompletableFuture<Permit>>();
    for (int number = 1; number <= 1_203; number++) {
      all.add(
          node.store
              .auditLog()
              .permit(intent(ACME, ActionId.next(CLOCK), number), 1)
              .toCompletableFuture());
    }
    all.forEach(CompletableFuture::join);

    assertThat(read(3)).hasSize(1_200);
  }

  @Test
  void aNumberIsUsedOnce() {
    permitted(1);

    assertThatThrownBy(() -> permit(node, ACME, ActionId.next(CLOCK), 1, 1))
        .isInstanceOf(IllegalArgumentException.class);

    assertThat(read(0)).hasSize(1);
  }

  @Test
  void theSameIntentTwiceIsOne() {
    var action = permitted(1);

    assertThat(permit(node, ACME, action, 1, 1)).isEqualTo(Permit.RECORDED);

    assertThat(read(0)).hasSize(1);
  }
}
