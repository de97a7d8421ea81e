package io.redoubt.persistence.enclave;

import static io.redoubt.persistence.enclave.EnclaveNode.ACME;
import static io.redoubt.persistence.enclave.EnclaveNode.GLOBEX;
import static io.redoubt.persistence.enclave.EnclaveNode.agent;
import static io.redoubt.persistence.enclave.EnclaveNode.await;
import static io.redoubt.persistence.enclave.EnclaveNode.intent;
import static io.redoubt.persistence.enclave.EnclaveNode.outcome;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.agent.AgentKey;
import io.redoubt.audit.AuditLog.Permit;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.DatabaseConfig;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.persistence.postgres.DatabaseUnavailableException;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.id.OrganizationId;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** G4: every intent gets an outcome, whatever breaks in between; nothing is permitted in doubt. */
@Timeout(120)
class CrashTest {
  private TemporaryDatabase database;

  @BeforeEach
  void start() {
    database = TemporaryDatabase.create();
  }

  @AfterEach
  void stop() {
    database.close();
  }

  @Test
  void theNextStartOfANodeEndsWhatItsLastOneLeftOpen() {
    var dead = EnclaveNode.start(database);
    var open = permitted(dead, ACME);
    var foreign = permitted(dead, GLOBEX);
    var settled = permitted(dead, ACME);
    await(dead.store.auditLog().conclude(outcome(settled)));

    try (var node = EnclaveNode.start(database)) {
      assertThat(node.halves(ACME, open.id())).containsExactly("1:-", "2:unknown");
      assertThat(node.halves(GLOBEX, foreign.id())).containsExactly("1:-", "2:unknown");
      assertThat(node.halves(ACME, settled.id())).containsExactly("1:-", "2:succeeded");
    }
    dead.close();
  }

  @Test
  void aNodeThatWasTakenForDeadIsPermittedNothingMore() {
    try (var zombie = EnclaveNode.start(database, "node-1");
        var node = EnclaveNode.start(database, "node-2")) {
      var agent = agent(ACME);
      await(node.store.fences().raise(agent, 1));
      var before = intent(agent);
      await(zombie.store.auditLog().permit(before, 1));

      int ended = await(node.store.departed(zombie.store.incarnation()));

      assertThat(ended).isEqualTo(1);
      assertThat(node.halves(ACME, before.id())).containsExactly("1:-", "2:unknown");
      assertThat(await(zombie.store.auditLog().permit(intent(agent), 1))).isEqualTo(Permit.FENCED);
      assertThat(await(node.store.auditLog().permit(intent(agent), 1))).isEqualTo(Permit.RECORDED);
    }
  }

  @Test
  void aNodeDoesNotDeclareItselfDead() {
    try (var node = EnclaveNode.start(database)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> node.store.departed(node.store.incarnation()));
    }
  }

  @Test
  void otherNodesOpenIntentsAreLeftAlone() {
    try (var busy = EnclaveNode.start(database, "node-1")) {
      var open = permitted(busy, ACME);
      try (var node = EnclaveNode.start(database, "node-2")) {
        assertThat(node.halves(ACME, open.id())).containsExactly("1:-");
      }
    }
  }

  @Test
  void anAnswerThatGotLostIsFoundOutByAskingAgain() throws IOException {
    try (var line = new LossyLine(port());
        var node = start(line)) {
      var first = permitted(node, ACME);
      var second = intent(fenced(node, ACME));
      line.loseAnswers(1);

      assertThat(await(node.store.auditLog().permit(second, 1))).isEqualTo(Permit.RECORDED);

      assertThat(node.halves(ACME, first.id())).containsExactly("1:-");
      assertThat(node.halves(ACME, second.id())).containsExactly("1:-");
    }
  }

  @Test
  void anIntentInDoubtPermitsNothingAndIsEndedLater() throws IOException {
    try (var line = new LossyLine(port());
        var node = start(line)) {
      permitted(node, ACME);
      var intent = intent(fenced(node, ACME));
      // That of the first attempt, and the greeting of the second.
      line.loseAnswers(2);

      assertThatThrownBy(() -> await(node.store.auditLog().permit(intent, 1)))
          .isInstanceOf(DatabaseUnavailableException.class);

      assertThat(node.halves(ACME, intent.id())).containsExactly("1:-");
      settle(node);
      assertThat(node.halves(ACME, intent.id())).containsExactly("1:-", "2:refused");
    }
  }

  @Test
  void anOutcomeThatCouldNotBeWrittenIsWrittenLater() throws IOException {
    try (var line = new LossyLine(port());
        var node = start(line)) {
      var intent = permitted(node, ACME);
      line.refuse(true);
      assertThatThrownBy(() -> await(node.store.auditLog().conclude(outcome(intent))))
          .isInstanceOf(DatabaseUnavailableException.class);

      line.refuse(false);
      settle(node);

      assertThat(node.halves(ACME, intent.id())).containsExactly("1:-", "2:succeeded");
    }
  }

  @Test
  void whileTheDatabaseIsAwayEverythingFailsFastAndAfterwardsNothingNeedsARestart()
      throws IOException {
    try (var line = new LossyLine(port());
        var node = start(line)) {
      var agent = fenced(node, ACME);
      line.refuse(true);

      long began = System.nanoTime();
      for (int i = 0; i < 50; i++) {
        assertThatThrownBy(() -> await(node.store.auditLog().permit(intent(agent), 1)))
            .isInstanceOf(DatabaseUnavailableException.class);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));

      line.refuse(false);
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .ignoreExceptions()
          .until(() -> await(node.store.auditLog().permit(intent(agent), 1)) == Permit.RECORDED);
    }
  }

  @Test
  void aSessionThatTheServerEndsCostsNoCallerAnything() {
    try (var node = EnclaveNode.start(database)) {
      var agent = fenced(node, ACME);
      permitted(node, ACME);
      node.database.inTransactionBlocking(handle ->
          handle
              .createQuery(
                  "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                      + " WHERE application_name = 'redoubt-audit'"
                      + " AND datname = current_database()")
              .mapTo(Integer.class)
              .one());

      assertThat(await(node.store.auditLog().permit(intent(agent), 1))).isEqualTo(Permit.RECORDED);
    }
  }

  @Test
  void tooManyOpenIntentsAreRefused() {
    try (var node =
        EnclaveNode.start(
            database.config(DatabaseRole.ENCLAVE, 2), "node-1", "audit.open-intents = 2")) {
      var agent = fenced(node, ACME);
      var one = intent(agent);
      await(node.store.auditLog().permit(one, 1));
      await(node.store.auditLog().permit(intent(agent), 1));

      assertThatThrownBy(() -> await(node.store.auditLog().permit(intent(agent), 1)))
          .isInstanceOf(DatabaseUnavailableException.class);

      await(node.store.auditLog().conclude(outcome(one)));
      assertThat(await(node.store.auditLog().permit(intent(agent), 1))).isEqualTo(Permit.RECORDED);
    }
  }

  @Test
  void theFloorRisesAndNeverAboveAnOpenIntent() {
    var dead = EnclaveNode.start(database);
    var early = permitted(dead, ACME);
    for (int i = 0; i < 10; i++) {
      await(dead.store.auditLog().conclude(outcome(permitted(dead, ACME))));
      dead.store.settleNow();
    }
    long stuck = floor(dead);
    var late = permitted(dead, ACME);
    await(dead.store.auditLog().conclude(outcome(early)));
    dead.store.settleNow();
    assertThat(floor(dead)).isGreaterThan(stuck);

    try (var node = EnclaveNode.start(database)) {
      assertThat(node.halves(ACME, early.id())).containsExactly("1:-", "2:succeeded");
      assertThat(node.halves(ACME, late.id())).containsExactly("1:-", "2:unknown");
    }
    dead.close();
  }

  private static long floor(EnclaveNode node) {
    return node.database.inTransactionBlocking(handle ->
        handle
            .createQuery("SELECT floor::text::bigint FROM enclave.incarnation WHERE id = :id")
            .bind("id", node.store.incarnation())
            .mapTo(Long.class)
            .one());
  }

  /** Until the housekeeping that runs by itself has had its turn. */
  private static void settle(EnclaveNode node) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .ignoreExceptions()
        .until(() -> {
          node.store.settleNow();
          return true;
        });
  }

  private static AgentKey fenced(EnclaveNode node, OrganizationId organization) {
    var agent = agent(organization);
    await(node.store.fences().raise(agent, 1));
    return agent;
  }

  private static AuditRecord permitted(EnclaveNode node, OrganizationId organization) {
    var intent = intent(fenced(node, organization));
    assertThat(await(node.store.auditLog().permit(intent, 1))).isEqualTo(Permit.RECORDED);
    return intent;
  }

  private EnclaveNode start(LossyLine line) {
    var direct = database.config(DatabaseRole.ENCLAVE, 4);
    return EnclaveNode.start(
        new DatabaseConfig(
            direct.url().replace(":" + port() + "/", ":" + line.port() + "/"),
            direct.user(),
            direct.password(),
            4,
            direct.connectionTimeout()),
        "node-1",
        "audit.writers = 1, write-timeout = 2s, refresh-interval = 1h, certainty = 0s");
  }

  private int port() {
    return URI.create(database.url().substring("jdbc:".length())).getPort();
  }
}
