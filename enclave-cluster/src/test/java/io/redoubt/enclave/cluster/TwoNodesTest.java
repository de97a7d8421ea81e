package io.redoubt.enclave.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.Nodes;
import io.redoubt.enclave.testing.SlowModel;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Acknowledgement;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.singleton.Singleton;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What one node is told, the other one knows: they are one enclave. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TwoNodesTest {
  private static final Clock CLOCK = Clock.systemUTC();

  private final Nodes nodes = new Nodes();
  private final SlowModel model = new SlowModel();
  private final OrganizationId organization = OrganizationId.next(CLOCK);
  private Enclave first = nodes.start("node-1");
  private Enclave second = nodes.start("node-2");

  @BeforeAll
  void introduce() {
    nodes.introduce(organization, model.url());
    Stream.of(first, second).forEach(TwoNodesTest::awaitReady);
    TestAgent agent = nodes.agent(organization, second);
    String access = agent.bootstrap().text("access_token");
    await().atMost(Duration.ofSeconds(3)).until(() -> agent.message(access).status() == 200);
  }

  @AfterAll
  void stop() {
    nodes.close();
    model.close();
  }

  @Test
  void aTokenOfOneNodeIsHonouredByTheOther() {
    TestAgent here = nodes.agent(organization, first);
    TestAgent there = here.through(second);
    Answer identity = here.bootstrap();

    assertThat(there.self(identity.text("access_token")).status()).isEqualTo(200);
    assertThat(there.message(identity.text("access_token")).status()).isEqualTo(200);
    Answer rotated = there.refresh(identity.text("refresh_token"));
    assertThat(rotated.status()).isEqualTo(200);
    assertThat(here.message(rotated.text("access_token")).status()).isEqualTo(200);
  }

  @Test
  void aFamilyThatEndsAtOneNodeEndsAtTheOtherWithinASecond() {
    TestAgent here = nodes.agent(organization, first);
    TestAgent there = here.through(second);
    Answer identity = here.bootstrap();
    Answer rotated = here.refresh(identity.text("refresh_token"));
    assertThat(there.self(rotated.text("access_token")).status()).isEqualTo(200);

    assertThat(here.refresh(identity.text("refresh_token")).status()).isEqualTo(409);

    await()
        .atMost(Duration.ofSeconds(1))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> there.self(rotated.text("access_token")).status() == 401);
  }

  @Test
  void aTokenThatIsEndedAtOneNodeIsRefusedAtTheOtherOnceThatIsSaid() {
    TestAgent here = nodes.agent(organization, first);
    TestAgent there = here.through(second);
    Answer identity = here.bootstrap();
    String leaked = identity.text("access_token");
    assertThat(there.message(leaked).status()).isEqualTo(200);

    long asked = System.nanoTime();
    Answer ended =
        Http.post(
            first.agentUrl().resolve("/v1/operator/agents/" + here.id + "/revoke-token"),
            Map.of("jti", TestAgent.jti(leaked), "reason", "it leaked"),
            "Authorization",
            "Bearer " + nodes.controlPlane.operatorToken(organization, "agents:manage"));

    assertThat(ended.status()).isEqualTo(200);
    assertThat(there.self(leaked).status()).isEqualTo(401);
    assertThat(there.message(leaked).status()).isEqualTo(401);
    assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(1));
    assertThat(there.refresh(identity.text("refresh_token")).status())
        .as("the family goes on")
        .isEqualTo(200);
  }

  @Test
  void anIsolateCutsStreamsAtEveryNodeAndNamesThemAll() throws IOException {
    TestAgent here = nodes.agent(organization, first);
    TestAgent there = here.through(second);
    String access = here.bootstrap().text("access_token");
    try (var one = here.stream(access);
        var two = there.stream(access)) {
      assertThat(List.of(one.status(), two.status())).containsOnly(200);
      one.awaitFirstByte();
      two.awaitFirstByte();

      Acknowledgement proof =
          nodes.controlPlane.proof(
              organization,
              new LinkCommand.Isolate(here.id, IsolationId.next(CLOCK), "it misbehaves", "mem_1"));

      assertThat(proof.nodes())
          .extracting(Acknowledgement.NodeProof::node)
          .containsExactly("node-1", "node-2");
      assertThat(proof.nodes())
          .allSatisfy(node -> {
            assertThat(node.how()).isEqualTo(Acknowledgement.How.CUT);
            assertThat(node.streamsCut()).isEqualTo(1);
          });
      one.awaitEnd();
      two.awaitEnd();
    }
    assertThat(there.message(access).status()).isEqualTo(403);
  }

  @Test
  void aProviderThatOneNodeIsToldOfIsKnownToTheOtherSoon() {
    var own = OrganizationId.next(CLOCK);
    nodes.introduce(own, model.url());
    TestAgent here = nodes.agent(own, first);
    String access = here.bootstrap().text("access_token");
    var other = new SlowModel();
    try {
      nodes.controlPlane.say(
          own,
          new LinkCommand.PutProvider(
              new ProviderSpec(
                  "anthropic", ProviderSpec.Kind.ANTHROPIC, other.url(), List.of(), 30, false, 2),
              nodes.controlPlane.seal(own, "anthropic", SlowModel.API_KEY)));
      nodes.controlPlane.awaitApplied(nodes.controlPlane.lastNumber());

      // Well below the time after which every node reads everything anew in any case.
      await()
          .atMost(Duration.ofSeconds(3))
          .pollInterval(Duration.ofMillis(50))
          .until(() ->
              Stream.of(here, here.through(second)).allMatch(agent -> calls(agent, access, other)));
    } finally {
      other.close();
    }
  }

  private static boolean calls(TestAgent agent, String access, SlowModel model) {
    int before = model.requests.get();
    return agent.message(access).status() == 200 && model.requests.get() == before + 1;
  }

  @Test
  void aPublishedBundleIsRunByEveryNodeWithinTwoSeconds() {
    long said = System.nanoTime();
    nodes.controlPlane.publish(organization, 2, Starter.DOCUMENT);

    var report =
        await()
            .atMost(Duration.ofSeconds(2))
            .pollInterval(Duration.ofMillis(10))
            .until(
                () ->
                    nodes.controlPlane.reports.stream()
                        .filter(LinkReport.BundleRunning.class::isInstance)
                        .map(LinkReport.BundleRunning.class::cast)
                        .filter(it -> it.version() == 2 && it.missing().isEmpty())
                        .findFirst(),
                Optional::isPresent)
            .orElseThrow();

    assertThat(Duration.ofNanos(System.nanoTime() - said)).isLessThan(Duration.ofSeconds(2));
    assertThat(report.nodes())
        .extracting(LinkReport.BundleRunning.NodeRun::node)
        .containsExactly("node-1", "node-2");
    Stream.of(first, second)
        .forEach(node ->
            assertThat(
                    Http.get(
                            node.managementUrl().resolve("/v1/cluster"),
                            "Authorization",
                            "Bearer "
                                + nodes.controlPlane.operatorToken(organization, "enclaves:read"))
                        .json()
                        .at("/policies")
                        .findValuesAsText("version"))
                .contains("2"));
  }

  @Test
  void anOperatorSeesTheClusterFromAnyNode() throws Exception {
    Answer seen =
        Http.get(
            second.managementUrl().resolve("/v1/cluster"),
            "Authorization",
            "Bearer " + nodes.controlPlane.operatorToken(organization, "enclaves:read"));

    assertThat(seen.status()).isEqualTo(200);
    assertThat(seen.text("node")).isEqualTo("node-2");
    assertThat(seen.json().required("majority").asBoolean()).isTrue();
    assertThat(seen.json().required("nodes")).hasSize(2);
    int shards = 0;
    for (var node : seen.json().required("nodes")) {
      assertThat(node.required("status").asText()).isEqualTo("up");
      assertThat(node.required("reachable").asBoolean()).isTrue();
      assertThat(node.required("ready").asBoolean()).isTrue();
      assertThat(node.required("missing")).isEmpty();
      shards += node.required("shards").asInt();
    }
    assertThat(shards).isPositive();
    assertThat(seen.json().required("singletons").required("control_plane_link").asText())
        .isEqualTo("node-1");
    assertThat(seen.json().required("singletons"))
        .as("each of them")
        .hasSize(Singleton.values().length);
  }

  /** Who has one is what the database says, not who ought to. */
  @Test
  void theClusterNamesTheHolderOfEachSingletonByItsTenure() throws Exception {
    try (var database =
        Database.open(nodes.database.config(DatabaseRole.ENCLAVE, 1), new SimpleMeterRegistry())) {
      int _ =
          database.inTransactionBlocking(handle ->
              handle.execute(
                  "UPDATE enclave.singleton SET node = 'node-2' WHERE name = 'key-janitor'"));
    }

    Answer seen =
        Http.get(
            first.managementUrl().resolve("/v1/cluster"),
            "Authorization",
            "Bearer " + nodes.controlPlane.operatorToken(organization, "enclaves:read"));

    var singletons = seen.json().required("singletons");
    assertThat(singletons.required("key_janitor").asText()).isEqualTo("node-2");
    assertThat(singletons.required("audit_forwarder").asText()).isEqualTo("node-1");
  }

  @Test
  void theClusterCanBeWatchedInNumbers() {
    TestAgent agent = nodes.agent(organization, first);
    assertThat(agent.bootstrap().status()).isEqualTo(200);

    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          double agents = 0;
          double families = 0;
          for (Enclave node : List.of(first, second)) {
            String metrics = Http.get(node.managementUrl().resolve("/metrics")).body();
            assertThat(number(metrics, "redoubt_cluster_members")).isEqualTo(2);
            assertThat(number(metrics, "redoubt_cluster_unreachable")).isZero();
            assertThat(number(metrics, "redoubt_cluster_shards{of=\"agents\"}")).isPositive();
            agents += number(metrics, "redoubt_cluster_entities{of=\"agents\"}");
            families += number(metrics, "redoubt_cluster_entities{of=\"families\"}");
          }
          assertThat(agents).isPositive();
          assertThat(families).isPositive();
        });
  }

  private static double number(String metrics, String name) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name));
  }

  @Test
  void onlyAnOperatorWhoMaySeesTheCluster() throws Exception {
    var url = first.managementUrl().resolve("/v1/cluster");

    assertThat(Http.get(url).status()).isEqualTo(401);
    assertThat(Http.get(url, "Authorization", "Bearer nonsense").status()).isEqualTo(401);
    assertThat(
            Http.get(
                    url,
                    "Authorization",
                    "Bearer " + nodes.controlPlane.operatorToken(organization, "agents:read"))
                .status())
        .isEqualTo(403);
  }

  private static void awaitReady(Enclave node) {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Http.get(node.managementUrl().resolve("/ready")).status() == 200);
  }
}
