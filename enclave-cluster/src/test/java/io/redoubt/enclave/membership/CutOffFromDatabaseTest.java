package io.redoubt.enclave.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.Nodes;
import io.redoubt.enclave.testing.SlowModel;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Acknowledgement;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.testing.line.Line;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every member loses the database, and a newcomer does not: there are never two clusters. */
class CutOffFromDatabaseTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final String STALE_AFTER = "redoubt.enclave.cluster.forming.stale-after";

  private final Nodes nodes = new Nodes();
  private final SlowModel model = new SlowModel();
  private final OrganizationId organization = OrganizationId.next(CLOCK);
  private final Line line = new Line(URI.create(nodes.database.url().substring(5)).getPort());

  @AfterEach
  void stop() throws Exception {
    line.passage().mend();
    nodes.close();
    model.close();
    line.close();
  }

  /** Who reaches the member would be let in by it, and could do nothing without it. */
  @Test
  void whoIsCutOffHasStoppedBeforeAnotherClusterBegins() throws Exception {
    Enclave member =
        nodes.start(
            "node-1",
            Map.of(
                "redoubt.enclave.database.url",
                nodes.database.url().replaceFirst(":\\d+/", ":" + line.port() + "/"),
                STALE_AFTER,
                "4 s"),
            CLOCK);
    nodes.introduce(organization, model.url());
    TestAgent agent = nodes.agent(organization, member);
    String access = agent.bootstrap().text("access_token");
    try (var stream = agent.stream(access)) {
      assertThat(stream.status()).isEqualTo(200);
      stream.awaitFirstByte();
      var ended = CompletableFuture.runAsync(stream::awaitEnd);

      line.passage().cut();
      awaitUnheard();
      Enclave newcomer = nodes.start("node-2", Map.of(STALE_AFTER, "3 s"), CLOCK);

      assertThat(ended).as("the stream of the cluster before").isDone();
      assertThat(agent.self(access).status()).as("the node of before").isEqualTo(503);
      // What the new cluster says about who has stopped is the whole truth (G3).
      awaitReady(newcomer);
      Acknowledgement proof =
          nodes.controlPlane.proof(
              organization,
              new LinkCommand.Isolate(agent.id, IsolationId.next(CLOCK), "fire", "mem_1"));
      assertThat(proof.nodes())
          .extracting(Acknowledgement.NodeProof::node)
          .containsExactly("node-2");
    }
    line.passage().mend();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> member.whenTerminated().toCompletableFuture().isDone());
  }

  /** As while PostgreSQL is replaced: shorter than that a node waits, and goes on. */
  @Test
  void whoIsCutOffForAMomentGoesOn() throws Exception {
    Enclave member =
        nodes.start(
            "node-1",
            Map.of(
                "redoubt.enclave.database.url",
                nodes.database.url().replaceFirst(":\\d+/", ":" + line.port() + "/")),
            CLOCK);
    nodes.introduce(organization, model.url());
    TestAgent agent = nodes.agent(organization, member);
    String access = agent.bootstrap().text("access_token");
    try (var stream = agent.stream(access)) {
      stream.awaitFirstByte();
      line.passage().cut();
      await().atMost(Duration.ofSeconds(10)).until(() -> agent.message(access).status() == 503);
      assertThat(agent.self(access + "x").status()).as("tokens are verified").isEqualTo(401);
      line.passage().mend();
      await().atMost(Duration.ofSeconds(20)).until(() -> agent.message(access).status() == 200);

      stream.awaitFirstByte();
    }
  }

  private void awaitUnheard() {
    try (var database =
        Database.open(nodes.database.config(DatabaseRole.ENCLAVE, 1), new SimpleMeterRegistry())) {
      var table = new MemberTable(database);
      await("the database has not heard the member for a while")
          .atMost(Duration.ofSeconds(10))
          .until(() -> table.rows().stream().noneMatch(MemberRow::isHeard));
    }
  }

  private static void awaitReady(Enclave node) {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Http.get(node.managementUrl().resolve("/ready")).status() == 200);
  }
}
