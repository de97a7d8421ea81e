package io.redoubt.enclave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.enclave.testing.Nodes;
import io.redoubt.enclave.testing.SlowModel;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.id.OrganizationId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * G4 by what is in the database, not by what anybody's clock says: the intent is inserted, its
 * commit is held up, and until that is through nothing goes out.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DurableIntentTest {
  private static final int GATE = 7_311;

  private final Nodes nodes = new Nodes();
  private final SlowModel model = new SlowModel();
  private final OrganizationId organization = OrganizationId.next(Clock.systemUTC());
  private final Database database =
      Database.open(nodes.database.config(DatabaseRole.MIGRATOR, 2), new SimpleMeterRegistry());

  @BeforeAll
  void holdCommitsUp() {
    run(
        """
        CREATE FUNCTION enclave.pass_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.awaits_outcome THEN
            PERFORM pg_advisory_xact_lock_shared(%d, 0);
          END IF;
          RETURN NULL;
        END $$
        """
            .formatted(GATE));
    // Deferred: it runs when the transaction commits, after the insert has been answered.
    run(
        "CREATE CONSTRAINT TRIGGER pass_the_gate AFTER INSERT ON enclave.audit"
            + " DEFERRABLE INITIALLY DEFERRED"
            + " FOR EACH ROW EXECUTE FUNCTION enclave.pass_the_gate()");
  }

  @AfterAll
  void stop() {
    nodes.close();
    model.close();
    database.close();
  }

  @Test
  void theUpstreamSeesNothingBeforeTheIntentIsCommitted() throws Exception {
    TestAgent agent = ready();
    String access = agent.bootstrap().text("access_token");
    // Nobody acts before the control plane is heard to have said everything, at its next heartbeat.
    await("the agent may act")
        .atMost(Duration.ofSeconds(10))
        .until(() -> agent.message(access).status() == 200);

    heldUp(() -> agent.message(access).status(), 200);
    heldUp(
        () -> {
          try (var stream = agent.stream(access)) {
            stream.awaitFirstByte();
            return stream.status();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        200);
  }

  private void heldUp(Supplier<Integer> call, int status) throws Exception {
    int before = model.requests.get();
    long intents = intents();
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    try (Connection gate =
        Database.dedicated(nodes.database.config(DatabaseRole.MIGRATOR, 1), "gate", 30)) {
      execute(gate, "SELECT pg_advisory_lock(" + GATE + ", 0)");
      var _ = answer.completeAsync(call);
      await("the intent waits for its commit")
          .atMost(Duration.ofSeconds(10))
          .pollInterval(Duration.ofMillis(10))
          .until(this::somebodyWaits);
      await("nothing happens")
          .during(Duration.ofMillis(500))
          .atMost(Duration.ofSeconds(2))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> model.requests.get() == before && !answer.isDone());
      assertThat(intents()).as("not durable yet").isEqualTo(intents);
      execute(gate, "SELECT pg_advisory_unlock(" + GATE + ", 0)");
    }

    assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(status);
    assertThat(model.requests.get()).isEqualTo(before + 1);
    assertThat(intents()).isGreaterThan(intents);
  }

  private TestAgent ready() {
    Enclave node = nodes.start("node-1");
    nodes.introduce(organization, model.url());
    return nodes.agent(organization, node);
  }

  private boolean somebodyWaits() {
    return count("SELECT count(*) FROM pg_locks WHERE classid = " + GATE + " AND NOT granted") > 0;
  }

  private long intents() {
    return count("SELECT count(*) FROM enclave.audit WHERE awaits_outcome");
  }

  private long count(String sql) {
    return database.inTransactionBlocking(
        handle -> handle.createQuery(sql).mapTo(Long.class).one());
  }

  private void run(String sql) {
    int _ = database.inTransactionBlocking(handle -> handle.execute(sql));
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
