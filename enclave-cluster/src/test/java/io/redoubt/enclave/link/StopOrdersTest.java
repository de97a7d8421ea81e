package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.Nodes;
import io.redoubt.enclave.testing.SlowModel;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * G3: a command that stops an agent is not passed over, whatever it fails with, and holds up
 * nothing that is about others.
 */
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

  /** As long as its actor, its record or its fence cannot be had, and over a restart. */
  @Test
  void anIsolateThatFailsCutsAndIsTriedUntilItIsDoneWhileOthersGoOn() throws Exception {
    Enclave node = start();
    nodes.introduce(organization, model.url());
    TestAgent agent = nodes.agent(organization, node);
    TestAgent other = nodes.agent(organization, node);
    String access = agent.bootstrap().text("access_token");
    refuseIsolationsOf(agent);
    var isolation = IsolationId.next(CLOCK);
    long isolate;
    try (var stream = agent.stream(access)) {
      stream.awaitFirstByte();
      var ended = CompletableFuture.runAsync(stream::awaitEnd);

      isolate = say(new LinkCommand.Isolate(agent.id, isolation, "fire", "mem_1"));

      ended.get(20, TimeUnit.SECONDS);
    }
    long release = say(new LinkCommand.Release(agent.id, Set.of(isolation), "calm", "mem_1"));
    nodes.controlPlane.awaitApplied(
        say(new LinkCommand.PutAgent(other.id, EnclaveFixture.spec(List.of()))));
    assertThat(other.bootstrap().status()).as("others go on").isEqualTo(200);
    awaitSetAside(node, 2);
    AgentToken offered = offer(agent);
    awaitSetAside(node, 3);
    TestAgent offeredTo = agent.with(offered);
    assertThat(offeredTo.through(node).bootstrap().status()).as("it is on its way").isEqualTo(503);
    AgentToken invented = minted(other);
    assertThat(other.with(invented).bootstrap().status()).as("that is not").isEqualTo(401);

    nodes.stop(node);
    node = start();
    long before = refused();
    await().atMost(Duration.ofSeconds(30)).until(() -> refused() >= before + 2);
    assertThat(proofs()).isEmpty();
    awaitSetAside(node, 3);
    run("DROP TRIGGER refuse_isolation ON enclave.audit");

    await().atMost(Duration.ofSeconds(20)).until(() -> proofs().contains(release));
    assertThat(proofs()).as("in their order").containsSubsequence(isolate, release);
    assertThat(nodes.controlPlane.rejection(isolate)).isEmpty();
    awaitSetAside(node, 0);
    TestAgent released = agent.through(node);
    await().atMost(Duration.ofSeconds(10)).until(() -> released.message(access).status() == 200);
    assertThat(offeredTo.through(node).bootstrap().status()).isEqualTo(200);
  }

  private static AgentToken minted(TestAgent agent) {
    return AgentToken.mint(
        AgentToken.Kind.BOOTSTRAP, FamilyHandle.create(agent.organization, agent.id));
  }

  private AgentToken offer(TestAgent agent) {
    AgentToken token = minted(agent);
    var until = CLOCK.instant().plus(Duration.ofHours(1));
    long _ = say(new LinkCommand.OfferBootstrap(agent.id, token.digest(), until));
    return token;
  }

  private Enclave start() {
    return nodes.start("node-1", Map.of("redoubt.enclave.link.attempts", 1), CLOCK);
  }

  private long say(LinkCommand command) {
    return nodes.controlPlane.say(organization, command);
  }

  private List<Long> proofs() {
    return nodes.controlPlane.reports.stream()
        .filter(LinkReport.AgentStopped.class::isInstance)
        .map(it -> ((LinkReport.AgentStopped) it).commandNumber())
        .toList();
  }

  /** Said where people look, and in numbers. */
  private static void awaitSetAside(Enclave node, int count) {
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> {
          Answer ready = Http.get(node.managementUrl().resolve("/ready"));
          assertThat(ready.json().at("/detail/link/set_aside").asInt(-1)).isEqualTo(count);
          assertThat(ready.status()).as("no reason to serve nobody").isEqualTo(200);
          assertThat(Http.get(node.managementUrl().resolve("/metrics")).body())
              .contains("redoubt_link_set_aside " + count + ".0");
        });
  }

  /** Not as if the database were away: the very record of an isolation is refused, each time. */
  private void refuseIsolationsOf(TestAgent agent) {
    run("CREATE SEQUENCE enclave.refused");
    run("GRANT USAGE ON SEQUENCE enclave.refused TO redoubt_enclave");
    run(
        """
        CREATE FUNCTION enclave.refuse_isolation() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.document::text LIKE '%%agent:isolate%%' AND NEW.document::text LIKE '%%%s%%' THEN
            PERFORM nextval('enclave.refused');
            RAISE EXCEPTION 'no isolation may be recorded';
          END IF;
          RETURN NEW;
        END $$
        """
            .formatted(agent.id));
    run(
        "CREATE TRIGGER refuse_isolation BEFORE INSERT ON enclave.audit"
            + " FOR EACH ROW EXECUTE FUNCTION enclave.refuse_isolation()");
  }

  private void run(String sql) {
    int _ = database.inTransactionBlocking(handle -> handle.execute(sql));
  }

  private long refused() {
    return database.inTransactionBlocking(handle ->
        handle.createQuery("SELECT last_value FROM enclave.refused").mapTo(Long.class).one());
  }
}
