package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The registry of agents. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentTest {
  private static final String AGENTS = "/api/v1/agents";

  @AutoClose private final TestServer server = new TestServer();
  private Tenant tenant;
  private EnclaveClient enclave;

  @BeforeAll
  void start() {
    tenant = server.newTenant();
    enclave = tenant.newEnclave("main").connect();
  }

  @AfterAll
  void stop() {
    enclave.close();
  }

  @Test
  void aNewAgentHasItsCallerAsOwnerAndATokenThatOnlyTheEnclaveCanKnow() {
    var reply =
        tenant
            .owner()
            .post(
                AGENTS,
                """
                {"name": "coder", "description": "writes code", "labels": {"team": "core"},
                 "client_cidr": "10.0.0.0/8", "intent": {"models": ["gpt-*"]},
                 "budget": {"usd_per_day": 2.5, "tokens_per_day": 1000},
                 "models": {"allow": ["claude-*"], "block": ["claude-old"]}}
                """);

    assertThat(reply.status()).as(reply.text()).isEqualTo(201);
    String id = reply.text("/agent/id");
    assertThat(reply.header("location")).isEqualTo(AGENTS + "/" + id);
    assertThat(reply.text("/agent/status")).isEqualTo("pending");
    assertThat(reply.text("/agent/owner"))
        .isEqualTo(tenant.owner().get("/api/v1/iam/self").text("/subject"));
    assertThat(reply.text("/agent/client_cidr/0")).isEqualTo("10.0.0.0/8");
    assertThat(reply.text("/agent/budget/usd_per_day")).isEqualTo("2.5");
    assertThat(Instant.parse(reply.text("/bootstrap_expires_at")))
        .isBetween(
            server.clock.instant().plus(Duration.ofMinutes(59)),
            server.clock.instant().plus(Duration.ofMinutes(61)));
    var token = AgentToken.parse(AgentToken.Kind.BOOTSTRAP, reply.text("/bootstrap_token"));
    assertThat(token).isPresent();
    assertThat(token.get().handle().agent().toString()).isEqualTo(id);
    assertThat(token.get().handle().organization()).isEqualTo(tenant.id());

    Awaitility.await()
        .until(
            () -> offers().stream().anyMatch(offer -> offer.token().equals(token.get().digest())));
    var put =
        enclave.commands.stream()
            .map(envelope -> envelope.command())
            .filter(LinkCommand.PutAgent.class::isInstance)
            .map(LinkCommand.PutAgent.class::cast)
            .filter(command -> command.agentId().toString().equals(id))
            .findFirst()
            .orElseThrow();
    assertThat(put.agent().models().permits("claude-new")).isTrue();
    assertThat(put.agent().models().permits("claude-old")).isFalse();
    assertThat(put.agent().owner()).isEqualTo(reply.text("/agent/owner"));
    assertThat(tenant.lastAudit("agent:create").path("agent_id").asText()).isEqualTo(id);
    assertThat(tenant.owner().get(AGENTS + "/" + id).body()).isEqualTo(reply.at("/agent"));
    assertThat(tenant.owner().get("/api/v1/audit").text()).doesNotContain("rdb_");
  }

  private List<LinkCommand.OfferBootstrap> offers() {
    return enclave.commands.stream()
        .map(envelope -> envelope.command())
        .filter(LinkCommand.OfferBootstrap.class::isInstance)
        .map(LinkCommand.OfferBootstrap.class::cast)
        .toList();
  }

  @Test
  void aServiceNamesTheMemberWhoAnswers() {
    var service = tenant.clientWith("agents:manage");
    String member = tenant.owner().get("/api/v1/iam/members").text("/items/0/id");

    var without = service.post(AGENTS, "{\"name\": \"a-service-1\"}");
    var stranger =
        service.post(
            AGENTS,
            "{\"name\": \"a-service-1\", \"owner\": \"" + MemberId.next(server.clock) + "\"}");
    var with = service.post(AGENTS, "{\"name\": \"a-service-1\", \"owner\": \"" + member + "\"}");

    assertThat(without.status()).isEqualTo(422);
    assertThat(without.text("/errors/0/pointer")).isEqualTo("/owner");
    assertThat(stranger.status()).isEqualTo(422);
    assertThat(with.text("/agent/owner")).isEqualTo(member);
  }

  @Test
  void aPersonCannotMakeAnAgentInAnothersName() {
    String other = tenant.owner().post("/api/v1/iam/members", "{\"name\": \"Other\"}").text("/id");

    var reply =
        tenant.owner().post(AGENTS, "{\"name\": \"in-their-name\", \"owner\": \"" + other + "\"}");

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.text("/errors/0/pointer")).isEqualTo("/owner");
  }

  @Test
  void whoeverAnswersForAnAgentCannotLeave() {
    String member =
        tenant.owner().post("/api/v1/iam/members", "{\"name\": \"Leaving\"}").text("/id");
    tenant
        .clientWith("agents:manage")
        .post(AGENTS, "{\"name\": \"orphan-to-be\", \"owner\": \"" + member + "\"}");

    var reply = tenant.owner().delete("/api/v1/iam/members/" + member);

    assertThat(reply.status()).isEqualTo(409);
  }

  @Test
  void everythingThatIsWrongIsPointedAt() {
    var reply =
        tenant
            .owner()
            .post(
                AGENTS,
                """
                {"name": "'; DROP TABLE control.agent; --", "labels": {"bad key": "x"},
                 "client_cidr": ["10.0.0.0/8", "10.0.0.1/8", "example.com"],
                 "models": {"allow": [""]}, "budget": {"usd_per_day": -1},
                 "approval_limit": -5}
                """);

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.problem()).isEqualTo("invalid-request");
    assertThat(reply.at("/errors").findValuesAsText("pointer"))
        .containsExactlyInAnyOrder(
            "/name",
            "/labels/bad key",
            "/client_cidr/1",
            "/client_cidr/2",
            "/models/allow/0",
            "/budget/usd_per_day",
            "/approval_limit");
  }

  @Test
  void aNameIsTakenOnceAndFreeAgainAfterDeletion() {
    String id = tenant.newAgent("unique");
    assertThat(tenant.owner().post(AGENTS, "{\"name\": \"unique\"}").status()).isEqualTo(409);

    tenant.owner().delete(AGENTS + "/" + id);

    assertThat(tenant.owner().post(AGENTS, "{\"name\": \"unique\"}").status()).isEqualTo(201);
  }

  @Test
  void aPatchChangesWhatItNamesUnderTheVersion() {
    String id = tenant.newAgent("patched");
    var before = tenant.owner().get(AGENTS + "/" + id);

    var changed =
        tenant
            .owner()
            .with("if-match", before.header("etag"))
            .patch(
                AGENTS + "/" + id,
                "{\"models\": {\"block\": [\"x\"]}, \"labels\": {\"a\": \"b\"}}");
    var stale =
        tenant
            .owner()
            .with("if-match", before.header("etag"))
            .patch(AGENTS + "/" + id, "{\"labels\": {}}");

    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.text("/models/block/0")).isEqualTo("x");
    assertThat(changed.text("/name")).isEqualTo("patched");
    assertThat(stale.status()).isEqualTo(412);
    assertThat(stale.problem()).isEqualTo("precondition-failed");
    Awaitility.await()
        .until(() ->
            enclave.commands.stream()
                .anyMatch(c ->
                    c.command() instanceof LinkCommand.PutAgent put
                        && put.agentId().toString().equals(id)
                        && put.agent().version() == 2
                        && put.agent().models().block().equals(List.of("x"))));
    assertThat(tenant.lastAudit("agent:update").path("resource").asText()).isEqualTo(id);
  }

  @Test
  void aNewBootstrapTokenReplacesTheOld() {
    var made = tenant.owner().post(AGENTS, "{\"name\": \"again\"}");
    String path = AGENTS + "/" + made.text("/agent/id");

    var offered = tenant.owner().post(path + "/bootstrap-token");

    assertThat(offered.status()).isEqualTo(201);
    assertThat(offered.text("/bootstrap_token")).isNotEqualTo(made.text("/bootstrap_token"));
    var digest = TokenDigest.of(offered.text("/bootstrap_token"));
    Awaitility.await()
        .until(() -> offers().stream().anyMatch(offer -> offer.token().equals(digest)));
  }

  @Test
  void agentsAreFoundByNameStatusAndLabel() {
    tenant.owner().post(AGENTS, "{\"name\": \"f1\", \"labels\": {\"env\": \"prod\"}}");
    tenant.owner().post(AGENTS, "{\"name\": \"f2\", \"labels\": {\"env\": \"test\"}}");

    assertThat(tenant.owner().get(AGENTS + "?name=f1").at("/items")).hasSize(1);
    assertThat(tenant.owner().get(AGENTS + "?label=env:test").text("/items/0/name"))
        .isEqualTo("f2");
    assertThat(tenant.owner().get(AGENTS + "?status=revoked").at("/items")).isEmpty();
    assertThat(tenant.owner().get(AGENTS + "?status=flying").status()).isEqualTo(422);
    assertThat(tenant.owner().get(AGENTS + "?nmae=f1").status()).isEqualTo(422);
    assertThat(tenant.owner().get(AGENTS + "?name=f1&name=f2").status()).isEqualTo(422);
  }

  @Test
  void theEnclaveMustBeNamedWhereThereIsNoneOrMoreThanOne() {
    var fresh = server.newTenant("no enclave");
    assertThat(fresh.owner().post(AGENTS, "{\"name\": \"a\"}").text("/errors/0/pointer"))
        .isEqualTo("/enclave_id");

    var first = fresh.newEnclave("one");
    fresh.newEnclave("two");

    assertThat(fresh.owner().post(AGENTS, "{\"name\": \"a\"}").status()).isEqualTo(422);
    assertThat(
            fresh
                .owner()
                .post(AGENTS, "{\"name\": \"a\", \"enclave_id\": \"" + first.id + "\"}")
                .text("/agent/enclave_id"))
        .isEqualTo(first.id);
    assertThat(
            fresh
                .owner()
                .post(AGENTS, "{\"name\": \"b\", \"enclave_id\": \"" + enclave.id + "\"}")
                .status())
        .isEqualTo(422);
  }
}
