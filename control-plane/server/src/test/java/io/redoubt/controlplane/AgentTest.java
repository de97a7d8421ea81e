package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.Spending;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
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
                 "budget": {"usd_per_day": 2.5, "tokens_per_day": 1000}, "approval_limit": 3,
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
    assertThat(put.agent().approvalLimit()).isEqualTo(3);
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
  void aBudgetHasDaysAndMonthsAndItsChangeIsRecorded() {
    var made =
        tenant
            .owner()
            .post(
                AGENTS,
                """
                {"name": "thrifty", "budget": {"usd_per_day": 2.5, "usd_per_month": 50,
                 "tokens_per_month": 9000000}}
                """);
    String id = made.text("/agent/id");

    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.at("/agent/budget/tokens_per_day").isNull()).isTrue();
    assertThat(made.at("/agent/spending").isNull()).isTrue();
    assertThat(tenant.lastAudit("agent:create").path("detail").asText())
        .isEqualTo("budget: 2.5 USD a day, 50 USD a month, 9000000 tokens a month");
    Awaitility.await().until(() -> told(id, new Budget(2_500_000L, 50_000_000L, null, 9_000_000L)));

    tenant.owner().patch(AGENTS + "/" + id, "{\"budget\": {\"tokens_per_day\": 0}}");

    assertThat(tenant.lastAudit("agent:update").path("detail").asText())
        .isEqualTo("budget: 0 tokens a day");
    Awaitility.await().until(() -> told(id, new Budget(null, null, 0L, null)));
    tenant.owner().patch(AGENTS + "/" + id, "{\"budget\": {}}");
    assertThat(tenant.lastAudit("agent:update").path("detail").asText()).isEqualTo("budget: none");
    tenant.owner().patch(AGENTS + "/" + id, "{\"description\": \"x\"}");
    assertThat(tenant.lastAudit("agent:update").path("detail").isNull()).isTrue();
  }

  private boolean told(String agent, Budget budget) {
    return enclave.commands.stream()
        .anyMatch(c ->
            c.command() instanceof LinkCommand.PutAgent put
                && put.agentId().toString().equals(agent)
                && put.agent().budget().equals(budget));
  }

  @Test
  void whatIsWrongWithABudgetIsSaid() {
    var reply =
        tenant
            .owner()
            .post(
                AGENTS,
                """
                {"name": "x", "budget": {"usd_per_day": 0.0000001, "usd_per_month": 1000000000.01,
                 "tokens_per_day": -1, "tokens_per_month": -9223372036854775808}}
                """);
    var tooLong =
        tenant.owner().post(AGENTS, "{\"name\": \"x\", \"budget\": {\"tokens_per_day\": 1e400}}");

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.at("/errors").findValuesAsText("pointer"))
        .containsExactlyInAnyOrder(
            "/budget/usd_per_day",
            "/budget/usd_per_month",
            "/budget/tokens_per_day",
            "/budget/tokens_per_month");
    assertThat(tooLong.status()).isIn(400, 422);
  }

  @Test
  void whatAnAgentSpentIsShownAsItsEnclaveSaidIt() {
    var made =
        tenant
            .owner()
            .post(
                AGENTS,
                """
                {"name": "spender", "budget": {"usd_per_day": 1, "tokens_per_month": 1000}}
                """);
    String id = made.text("/agent/id");
    Instant now = server.clock.instant();
    seen(enclave, tenant, id, now, new Spend(300, 400_000), new Spend(600, 2_000_000));
    seen(enclave, tenant, id, now.minusSeconds(60), Spend.ZERO, Spend.ZERO);
    var other = server.newTenant();

    var shown = tenant.owner().get(AGENTS + "/" + id);

    assertThat(shown.text("/spending/as_of")).isNotEmpty();
    assertThat(shown.text("/spending/day/begins")).isEqualTo("2026-11-20");
    assertThat(shown.text("/spending/day/resets_at")).isEqualTo("2026-11-21T00:00:00Z");
    assertThat(shown.text("/spending/day/usd_spent")).isEqualTo("0.4");
    assertThat(shown.text("/spending/day/usd_reserved")).isEqualTo("0.25");
    assertThat(shown.text("/spending/day/usd_left")).isEqualTo("0.35");
    assertThat(shown.at("/spending/day/tokens_left").isNull()).isTrue();
    assertThat(shown.text("/spending/month/begins")).isEqualTo("2026-11-01");
    assertThat(shown.text("/spending/month/resets_at")).isEqualTo("2026-12-01T00:00:00Z");
    assertThat(shown.text("/spending/month/usd_spent")).isEqualTo("2");
    assertThat(shown.text("/spending/month/tokens_left")).isEqualTo("300");

    assertThat(other.owner().get(AGENTS + "/" + id).status()).isEqualTo(404);
  }

  @Test
  void aReportOfWhatWasSpentThatSaysNothingIsRefused() {
    String id = tenant.newAgent("odd");

    for (String spending :
        List.of(
            "{}",
            spending("-999999999-01-01", "{\"tokens\": 1, \"cost_micros\": 0}"),
            spending("+999999999-12-31", "{\"tokens\": 1, \"cost_micros\": 0}"),
            spending("2026-11-20", "{\"tokens\": -1, \"cost_micros\": 0}"),
            spending("2026-11-20", "null"))) {
      var reply =
          enclave.report(
              """
              {"kind": "agent.seen", "organization_id": "%s", "agent_id": "%s",
               "status": "active", "isolations": [], "at": "2026-11-20T12:00:00Z", "spending": %s}
              """
                  .formatted(tenant.id(), id, spending));
      assertThat(reply.status()).as(spending).isEqualTo(422);
    }
    assertThat(tenant.owner().get(AGENTS + "/" + id).at("/spending").isNull()).isTrue();
  }

  private static String spending(String day, String spend) {
    return """
    {"day": "%s", "today": %s, "reserved_today": %s, "month": %s, "reserved_this_month": %s}
    """
        .formatted(day, spend, spend, spend, spend);
  }

  @Test
  void onlyItsOwnEnclaveIsBelievedAboutWhatAnAgentSpent() {
    var fresh = server.newTenant();
    fresh.newEnclave("home");
    String id = fresh.newAgent("spender");
    Instant now = server.clock.instant();
    seen(fresh.newEnclave("other"), fresh, id, now, Spend.ZERO, Spend.ZERO);
    seen(enclave, fresh, id, now, Spend.ZERO, Spend.ZERO);

    assertThat(fresh.owner().get(AGENTS + "/" + id).at("/spending").isNull()).isTrue();
  }

  private static void seen(
      EnclaveClient by, Tenant of, String agent, Instant at, Spend today, Spend month) {
    var reserved = new Spend(100, 250_000);
    by.report(
        EnclaveClient.json(
            new LinkReport.AgentSeen(
                of.id(),
                AgentId.parse(agent),
                AgentStatus.ACTIVE,
                null,
                List.of(),
                new Spending(LocalDate.of(2026, 11, 20), today, reserved, month, reserved),
                at)));
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
