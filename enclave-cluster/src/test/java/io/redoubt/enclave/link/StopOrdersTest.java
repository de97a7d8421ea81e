package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.testing.Nodes;
import io.redoubt.enclave.testing.SlowModel;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** G3: a command that stops an agent is not passed over, whatever it fails with. */
class StopOrdersTest {
  private static final Clock CLOCK = Clock.systemUTC();

  private final Nodes nodes = new Nodes();
  private final SlowModel model = new SlowModel();
  private final OrganizationId organization = OrganizationId.next(CLOCK);
  private final Database database =
      Database.open(nodes.database.config(DatabaseRole.MIGRATOR, 1), new SimpleMeterRegistry());

  @AfterEach
  void stop() {
    nodes.close();
    model.close();
    database.close();
  }

  @Test
  void anIsolateThatFailsCutsAndIsTriedUntilItIsDone() throws Exception {
    Enclave node = nodes.start("node-1", Map.of("redoubt.enclave.link.attempts", 1), CLOCK);
    nodes.introduce(organization, model.url());
    TestAgent agent = nodes.agent(organization, node);
    String access = agent.bootstrap().text("access_token");
    // Not as if the database were away: the very record of an isolation is refused, each time.
    run("CREATE SEQUENCE enclave.refused");
    run("GRANT USAGE ON SEQUENCE enclave.refused TO redoubt_enclave");
    run(
        """
        CREATE FUNCTION enclave.refuse_isolation() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.document::text LIKE '%agent:isolate%' THEN
            PERFORM nextval('enclave.refused');
            RAISE EXCEPTION 'no isolation may be recorded';
          END IF;
          RETURN NEW;
        END $$
        """);
    run(
        "CREATE TRIGGER refuse_isolation BEFORE INSERT ON enclave.audit"
            + " FOR EACH ROW EXECUTE FUNCTION enclave.refuse_isolation()");
    long isolate;
    try (var stream = agent.stream(access)) {
      stream.awaitFirstByte();
      var ended = CompletableFuture.runAsync(stream::awaitEnd);

      isolate =
          nodes.controlPlane.say(
              organization,
              new LinkCommand.Isolate(agent.id, IsolationId.next(CLOCK), "fire", "mem_1"));

      ended.get(20, TimeUnit.SECONDS);
    }
    await().atMost(Duration.ofSeconds(30)).until(() -> refused() >= 4);
    run("DROP TRIGGER refuse_isolation ON enclave.audit");

    nodes.controlPlane.awaitApplied(isolate);
    assertThat(nodes.controlPlane.rejection(isolate)).isEmpty();
    assertThat(agent.message(access).status()).isEqualTo(403);
  }

  private void run(String sql) {
    int _ = database.inTransactionBlocking(handle -> handle.execute(sql));
  }

  private long refused() {
    return database.inTransactionBlocking(handle ->
        handle.createQuery("SELECT last_value FROM enclave.refused").mapTo(Long.class).one());
  }
}
