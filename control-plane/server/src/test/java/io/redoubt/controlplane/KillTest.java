package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.link.Acknowledgement;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Isolate, release, revoke and delete, with the enclave's proof (G3). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KillTest {
  private static final String REASON = "{\"reason\": \"it went mad\"}";

  @AutoClose private final TestServer server = new TestServer();
  private Tenant tenant;
  private EnclaveClient enclave;
  private String agent = "";
  private String path = "";
  private int names;

  @BeforeAll
  void start() {
    tenant = server.newTenant();
    enclave = tenant.newEnclave("main");
  }

  @BeforeEach
  void newAgent() {
    agent = tenant.newAgent("agent-" + ++names);
    path = "/api/v1/agents/" + agent;
  }

  @AfterEach
  void disconnect() {
    enclave.disconnect();
    await()
        .until(() ->
            !tenant.owner().get("/api/v1/enclaves/" + enclave.id).at("/listening").asBoolean());
  }

  private CompletableFuture<Reply> asking(String verb, String body) {
    return CompletableFuture.supplyAsync(
        () -> tenant.owner().post(path + "/" + verb, body), Thread::startVirtualThread);
  }

  /** Waits for the command for this agent. */
  private <C extends LinkCommand> CommandEnvelope heard(Class<C> type, int howMany) {
    await().until(() -> mine(type).size() >= howMany);
    return mine(type).getLast();
  }

  private List<CommandEnvelope> mine(Class<? extends LinkCommand> type) {
    return enclave.commands.stream()
        .filter(c -> type.isInstance(c.command()))
        .filter(c -> c.command().toString().contains(agent))
        .toList();
  }

  private void prove(CommandEnvelope order, @Nullable IsolationId isolation) {
    var proof =
        new Acknowledgement(
            isolation,
            server.clock.instant(),
            List.of(
                new Acknowledgement.NodeProof(
                    "node-1", Acknowledgement.How.CUT, 2, server.clock.instant())),
            "unmanaged");
    var report =
        new LinkReport.AgentStopped(tenant.id(), AgentId.parse(agent), order.number(), proof);
    assertThat(enclave.report(EnclaveClient.json(report)).status()).isEqualTo(204);
  }

  private void reject(CommandEnvelope order, String why) {
    var report = new LinkReport.Rejected(order.number(), why);
    assertThat(enclave.report(EnclaveClient.json(report)).status()).isEqualTo(204);
  }

  private void see(AgentStatus status, List<IsolationId> isolations) {
    var report =
        new LinkReport.AgentSeen(
            tenant.id(),
            AgentId.parse(agent),
            status,
            server.clock.instant(),
            isolations,
            server.clock.instant());
    assertThat(enclave.report(EnclaveClient.json(report)).status()).isEqualTo(204);
  }

  private static IsolationId isolation(CommandEnvelope order) {
    return ((LinkCommand.Isolate) order.command()).isolationId();
  }

  @Test
  void isolateAnswersWithTheProofOfEveryNode() {
    enclave.connect();

    var answer = asking("isolate", REASON);
    var order = heard(LinkCommand.Isolate.class, 1);
    prove(order, isolation(order));

    var reply = answer.join();
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertThat(reply.text("/isolation_id")).isEqualTo(isolation(order).toString());
    assertThat(reply.text("/nodes/0/node")).isEqualTo("node-1");
    assertThat(reply.text("/nodes/0/how")).isEqualTo("cut");
    assertThat(reply.at("/nodes/0/streams_cut").asInt()).isEqualTo(2);
    assertThat(reply.text("/compute")).isEqualTo("unmanaged");
    var shown = tenant.owner().get(path);
    assertThat(shown.text("/status")).isEqualTo("isolated");
    assertThat(shown.text("/isolations/0/reason")).isEqualTo("it went mad");
    assertThat(shown.at("/isolations/0/acknowledged_at").isNull()).isFalse();
    var audit = tenant.lastAudit("agent:isolate");
    assertThat(audit.path("agent_id").asText()).isEqualTo(agent);
    assertThat(audit.path("detail").asText()).isEqualTo("it went mad");
    assertThat(audit.path("actor_kind").asText()).isEqualTo("operator");
  }

  @Test
  void anEnclaveThatIsAwayIsHeardOfLater() {
    var reply = tenant.owner().post(path + "/isolate", REASON);

    assertThat(reply.status()).isEqualTo(202);
    assertThat(reply.at("/pending").asBoolean()).isTrue();
    assertThat(tenant.owner().get(path).at("/isolations/0/acknowledged_at").isNull()).isTrue();

    enclave.connect();
    var order = heard(LinkCommand.Isolate.class, 1);
    assertThat(isolation(order).toString()).isEqualTo(reply.text("/isolation_id"));
    prove(order, isolation(order));

    assertThat(tenant.owner().get(path).text("/status")).isEqualTo("isolated");
  }

  @Test
  void anEnclaveThatListensAndSaysNothingIsNotWaitedForForEver() {
    enclave.connect();
    await().until(() -> !enclave.heartbeats.isEmpty());

    var reply = tenant.owner().post(path + "/isolate", REASON);

    assertThat(reply.status()).isEqualTo(202);
    assertThat(reply.text("/isolation_id")).startsWith("iso_");
  }

  @Test
  void aReleaseNamesWhatItLifts() {
    enclave.connect();
    var first = asking("isolate", REASON);
    var one = heard(LinkCommand.Isolate.class, 1);
    prove(one, isolation(one));
    first.join();

    var release = asking("release", "{\"reason\": \"all is well\"}");
    var lifted = heard(LinkCommand.Release.class, 1);
    assertThat(((LinkCommand.Release) lifted.command()).isolationIds())
        .containsExactly(isolation(one));
    // Isolated anew while the release is under way: it must not be undone by it.
    var second = asking("isolate", REASON);
    var two = heard(LinkCommand.Isolate.class, 2);
    prove(lifted, null);
    prove(two, isolation(two));

    assertThat(release.join().status()).isEqualTo(200);
    assertThat(second.join().status()).isEqualTo(200);
    var shown = tenant.owner().get(path);
    assertThat(shown.text("/status")).isEqualTo("isolated");
    assertThat(shown.at("/isolations")).hasSize(1);
    assertThat(shown.text("/isolations/0/id")).isEqualTo(isolation(two).toString());

    var named =
        asking("release", "{\"reason\": \"x\", \"isolation_ids\": [\"" + isolation(two) + "\"]}");
    prove(heard(LinkCommand.Release.class, 2), null);
    assertThat(named.join().status()).isEqualTo(200);
    assertThat(tenant.owner().get(path).text("/status")).isEqualTo("pending");
  }

  @Test
  void whatIsNotIsolatedCannotBeReleased() {
    var reply = tenant.owner().post(path + "/release", REASON);

    assertThat(reply.status()).isEqualTo(409);
    assertThat(reply.text("/detail"))
        .startsWith("No isolation of the agent is known here.")
        .contains("isolation_ids");
    assertThat(
            tenant
                .owner()
                .post(path + "/release", "{\"reason\": \"x\", \"isolation_ids\": []}")
                .status())
        .isEqualTo(422);
    assertThat(
            tenant
                .owner()
                .post(path + "/release", "{\"reason\": \"x\", \"isolation_ids\": [\"iso_1\"]}")
                .text("/errors/0/pointer"))
        .isEqualTo("/isolation_ids/0");
  }

  @Test
  void anIsolationMadeAtTheEnclaveIsKnownAndReleasedHere() {
    enclave.connect();
    var breakGlass = IsolationId.next(server.clock);

    see(AgentStatus.ISOLATED, List.of(breakGlass));

    var shown = tenant.owner().get(path);
    assertThat(shown.text("/status")).isEqualTo("isolated");
    assertThat(shown.text("/isolations/0/id")).isEqualTo(breakGlass.toString());
    var release = asking("release", REASON);
    var order = heard(LinkCommand.Release.class, 1);
    assertThat(((LinkCommand.Release) order.command()).isolationIds()).containsExactly(breakGlass);
    prove(order, null);
    assertThat(release.join().status()).isEqualTo(200);
    assertThat(tenant.owner().get(path).text("/status")).isEqualTo("active");
    see(AgentStatus.ACTIVE, List.of());
    assertThat(tenant.owner().get(path).at("/isolations")).isEmpty();
  }

  @Test
  void anIsolationMadeAtTheEnclaveIsReleasedByItsNameBeforeItIsKnown() {
    enclave.connect();
    var breakGlass = IsolationId.next(server.clock);

    var release =
        asking(
            "release", "{\"reason\": \"calm\", \"isolation_ids\": [\"%s\"]}".formatted(breakGlass));

    var order = heard(LinkCommand.Release.class, 1);
    assertThat(((LinkCommand.Release) order.command()).isolationIds()).containsExactly(breakGlass);
    prove(order, null);
    assertThat(release.join().status()).isEqualTo(200);
  }

  @Test
  void anOlderReportDoesNotUndoANewerOne() {
    enclave.connect();
    see(AgentStatus.ACTIVE, List.of());
    var old =
        new LinkReport.AgentSeen(
            tenant.id(),
            AgentId.parse(agent),
            AgentStatus.PENDING,
            null,
            List.of(),
            server.clock.instant().minus(Duration.ofHours(1)));

    enclave.report(EnclaveClient.json(old));

    var shown = tenant.owner().get(path);
    assertThat(shown.text("/status")).isEqualTo("active");
    assertThat(shown.at("/last_seen_at").isNull()).isFalse();
  }

  @Test
  void revokeAnswersWithTheProof() {
    enclave.connect();

    var answer = asking("revoke", REASON);
    prove(heard(LinkCommand.Revoke.class, 1), null);

    assertThat(answer.join().status()).isEqualTo(200);
    assertThat(tenant.owner().get(path).text("/status")).isEqualTo("revoked");
    assertThat(tenant.lastAudit("agent:revoke").path("agent_id").asText()).isEqualTo(agent);
  }

  @Test
  void oneTokenIsRevokedAndTheAgentGoesOn() {
    enclave.connect();
    see(AgentStatus.ACTIVE, List.of());
    String jti = "jti_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e";

    var answer = asking("revoke-token", "{\"jti\": \"" + jti + "\", \"reason\": \"it leaked\"}");
    var order = heard(LinkCommand.RevokeToken.class, 1);
    prove(order, null);

    var reply = answer.join();
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertThat(reply.at("/nodes/0/streams_cut").asInt()).isEqualTo(2);
    assertThat(((LinkCommand.RevokeToken) order.command()).jti()).isEqualTo(jti);
    assertThat(tenant.owner().get(path).text("/status")).isEqualTo("active");
    var audit = tenant.lastAudit("agent:revoke-token");
    assertThat(audit.path("agent_id").asText()).isEqualTo(agent);
    assertThat(audit.path("detail").asText()).isEqualTo(jti + ": it leaked");
  }

  @Test
  void aTokenIsNamedByItsJtiAndItsAgent() {
    for (String jti :
        new String[] {"null", "\"\"", "\"jti_1\"", "\"eyJhbGciOiJFUzI1NiJ9.e30.x\""}) {
      var reply =
          tenant.owner().post(path + "/revoke-token", "{\"reason\": \"x\", \"jti\": " + jti + "}");
      assertThat(reply.status()).as(jti).isEqualTo(422);
      assertThat(reply.text("/errors/0/pointer")).isEqualTo("/jti");
    }
    String body = "{\"jti\": \"jti_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e\", \"reason\": \"x\"}";
    var stranger = server.newTenant().owner();
    assertThat(stranger.post(path + "/revoke-token", body).status()).isEqualTo(404);
    assertThat(mine(LinkCommand.RevokeToken.class)).isEmpty();
  }

  @Test
  void deleteLeavesATombstoneAndDecommissions() {
    enclave.connect();

    var answer =
        CompletableFuture.supplyAsync(
            () -> tenant.owner().delete(path), Thread::startVirtualThread);
    prove(heard(LinkCommand.Decommission.class, 1), null);

    assertThat(answer.join().status()).isEqualTo(200);
    var shown = tenant.owner().get(path);
    assertThat(shown.text("/status")).isEqualTo("decommissioned");
    assertThat(shown.at("/deleted_at").isNull()).isFalse();
    assertThat(tenant.owner().get("/api/v1/agents").text()).doesNotContain(agent);
    assertThat(tenant.owner().get("/api/v1/agents?include_deleted=true").text()).contains(agent);
    assertThat(tenant.owner().post(path + "/isolate", REASON).status()).isEqualTo(409);
    assertThat(tenant.owner().patch(path, "{}").status()).isEqualTo(409);
    assertThat(tenant.owner().post(path + "/bootstrap-token").status()).isEqualTo(409);
    // Asked again it is the same answer, and nothing happens twice.
    assertThat(tenant.owner().delete(path).status()).isEqualTo(200);
    assertThat(mine(LinkCommand.Decommission.class)).hasSize(1);
  }

  @Test
  void aProofOfAnotherEnclaveProvesNothing() {
    enclave.connect();
    var answer = asking("isolate", REASON);
    var order = heard(LinkCommand.Isolate.class, 1);
    var stranger = server.newTenant().newEnclave("stranger");
    stranger.hello();
    var proof =
        new LinkReport.AgentStopped(
            tenant.id(),
            AgentId.parse(agent),
            order.number(),
            new Acknowledgement(isolation(order), server.clock.instant(), List.of(), "unmanaged"));

    assertThat(stranger.report(EnclaveClient.json(proof)).status()).isEqualTo(204);

    assertThat(answer.join().status()).isEqualTo(202);
    assertThat(tenant.owner().get(path).text("/status")).isEqualTo("pending");
  }

  @Test
  void aRepeatUnderTheSameKeyGivesOneOrderAndWaitsForItsProof() {
    var idempotent = tenant.owner().with("idempotency-key", "kill-" + agent);
    var first = idempotent.post(path + "/isolate", REASON);
    assertThat(first.status()).isEqualTo(202);

    enclave.connect();
    var order = heard(LinkCommand.Isolate.class, 1);
    prove(order, isolation(order));
    var second = idempotent.post(path + "/isolate", REASON);

    assertThat(second.status()).isEqualTo(200);
    assertThat(second.text("/isolation_id")).isEqualTo(first.text("/isolation_id"));
    assertThat(mine(LinkCommand.Isolate.class)).hasSize(1);
  }

  @Test
  void anIsolationThatTheEnclaveRefusesIsAConflictThatSaysWhy() {
    enclave.connect();

    var answer = asking("isolate", REASON);
    reject(heard(LinkCommand.Isolate.class, 1), "too-many-isolations");

    var reply = answer.join();
    assertThat(reply.status()).as(reply.text()).isEqualTo(409);
    assertThat(reply.problem()).isEqualTo("conflict");
    assertThat(reply.text("/detail"))
        .isEqualTo("The enclave has refused the order: too-many-isolations.");
    var shown = tenant.owner().get(path);
    assertThat(shown.text("/status")).isEqualTo("pending");
    assertThat(shown.at("/isolations")).as("one that never began").isEmpty();
    assertThat(tenant.lastAudit("command:rejected").path("detail").asText())
        .isEqualTo("too-many-isolations");
  }

  @Test
  void anyOrderThatTheEnclaveRefusesIsAConflict() {
    enclave.connect();
    var standing = IsolationId.next(server.clock);
    see(AgentStatus.ISOLATED, List.of(standing));

    var release = asking("release", REASON);
    reject(heard(LinkCommand.Release.class, 1), "unknown-agent");
    var revoke = asking("revoke", REASON);
    reject(heard(LinkCommand.Revoke.class, 1), "unknown-agent");
    var revokeToken =
        asking(
            "revoke-token",
            "{\"jti\": \"jti_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e\", \"reason\": \"x\"}");
    reject(heard(LinkCommand.RevokeToken.class, 1), "unknown-agent");
    for (var answer : List.of(release, revoke, revokeToken)) {
      var reply = answer.join();
      assertThat(reply.status()).as(reply.text()).isEqualTo(409);
      assertThat(reply.text("/detail")).contains("unknown-agent");
    }
    assertThat(tenant.owner().get(path).text("/isolations/0/id"))
        .as("a refused release lifts nothing")
        .isEqualTo(standing.toString());

    var delete =
        CompletableFuture.supplyAsync(
            () -> tenant.owner().delete(path), Thread::startVirtualThread);
    reject(heard(LinkCommand.Decommission.class, 1), "unknown-agent");
    assertThat(delete.join().status()).isEqualTo(409);
    assertThat(tenant.owner().delete(path).status()).as("asked again").isEqualTo(409);
  }

  @Test
  void aRepeatUnderTheSameKeyHearsOfTheRefusal() {
    var idempotent = tenant.owner().with("idempotency-key", "refused-" + agent);
    assertThat(idempotent.post(path + "/isolate", REASON).status()).isEqualTo(202);

    enclave.connect();
    reject(heard(LinkCommand.Isolate.class, 1), "isolation-lifted");
    var second = idempotent.post(path + "/isolate", REASON);

    assertThat(second.status()).isEqualTo(409);
    assertThat(second.text("/detail")).contains("isolation-lifted");
    assertThat(mine(LinkCommand.Isolate.class)).hasSize(1);
  }

  @Test
  void aReasonIsNeeded() {
    for (String body : new String[] {"{}", "{\"reason\": \" \"}", "{\"reason\": \"a\\u0000b\"}"}) {
      assertThat(tenant.owner().post(path + "/isolate", body).text("/errors/0/pointer"))
          .isEqualTo("/reason");
    }
    assertThat(tenant.owner().post(path + "/isolate").status()).isEqualTo(400);
  }
}
