package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.Spending;
import io.redoubt.protocol.link.WorkingHours;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Organizations, members, roles and clients. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IamTest {
  private static final String MEMBERS = "/api/v1/iam/members";
  private static final String CLIENTS = "/api/v1/iam/clients";
  private static final String ORGANIZATIONS = "/api/v1/iam/organizations";

  @AutoClose private final TestServer server = new TestServer();
  private Tenant tenant;

  @BeforeAll
  void start() {
    tenant = server.newTenant();
  }

  private Reply newMember(String json) {
    var reply = tenant.owner().post(MEMBERS, json);
    assertThat(reply.status()).as(reply.text()).isEqualTo(201);
    return reply;
  }

  /** A caller who is a member with this role. */
  private Http memberWith(String role) {
    String member = newMember("{\"name\": \"M\", \"roles\": [\"" + role + "\"]}").text("/id");
    var client =
        tenant.owner().post(CLIENTS, "{\"name\": \"of M\", \"member_id\": \"" + member + "\"}");
    assertThat(client.status()).as(client.text()).isEqualTo(201);
    return server.login(client.text("/client/id"), client.text("/client_secret"), null);
  }

  @Test
  void anOrganizationChangesItsOwnSettingsUnderItsVersion() {
    var fresh = server.newTenant("settings");
    String path = ORGANIZATIONS + "/" + fresh.id();
    var before = fresh.owner().get(path);
    assertThat(before.text("/payloads")).isEqualTo("full");

    var changed =
        fresh
            .owner()
            .with("if-match", before.header("etag"))
            .patch(path, "{\"payloads\": \"metadata\", \"payload_retention_days\": 7}");
    var stale =
        fresh
            .owner()
            .with("if-match", before.header("etag"))
            .patch(path, "{\"payloads\": \"full\"}");

    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.text("/payloads")).isEqualTo("metadata");
    assertThat(changed.header("etag")).isNotEqualTo(before.header("etag"));
    assertThat(stale.status()).isEqualTo(412);
    assertThat(fresh.owner().get(ORGANIZATIONS).text("/items/0/payload_retention_days"))
        .isEqualTo("7");
    assertThat(fresh.lastAudit("organization:update").path("resource").asText())
        .isEqualTo(fresh.id().toString());
  }

  @Test
  void anOrganizationChoosesWhatItsAgentsMayDoOffline() {
    var fresh = server.newTenant("offline");
    String path = ORGANIZATIONS + "/" + fresh.id();
    try (var enclave = fresh.newEnclave("home").connect()) {
      assertThat(fresh.owner().get(path).text("/offline_mode")).isEqualTo("freeze");
      var changed = fresh.owner().patch(path, "{\"offline_mode\": \"continue\"}");

      assertThat(changed.status()).isEqualTo(200);
      assertThat(changed.text("/offline_mode")).isEqualTo("continue");
      assertThat(fresh.lastAudit("organization:update").path("detail").asText())
          .isEqualTo("offline_mode: continue");
      await()
          .until(() ->
              enclave.command(LinkCommand.PutOrganization.class).organization().offlineMode()
                  == OrganizationSpec.OfflineMode.CONTINUE);
    }
    String modes = "{\"offline_mode\": \"%s\"}";
    assertThat(fresh.owner().patch(path, modes.formatted("hope")).status()).isEqualTo(422);
    assertThat(fresh.clientWith("org:read").patch(path, modes.formatted("continue")).status())
        .isEqualTo(403);
  }

  /** G5: off by default, and on record with what is done instead and who said so. */
  @Test
  void whoFailsOpenSaysWhatIsDoneInsteadAndIsOnRecord() {
    var fresh = server.newTenant("bold");
    String path = ORGANIZATIONS + "/" + fresh.id();
    String on = "{\"fail_open\": true, \"compensating_controls\": \"egress is filtered\"}";
    try (var enclave = fresh.newEnclave("home").connect()) {
      assertThat(fresh.owner().get(path).at("/fail_open").isNull()).isTrue();
      var changed = fresh.owner().patch(path, on);

      assertThat(changed.status()).as(changed.text()).isEqualTo(200);
      assertThat(changed.text("/fail_open/compensating_controls")).isEqualTo("egress is filtered");
      assertThat(changed.text("/fail_open/acknowledged_by"))
          .isEqualTo(fresh.owner().get("/api/v1/iam/self").text("/subject"));
      assertThat(fresh.lastAudit("organization:update").path("detail").asText())
          .isEqualTo("fail_open: yes, with compensating controls: egress is filtered");
      await()
          .until(
              () -> enclave.command(LinkCommand.PutOrganization.class).organization().failOpen());
      assertThat(fresh.owner().patch(path, "{\"name\": \"bolder\"}").at("/fail_open"))
          .as("as it stands")
          .isEqualTo(changed.at("/fail_open"));

      assertThat(fresh.owner().patch(path, "{\"fail_open\": false}").at("/fail_open").isNull())
          .isTrue();
      assertThat(fresh.lastAudit("organization:update").path("detail").asText())
          .isEqualTo("fail_open: no");
      await()
          .until(
              () -> !enclave.command(LinkCommand.PutOrganization.class).organization().failOpen());
    }
    for (String wrong :
        List.of(
            "{\"fail_open\": true}",
            "{\"fail_open\": true, \"compensating_controls\": \" \"}",
            "{\"fail_open\": true, \"compensating_controls\": \"" + "x".repeat(501) + "\"}",
            "{\"fail_open\": false, \"compensating_controls\": \"x\"}",
            "{\"compensating_controls\": \"x\"}")) {
      assertThat(fresh.owner().patch(path, wrong).text("/errors/0/pointer"))
          .as(wrong)
          .isEqualTo("/compensating_controls");
    }
    assertThat(fresh.clientWith("org:read", "policies:manage").patch(path, on).status())
        .isEqualTo(403);
    assertThat(server.newTenant().owner().patch(path, on).status()).isEqualTo(404);
  }

  @Test
  void anOrganizationsHoursAreCheckedRecordedAndToldToItsEnclaves() {
    var fresh = server.newTenant("early");
    String path = ORGANIZATIONS + "/" + fresh.id();
    String hours =
        "{\"working_hours\": {\"zone\": \"%s\", \"from\": \"%s\", \"until\": \"%s\","
            + " \"days\": [%s]}}";
    String early = hours.formatted("Europe/Zurich", "06:00", "15:30", "\"friday\", \"monday\"");
    var told = new WorkingHours("Europe/Zurich", "06:00", "15:30", List.of("monday", "friday"));
    try (var enclave = fresh.newEnclave("home").connect()) {
      assertThat(fresh.owner().get(path).at("/working_hours").isNull()).isTrue();
      var changed = fresh.owner().patch(path, early);

      assertThat(changed.status()).as(changed.text()).isEqualTo(200);
      assertThat(changed.text("/working_hours/zone")).isEqualTo("Europe/Zurich");
      assertThat(changed.text("/working_hours/days/0")).isEqualTo("monday");
      assertThat(fresh.lastAudit("organization:update").path("detail").asText())
          .isEqualTo("working_hours: 06:00-15:30 monday friday, Europe/Zurich");
      await()
          .until(() ->
              told.equals(
                  enclave
                      .command(LinkCommand.PutOrganization.class)
                      .organization()
                      .workingHours()));
      assertThat(fresh.owner().patch(path, "{\"name\": \"earlier\"}").at("/working_hours"))
          .as("as they stand")
          .isEqualTo(changed.at("/working_hours"));

      var none = fresh.owner().patch(path, "{\"working_hours\": {}}");
      assertThat(none.at("/working_hours").isNull()).isTrue();
      assertThat(fresh.lastAudit("organization:update").path("detail").asText())
          .isEqualTo("working_hours: of each enclave");
    }
    String day = "\"monday\"";
    assertThat(
            List.of(
                pointer(fresh, path, hours.formatted("Moon/Tranquility", "06:00", "15:00", day)),
                pointer(fresh, path, hours.formatted("UTC", "6", "15:00", day)),
                pointer(fresh, path, hours.formatted("UTC", "06:00", "24:00", day)),
                pointer(fresh, path, hours.formatted("UTC", "15:00", "15:00", day)),
                pointer(fresh, path, hours.formatted("UTC", "06:00", "15:00", "")),
                pointer(fresh, path, hours.formatted("UTC", "06:00", "15:00", "\"someday\"")),
                pointer(fresh, path, hours.formatted("UTC", "06:00", "15:00", day + "," + day)),
                pointer(fresh, path, hours.formatted("UTC", "06:00", "15:00", "null")),
                pointer(fresh, path, "{\"working_hours\": {\"days\": [\"monday\"]}}")))
        .containsExactly(
            "/working_hours/zone",
            "/working_hours/from",
            "/working_hours/until",
            "/working_hours/until",
            "/working_hours/days",
            "/working_hours/days",
            "/working_hours/days",
            "/working_hours/days",
            "/working_hours/zone");
    assertThat(fresh.clientWith("org:read").patch(path, early).status()).isEqualTo(403);
    assertThat(server.newTenant("late").owner().patch(path, early).status()).isEqualTo(404);
  }

  private static String pointer(Tenant of, String path, String body) {
    var reply = of.owner().patch(path, body);
    assertThat(reply.status()).as(body).isEqualTo(422);
    return reply.text("/errors/0/pointer");
  }

  @Test
  void anOrganizationsBudgetIsCheckedRecordedAndToldToItsEnclaves() {
    var fresh = server.newTenant("thrifty");
    String path = ORGANIZATIONS + "/" + fresh.id();
    String budget = "{\"budget\": {\"usd_per_month\": 500}}";
    try (var enclave = fresh.newEnclave("home").connect()) {
      var changed = fresh.owner().patch(path, budget);

      assertThat(changed.text("/budget/usd_per_month")).isEqualTo("500");
      assertThat(changed.at("/budget/tokens_per_day").isNull()).isTrue();
      assertThat(fresh.lastAudit("organization:update").path("detail").asText())
          .isEqualTo("budget: 500 USD a month");
      await()
          .until(() ->
              enclave.commands.stream()
                  .anyMatch(it ->
                      it.command() instanceof LinkCommand.PutOrganization put
                          && put.organization()
                              .budget()
                              .equals(new Budget(null, 500_000_000L, null, null))));
    }
    assertThat(fresh.owner().patch(path, "{\"budget\": {\"usd_per_day\": -1}}").status())
        .isEqualTo(422);
    assertThat(fresh.clientWith("org:read").patch(path, budget).status()).isEqualTo(403);
    assertThat(server.newTenant("foreign").owner().patch(path, budget).status()).isEqualTo(404);
  }

  @Test
  void whatAllAgentsHaveSpentTogetherIsShown() {
    var fresh = server.newTenant("spenders");
    String path = ORGANIZATIONS + "/" + fresh.id();
    assertThat(fresh.owner().get(path).at("/spending").isNull()).isTrue();
    fresh.owner().patch(path, "{\"budget\": {\"usd_per_month\": 5, \"tokens_per_day\": 100}}");
    try (var enclave = fresh.newEnclave("home").connect()) {
      var today = LocalDate.of(2026, 11, 20);
      spent(fresh, enclave, today, new Spend(30, 1_000_000), new Spend(300, 2_000_000));
      spent(fresh, enclave, today, new Spend(20, 0), new Spend(20, 0));
      spent(fresh, enclave, today.minusDays(1), new Spend(9, 500_000), new Spend(9, 500_000));
      spent(fresh, enclave, today.minusMonths(1), new Spend(7, 7), new Spend(7, 7));
    }

    var shown = fresh.owner().get(path);

    assertThat(shown.text("/spending/day/begins")).isEqualTo("2026-11-20");
    assertThat(shown.text("/spending/day/tokens_spent")).isEqualTo("50");
    assertThat(shown.text("/spending/day/tokens_reserved")).isEqualTo("2");
    assertThat(shown.text("/spending/day/tokens_left")).isEqualTo("48");
    assertThat(shown.text("/spending/month/tokens_spent")).isEqualTo("329");
    assertThat(shown.text("/spending/month/usd_spent")).isEqualTo("2.5");
    assertThat(shown.text("/spending/month/usd_left")).isEqualTo("2.5");
    assertThat(
            fresh.owner().patch(path, "{\"budget\": {}}").at("/spending/day/tokens_left").isNull())
        .as("what is left follows the budget")
        .isTrue();
    assertThat(server.newTenant("nosy").owner().get(path).status()).isEqualTo(404);
  }

  private void spent(Tenant of, EnclaveClient enclave, LocalDate day, Spend today, Spend month) {
    String agent = of.newAgent("spender-" + month.tokens());
    var reserved = new Spend(1, 0);
    enclave.report(
        EnclaveClient.json(
            new LinkReport.AgentSeen(
                of.id(),
                AgentId.parse(agent),
                AgentStatus.ACTIVE,
                null,
                List.of(),
                new Spending(day, today, reserved, month, reserved),
                server.clock.instant())));
  }

  @Test
  void aPlatformAdministratorMakesAnOrganizationThatStandsOnItsOwn() {
    var made =
        tenant
            .owner()
            .post(
                ORGANIZATIONS,
                """
                {"name": "Second", "owner": {"name": "Sue", "email": "sue@example.com"}}
                """);

    assertThat(made.status()).as(made.text()).isEqualTo(201);
    var sue = server.login(made.text("/client/id"), made.text("/client_secret"), null);
    var self = sue.get("/api/v1/iam/self");
    assertThat(self.text("/organization_id")).isEqualTo(made.text("/organization/id"));
    assertThat(self.text("/subject")).isEqualTo(made.text("/owner/id"));
    assertThat(self.at("/permissions").toString()).doesNotContain("organizations:manage");
    assertThat(sue.get(MEMBERS).at("/items")).hasSize(1);
    assertThat(tenant.owner().get(ORGANIZATIONS + "/" + made.text("/organization/id")).status())
        .isEqualTo(404);
    assertThat(tenant.lastAudit("organization:create").path("resource").asText())
        .isEqualTo(made.text("/organization/id"));
    assertThat(sue.get("/api/v1/audit?operation=organization:create").at("/items")).hasSize(1);
  }

  @Test
  void aClientGainsNothingFromItsMembersLaterPromotion() {
    var member = newMember("{\"name\": \"P\", \"roles\": [\"viewer\"]}");
    String path = MEMBERS + "/" + member.text("/id");
    var made =
        tenant
            .owner()
            .post(CLIENTS, "{\"name\": \"p\", \"member_id\": \"" + member.text("/id") + "\"}");
    String id = made.text("/client/id");
    String secret = made.text("/client_secret");
    assertThat(made.at("/client/roles").toString()).isEqualTo("[\"viewer\"]");
    String before = server.token(id, secret, null).text("/scope");
    assertThat(before).contains("agents:read").doesNotContain("agents:manage");

    var promoted = tenant.owner().patch(path, "{\"roles\": [\"viewer\", \"admin\"]}");
    assertThat(promoted.status()).isEqualTo(200);
    assertThat(server.token(id, secret, null).text("/scope")).isEqualTo(before);

    tenant.owner().patch(path, "{\"roles\": [\"approver\"]}");
    assertThat(server.token(id, secret, null).text("/scope"))
        .contains("agents:read")
        .doesNotContain("enclaves:read")
        .doesNotContain("approvals:decide");
    tenant.owner().patch(path, "{\"roles\": []}");
    assertThat(server.token(id, secret, "agents:read").status()).isEqualTo(400);
  }

  @Test
  void aMemberIsMadeChangedAndLeavesATombstone() {
    var made =
        newMember(
            """
            {"name": "Anna", "email": "anna@example.com", "roles": ["viewer", "approver"]}
            """);
    String path = MEMBERS + "/" + made.text("/id");

    var changed =
        tenant
            .owner()
            .with("if-match", made.header("etag"))
            .patch(path, "{\"roles\": [\"admin\"]}");
    var stale = tenant.owner().with("if-match", made.header("etag")).delete(path);
    var deleted = tenant.owner().delete(path);

    assertThat(changed.at("/roles").toString()).isEqualTo("[\"admin\"]");
    assertThat(changed.text("/name")).isEqualTo("Anna");
    assertThat(stale.status()).isEqualTo(412);
    assertThat(deleted.status()).isEqualTo(204);
    assertThat(tenant.owner().get(path).at("/deleted_at").isNull()).isFalse();
    assertThat(tenant.owner().delete(path).status()).isEqualTo(404);
    assertThat(tenant.owner().get(MEMBERS).text()).doesNotContain(made.text("/id"));
    assertThat(
            server.count(
                tenant.id(),
                "SELECT count(*) FROM control.role_binding WHERE revoked_at IS NOT NULL"))
        .isGreaterThanOrEqualTo(3);
    // The address is free again.
    newMember("{\"name\": \"Anna\", \"email\": \"Anna@example.com\"}");
  }

  @Test
  void twoMembersDoNotShareAnAddress() {
    newMember("{\"name\": \"B\", \"email\": \"b@example.com\"}");

    var second = tenant.owner().post(MEMBERS, "{\"name\": \"B2\", \"email\": \"B@EXAMPLE.COM\"}");

    assertThat(second.status()).isEqualTo(409);
    assertThat(second.problem()).isEqualTo("conflict");
  }

  @Test
  void atLeastOneOwnerStays() {
    var fresh = server.newTenant("owners");
    String owner = fresh.owner().get(MEMBERS).text("/items/0/id");

    assertThat(fresh.owner().delete(MEMBERS + "/" + owner).status()).isEqualTo(409);
    assertThat(fresh.owner().patch(MEMBERS + "/" + owner, "{\"roles\": [\"admin\"]}").status())
        .isEqualTo(409);

    assertThat(fresh.owner().post(MEMBERS, "{\"name\": \"Next\", \"roles\": [\"owner\"]}").status())
        .isEqualTo(201);
    assertThat(fresh.owner().patch(MEMBERS + "/" + owner, "{\"roles\": [\"admin\"]}").status())
        .isEqualTo(200);
    // What was taken away counts at once, for tokens that were issued before.
    assertThat(
            fresh.owner().patch(ORGANIZATIONS + "/" + fresh.id(), "{\"name\": \"Mine\"}").status())
        .isEqualTo(403);
  }

  @Test
  void ofTwoOwnersThatLeaveAtOnceOneStays() throws Exception {
    var fresh = server.newTenant("racing owners");
    String first = fresh.owner().get(MEMBERS).text("/items/0/id");
    String second =
        fresh
            .owner()
            .post(MEMBERS, "{\"name\": \"Next\", \"roles\": [\"owner\", \"platform-admin\"]}")
            .text("/id");
    var made = fresh.owner().post(CLIENTS, "{\"name\": \"n\", \"member_id\": \"" + second + "\"}");
    var other = server.login(made.text("/client/id"), made.text("/client_secret"), null);

    var statuses = new ArrayList<Integer>();
    var threads =
        List.of(
            Thread.startVirtualThread(() -> {
              int status = fresh.owner().delete(MEMBERS + "/" + second).status();
              synchronized (statuses) {
                statuses.add(status);
              }
            }),
            Thread.startVirtualThread(() -> {
              int status = other.delete(MEMBERS + "/" + first).status();
              synchronized (statuses) {
                statuses.add(status);
              }
            }));
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(statuses).contains(204).doesNotContain(500);
    assertThat(statuses.stream().filter(status -> status == 204)).hasSize(1);
  }

  @Test
  void nobodyGrantsWhatTheyDoNotHold() {
    var admin = memberWith("admin");

    var asOwner = admin.post(MEMBERS, "{\"name\": \"X\", \"roles\": [\"owner\"]}");
    var client = admin.post(CLIENTS, "{\"name\": \"x\", \"permissions\": [\"approvals:decide\"]}");
    var platform = admin.post(CLIENTS, "{\"name\": \"x\", \"roles\": [\"platform-admin\"]}");
    var breakGlass =
        admin.post(CLIENTS, "{\"name\": \"x\", \"roles\": [\"viewer\"], \"break_glass\": true}");

    for (Reply reply : List.of(asOwner, client, platform, breakGlass)) {
      assertThat(reply.status()).isEqualTo(403);
      assertThat(reply.problem()).isEqualTo("permission-missing");
    }
    assertThat(tenant.audit("&operation=operator:refused").getFirst().path("verdict").asText())
        .isEqualTo("deny");
    assertThat(admin.post(CLIENTS, "{\"name\": \"x\", \"roles\": [\"viewer\"]}").status())
        .isEqualTo(201);
  }

  /** Whoever runs the fleet neither reads what agents say, nor lets somebody else. */
  @Test
  void whatAgentsSayIsForOwnersAndAuditors() {
    var readers = new ArrayList<String>();
    tenant
        .owner()
        .get("/api/v1/iam/roles")
        .at("/items")
        .forEach(role -> {
          if (role.path("permissions").toString().contains("\"payloads:read\"")) {
            readers.add(role.path("name").asText());
          }
        });

    assertThat(readers).containsExactly("owner", "auditor");
    assertThat(
            memberWith("admin")
                .post(CLIENTS, "{\"name\": \"x\", \"roles\": [\"auditor\"]}")
                .problem())
        .isEqualTo("permission-missing");
  }

  @Test
  void nobodyTakesOverWhoHoldsMore() {
    var admin = memberWith("admin");
    String owner = newMember("{\"name\": \"O\", \"roles\": [\"owner\"]}").text("/id");
    String ownersClient =
        tenant
            .owner()
            .post(CLIENTS, "{\"name\": \"o\", \"member_id\": \"" + owner + "\"}")
            .text("/client/id");

    assertThat(admin.patch(MEMBERS + "/" + owner, "{\"roles\": []}").status()).isEqualTo(403);
    assertThat(admin.delete(MEMBERS + "/" + owner).status()).isEqualTo(403);
    assertThat(admin.post(CLIENTS + "/" + ownersClient + "/rotate-secret").status()).isEqualTo(403);
    assertThat(admin.delete(CLIENTS + "/" + ownersClient).status()).isEqualTo(403);
    assertThat(
            admin
                .post(
                    CLIENTS,
                    "{\"name\": \"x\", \"member_id\": \"" + owner + "\", \"roles\": [\"viewer\"]}")
                .status())
        .isEqualTo(403);
  }

  @Test
  void aClientMayNeverDoMoreThanItsMember() {
    String member = newMember("{\"name\": \"V\", \"roles\": [\"viewer\"]}").text("/id");
    var made =
        tenant
            .owner()
            .post(
                CLIENTS,
                "{\"name\": \"v\", \"member_id\": \"%s\", \"permissions\": [\"agents:*\"]}"
                    .formatted(member));

    var token = server.token(made.text("/client/id"), made.text("/client_secret"), null);

    assertThat(token.text("/scope")).isEqualTo("agents:read");
  }

  @Test
  void aNewSecretEndsTheOldOne() {
    var made = tenant.owner().post(CLIENTS, "{\"name\": \"r\", \"roles\": [\"viewer\"]}");
    String id = made.text("/client/id");
    String path = CLIENTS + "/" + id;

    var rotated = tenant.owner().post(path + "/rotate-secret");

    assertThat(rotated.status()).isEqualTo(200);
    assertThat(rotated.text("/client_secret")).isNotEqualTo(made.text("/client_secret"));
    assertThat(server.token(id, made.text("/client_secret"), null).status()).isEqualTo(401);
    assertThat(server.token(id, rotated.text("/client_secret"), null).status()).isEqualTo(200);
    assertThat(tenant.owner().get(path).text()).doesNotContain("rdc_");
    assertThat(tenant.owner().get(CLIENTS).text()).doesNotContain("rdc_");
  }

  /** Whatever the clock says: it may be the same second, and the same microsecond. */
  @Test
  void aTokenEndsWithTheSecretThatItWasGivenFor() {
    server.clock.standStill();
    try {
      var made = tenant.owner().post(CLIENTS, "{\"name\": \"t\", \"roles\": [\"viewer\"]}");
      String id = made.text("/client/id");
      String old = server.token(id, made.text("/client_secret"), null).text("/access_token");
      assertThat(server.bearer(old).get("/api/v1/agents").status()).isEqualTo(200);

      for (int i = 0; i < 2; i++) {
        var rotated = tenant.owner().post(CLIENTS + "/" + id + "/rotate-secret");
        String renewed =
            server.token(id, rotated.text("/client_secret"), null).text("/access_token");

        assertThat(server.bearer(old).get("/api/v1/agents").status()).isEqualTo(401);
        assertThat(server.bearer(renewed).get("/api/v1/agents").status()).isEqualTo(200);
        old = renewed;
      }
    } finally {
      server.clock.goOn();
    }
  }

  /** Let in while they might, they would otherwise have as long as a body may take. */
  @Test
  void whoIsTakenAwayWhileTheySendSomethingChangesNothing() {
    String member = newMember("{\"name\": \"L\", \"roles\": [\"admin\"]}").text("/id");
    var made =
        tenant.owner().post(CLIENTS, "{\"name\": \"late\", \"member_id\": \"" + member + "\"}");
    String client = made.text("/client/id");
    var late = server.login(client, made.text("/client_secret"), null);
    String enclaves = "/api/v1/enclaves";

    var cutDown =
        late.postAfter(
            () -> tenant.owner().patch(MEMBERS + "/" + member, "{\"roles\": [\"viewer\"]}"),
            enclaves,
            "{\"name\": \"cut-down\"}");
    assertThat(cutDown.status()).isEqualTo(403);
    assertThat(tenant.lastAudit("operator:refused").path("detail").asText())
        .contains("while this was under way");

    tenant.owner().patch(MEMBERS + "/" + member, "{\"roles\": [\"admin\"]}");
    var gone =
        late.postAfter(
            () -> tenant.owner().delete(CLIENTS + "/" + client), enclaves, "{\"name\": \"gone\"}");
    assertThat(gone.status()).isEqualTo(401);
    assertThat(tenant.owner().get(enclaves).text()).doesNotContain("cut-down", "\"gone\"");
  }

  @Test
  void everythingThatIsWrongWithABodyIsSaidAtOnce() {
    var reply =
        tenant
            .owner()
            .post(
                CLIENTS,
                """
                {"name": " ", "permissions": ["agents:fly", "agents:read"], "roles": []}
                """);

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.at("/errors").findValuesAsText("pointer"))
        .containsExactlyInAnyOrder("/name", "/permissions/0");
  }

  @Test
  void aListComesInPages() {
    var fresh = server.newTenant("pages");
    for (int i = 0; i < 5; i++) {
      fresh.owner().post(MEMBERS, "{\"name\": \"M" + i + "\"}");
    }

    var seen = new ArrayList<String>();
    String cursor = "";
    do {
      var page = fresh.owner().get(MEMBERS + "?limit=2" + cursor);
      assertThat(page.at("/items").size()).isLessThanOrEqualTo(2);
      page.at("/items").forEach(item -> seen.add(item.path("id").asText()));
      cursor = page.at("/next_cursor").isNull() ? "" : "&cursor=" + page.text("/next_cursor");
    } while (!cursor.isEmpty());

    assertThat(seen)
        .hasSize(6)
        .doesNotHaveDuplicates()
        .isSortedAccordingTo((a, b) -> b.compareTo(a));
    assertThat(fresh.owner().get(MEMBERS + "?cursor=x").status()).isEqualTo(400);
    assertThat(fresh.owner().get(MEMBERS + "?limit=201").status()).isEqualTo(400);
  }

  @Test
  void theBuiltInRolesAreShown() {
    var roles = tenant.owner().get("/api/v1/iam/roles");

    assertThat(roles.at("/items").findValuesAsText("name"))
        .containsExactly("owner", "admin", "approver", "auditor", "viewer", "platform-admin");
    var next = tenant.owner().get("/api/v1/iam/roles?limit=2&cursor=admin");
    assertThat(next.at("/items").findValuesAsText("name")).containsExactly("approver", "auditor");
    assertThat(next.text("/next_cursor")).isEqualTo("auditor");
    assertThat(tenant.owner().get("/api/v1/iam/roles?cursor=viewer").at("/next_cursor").isNull())
        .isTrue();
  }

  @Test
  void ofTwoWhoChangeAMemberAtTheSameVersionOneIsRefused() {
    var made = tenant.owner().post(MEMBERS, "{\"name\": \"Mel\"}");
    String path = MEMBERS + "/" + made.text("/id");
    var owner = tenant.owner().with("if-match", made.header("etag"));

    var statuses = Http.atOnce(8, () -> owner.patch(path, "{\"name\": \"Melissa\"}").status());

    assertThat(statuses).containsOnlyOnce(200).contains(412).containsOnly(200, 412);
  }
}
