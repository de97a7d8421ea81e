package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.token.TokenDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The registry of enclaves and what each is told of the organizations it serves. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EnclaveTest {
  private static final String ENCLAVES = "/api/v1/enclaves";
  @AutoClose private final TestServer server = new TestServer();

  @Test
  void whatAnEnclaveReportsIsShown() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    String path = ENCLAVES + "/" + enclave.id;
    assertThat(tenant.owner().get(path).at("/last_contact_at").isNull()).isTrue();
    assertThat(tenant.owner().get(path).at("/lag").asInt()).isEqualTo(3);
    enclave.hello();
    var now = server.clock.instant();

    enclave.report(
        EnclaveClient.json(new LinkReport.Applied(1, now)),
        EnclaveClient.json(
            new LinkReport.NodesSeen(
                List.of(new LinkReport.NodesSeen.Node("node-1", "0.1.0", now)), now)));

    var shown = tenant.owner().get(path);
    assertThat(shown.at("/lag").asInt()).isEqualTo(2);
    assertThat(shown.text("/nodes/0/node")).isEqualTo("node-1");
    assertThat(shown.text("/version")).isEqualTo("0.1.0");
    assertThat(shown.at("/last_contact_at").isNull()).isFalse();
    assertThat(shown.at("/enrolled").asBoolean()).isTrue();
    assertThat(shown.at("/listening").asBoolean()).isFalse();
    assertThat(shown.at("/bundle_version").isNull()).isTrue();
    enclave.connect();
    await().until(() -> tenant.owner().get(path).at("/listening").asBoolean());
    enclave.close();
  }

  @Test
  void aNewKeyEndsTheOldOneAndItsStreams() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      await().until(() -> !enclave.heartbeats.isEmpty());

      var rotated = tenant.owner().post(ENCLAVES + "/" + enclave.id + "/rotate-key");

      await().until(enclave::ended);
      assertThat(enclave.hello().status()).isEqualTo(401);
      assertThat(enclave.withKey(rotated.text("/api_key")).hello().status()).isEqualTo(200);
      assertThat(tenant.owner().get(ENCLAVES).text()).doesNotContain("rde_");
    }
  }

  @Test
  void anEnclaveIsDeletedOnceItHasNoAgentsAndItsKeyDiesAtOnce() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      String path = ENCLAVES + "/" + enclave.id;
      String agent = tenant.newAgent("agent");

      var refused = tenant.owner().delete(path);
      assertThat(refused.status()).isEqualTo(409);
      assertThat(refused.text("/detail"))
          .isEqualTo("Agents that belong to it and are not decommissioned: 1.");
      assertThat(enclave.hello().status()).isEqualTo(200);
      assertThat(tenant.owner().delete("/api/v1/agents/" + agent).status()).isEqualTo(202);
      assertThat(tenant.owner().delete(path).status()).isEqualTo(204);

      await().until(enclave::ended);
      assertThat(enclave.hello().status()).isEqualTo(401);
      assertThat(tenant.owner().get(path).status()).isEqualTo(404);
      assertThat(tenant.owner().get(ENCLAVES).at("/items")).isEmpty();
      assertThat(tenant.owner().post(path + "/rotate-key").status()).isEqualTo(404);
      assertThat(tenant.owner().delete(path).status()).isEqualTo(404);
      var record = tenant.lastAudit("enclave:delete");
      assertThat(record.path("resource").asText()).isEqualTo(enclave.id);
      assertThat(record.path("verdict").asText()).isEqualTo("permit");
      assertThat(record.path("detail").asText())
          .isEqualTo("agents whose end it has not acknowledged: 1");
      assertThat(
              server.count(
                  tenant.id(), "SELECT count(*) FROM control.enclave WHERE deleted_at IS NOT NULL"))
          .as("its record stays")
          .isEqualTo(1);
    }
  }

  @Test
  void whatWaitsForPeopleEndsWithItsEnclave() {
    var asking = Asking.of(server);
    var owner = asking.tenant().owner();
    var view = asking.asks("{\"amount\": 5}");
    assertThat(owner.delete("/api/v1/agents/" + asking.agent()).status()).isEqualTo(202);

    assertThat(owner.delete(ENCLAVES + "/" + asking.enclave().id).status()).isEqualTo(204);

    var shown = owner.get("/api/v1/approvals/" + view.id());
    assertThat(shown.text("/status")).isEqualTo("cancelled");
    assertThat(shown.at("/arguments").isNull()).isTrue();
    assertThat(owner.get("/api/v1/approvals?status=pending").at("/items")).isEmpty();
    var said =
        owner.post("/api/v1/approvals/" + view.id() + "/decision", "{\"decision\": \"approve\"}");
    assertThat(said.status()).isEqualTo(409);
    var record = asking.tenant().lastAudit("approval:cancelled");
    assertThat(record.path("resource").asText()).isEqualTo(view.id().toString());
  }

  @Test
  void whatIsDeletedTakesNoAgentIsToldNothingAndLeavesItsNameToAnother() {
    var tenant = server.newTenant();
    var spare = tenant.newEnclave("spare");
    var main = tenant.newEnclave("main");
    String commands =
        "SELECT count(*) FROM control.enclave_command WHERE enclave_id = '%s'"
            .formatted(EnclaveId.parse(spare.id).uuid());
    long before = server.count(tenant.id(), commands);
    assertThat(tenant.owner().delete(ENCLAVES + "/" + spare.id).status()).isEqualTo(204);

    var named =
        tenant
            .owner()
            .post("/api/v1/agents", "{\"name\": \"a\", \"enclave_id\": \"" + spare.id + "\"}");
    assertThat(named.status()).isEqualTo(422);
    assertThat(named.text("/errors/0/pointer")).isEqualTo("/enclave_id");
    String agent = tenant.newAgent("agent");
    assertThat(tenant.owner().get("/api/v1/agents/" + agent).text("/enclave_id"))
        .as("the only one there is")
        .isEqualTo(main.id);
    var published = tenant.owner().post("/api/v1/bundles", "{}");
    assertThat(published.at("/away").findValuesAsText("name")).containsExactly("main");
    assertThat(server.count(tenant.id(), commands)).isEqualTo(before);
    assertThat(tenant.newEnclave("spare").id).isNotEqualTo(spare.id);
  }

  @Test
  void anEnclaveThatServesAnotherOrganizationIsNotDeleted() {
    var platform = server.newTenant();
    var guest = server.newTenant();
    var enclave = platform.newEnclave("shared");
    String path = ENCLAVES + "/" + enclave.id;
    platform.owner().put(path + "/organizations/" + guest.id(), "{}");

    assertThat(guest.owner().delete(path).status()).as("it is not theirs").isEqualTo(404);
    var refused = platform.owner().delete(path);
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.text("/detail"))
        .isEqualTo("Organizations that it serves besides its own: 1.");
    assertThat(enclave.hello().status()).isEqualTo(200);
  }

  @Test
  void anAgentThatIsMadeWhileItsEnclaveIsDeletedKeepsItOrIsNotMade() {
    for (int i = 0; i < 10; i++) {
      var tenant = server.newTenant();
      var enclave = tenant.newEnclave("main");

      var making =
          CompletableFuture.supplyAsync(
              () -> tenant.owner().post("/api/v1/agents", "{\"name\": \"agent\"}"),
              Thread::startVirtualThread);
      var deleted = tenant.owner().delete(ENCLAVES + "/" + enclave.id);

      if (making.join().status() == 201) {
        assertThat(deleted.status()).isEqualTo(409);
      } else {
        assertThat(making.join().status()).isEqualTo(422);
        assertThat(deleted.status()).isEqualTo(204);
      }
    }
  }

  @Test
  void oneEnclaveServesSeveralOrganizationsAndToldNothingOfOthers() {
    var platform = server.newTenant();
    var guest = server.newTenant();
    var stranger = server.newTenant();
    try (var enclave = platform.newEnclave("shared").connect()) {
      assertThat(guest.owner().get(ENCLAVES + "/" + enclave.id).status()).isEqualTo(404);

      var shared =
          platform.owner().put(ENCLAVES + "/" + enclave.id + "/organizations/" + guest.id(), "{}");

      assertThat(shared.status()).isEqualTo(204);
      String agent = guest.newAgent("guest");
      await()
          .until(() ->
              enclave.commands.stream()
                  .anyMatch(c ->
                      c.command() instanceof LinkCommand.PutAgent put
                          && put.agentId().toString().equals(agent)
                          && c.organizationId().equals(guest.id())));
      assertThat(enclave.commands)
          .filteredOn(c -> c.command() instanceof LinkCommand.PutOrganization)
          .extracting(c -> c.organizationId())
          .containsExactly(platform.id(), guest.id());
      assertThat(guest.owner().get(ENCLAVES + "/" + enclave.id).status()).isEqualTo(200);
      assertThat(guest.owner().post(ENCLAVES + "/" + enclave.id + "/rotate-key").status())
          .isEqualTo(404);
      assertThat(
              stranger
                  .owner()
                  .put(ENCLAVES + "/" + enclave.id + "/organizations/" + stranger.id(), "{}")
                  .status())
          .isEqualTo(404);
      assertThat(enclave.commands).noneMatch(c -> c.organizationId().equals(stranger.id()));
    }
  }

  @Test
  void settingsOfTheOrganizationReachItsEnclaves() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      tenant
          .owner()
          .patch("/api/v1/iam/organizations/" + tenant.id(), "{\"payloads\": \"metadata\"}");

      await()
          .until(() ->
              enclave.commands.stream()
                  .anyMatch(c ->
                      c.command() instanceof LinkCommand.PutOrganization put
                          && put.organization().payloads() == OrganizationSpec.Payloads.METADATA));
    }
  }

  @Test
  void breakGlassClientsReachTheEnclaveAndLeaveIt() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      var made =
          tenant
              .owner()
              .post(
                  "/api/v1/iam/clients",
                  """
                  {"name": "on call", "permissions": ["agents:manage", "audit:read", "payloads:read"],
                   "break_glass": true}
                  """);
      String id = made.text("/client/id");
      await()
          .until(() ->
              enclave.command(LinkCommand.PutOperatorTrust.class).clients().stream()
                  .anyMatch(client ->
                      client.clientId().equals(id)
                          && client.permissions().equals(Set.of("agents:manage", "payloads:read"))
                          && client.secret().equals(TokenDigest.of(made.text("/client_secret")))
                          && client.actsAs().equals(id)));

      tenant.owner().delete("/api/v1/iam/clients/" + id);

      await()
          .until(() ->
              enclave.command(LinkCommand.PutOperatorTrust.class).clients().stream()
                  .noneMatch(client -> client.clientId().equals(id)));
    }
  }

  /** They all fit into one command, which has a limit. */
  @Test
  void anOrganizationHasAHundredBreakGlassClientsAndNoMore() {
    var tenant = server.newTenant();
    String path = "/api/v1/iam/clients";
    String body =
        "{\"name\": \"on call\", \"permissions\": [\"agents:manage\"], \"break_glass\": true}";
    var ids = new ArrayList<String>();
    for (int i = 0; i < 97; i++) { // the owner has one already
      var reply = tenant.owner().post(path, body);
      assertThat(reply.status()).as(reply.text()).isEqualTo(201);
      ids.add(reply.text("/client/id"));
    }

    var replies = Http.atOnce(5, () -> tenant.owner().post(path, body));

    assertThat(replies.stream().map(Reply::status))
        .containsExactlyInAnyOrder(201, 201, 409, 409, 409);
    assertThat(tenant.owner().post(path, body).text("/detail"))
        .isEqualTo("An organization has at most 100 break-glass clients.");
    assertThat(tenant.owner().post(path, body.replace("true", "false")).status()).isEqualTo(201);
    tenant.owner().delete(path + "/" + ids.getFirst());
    assertThat(tenant.owner().post(path, body).status()).as("in its place").isEqualTo(201);
  }

  /** So that somebody counts as one person, whichever way they come. */
  @Test
  void anEnclaveHearsWhoIsBehindAClientThatMayBreakTheGlass() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      String member =
          tenant
              .owner()
              .post("/api/v1/iam/members", "{\"name\": \"M\", \"roles\": [\"admin\"]}")
              .text("/id");
      String id =
          tenant
              .owner()
              .post(
                  "/api/v1/iam/clients",
                  "{\"name\": \"M's\", \"member_id\": \"%s\", \"break_glass\": true}"
                      .formatted(member))
              .text("/client/id");

      await()
          .until(() ->
              enclave.command(LinkCommand.PutOperatorTrust.class).clients().stream()
                  .anyMatch(client ->
                      client.clientId().equals(id)
                          && client.actsAs().equals(member)
                          && client.secretFrom() != null));
    }
  }

  @Test
  void anEnclaveHearsWhatWasTakenFromWhomever() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      var member =
          tenant.owner().post("/api/v1/iam/members", "{\"name\": \"M\", \"roles\": [\"admin\"]}");
      String path = "/api/v1/iam/members/" + member.text("/id");
      var made =
          tenant
              .owner()
              .post(
                  "/api/v1/iam/clients",
                  "{\"name\": \"of M\", \"member_id\": \"" + member.text("/id") + "\"}");
      String id = made.text("/client/id");
      var service =
          tenant
              .owner()
              .post("/api/v1/iam/clients", "{\"name\": \"s\", \"roles\": [\"viewer\"]}")
              .text("/client/id");

      tenant.owner().patch(path, "{\"roles\": [\"viewer\"]}");
      await()
          .until(() ->
              taken(enclave, id)
                  .filter(it -> !it.permissions().contains("agents:manage"))
                  .isPresent());
      tenant.owner().delete("/api/v1/iam/clients/" + service);
      await().until(() -> taken(enclave, service).isPresent());
      assertThat(taken(enclave, service).orElseThrow().permissions()).isEmpty();
      assertThat(taken(enclave, service).orElseThrow().actsAs()).isEqualTo(service);
      tenant.owner().patch(path, "{\"roles\": [\"viewer\", \"admin\"]}");
      await()
          .until(() ->
              taken(enclave, id)
                  .filter(it -> it.permissions().contains("agents:manage"))
                  .isPresent());
      var rotated = tenant.owner().post("/api/v1/iam/clients/" + id + "/rotate-secret");
      await()
          .until(() ->
              taken(enclave, id)
                  .filter(it ->
                      it.issuedFrom().equals(Instant.parse(rotated.text("/client/rotated_at"))))
                  .isPresent());
    }
  }

  private static Optional<LinkCommand.Withdrawal> taken(EnclaveClient enclave, String client) {
    return enclave.command(LinkCommand.PutOperatorTrust.class).withdrawn().stream()
        .filter(it -> it.clientId().equals(client))
        .findFirst();
  }

  @Test
  void aNewEnclaveHearsOfItsOrganizationFirst() {
    var tenant = server.newTenant();
    tenant.owner().put("/api/v1/providers/claude", Tenant.PROVIDER);
    tenant.owner().put("/api/v1/connectors/tickets", Tenant.CONNECTOR);
    try (var enclave = tenant.newEnclave("main").connect()) {
      enclave.await(LinkCommand.PutConnector.class);

      assertThat(enclave.commands.stream().map(c -> c.command().getClass().getSimpleName()))
          .containsExactly(
              "PutOrganization",
              "PutOperatorTrust",
              "BundlePublished",
              "PutProvider",
              "PutConnector");
      assertThat(enclave.commands.stream().mapToLong(c -> c.number()))
          .containsExactly(1L, 2L, 3L, 4L, 5L);
      assertThat(enclave.commands)
          .allSatisfy(c -> {
            assertThat(c.organizationId()).isEqualTo(tenant.id());
            assertThat(c.enclaveId().toString()).isEqualTo(enclave.id);
          });
      var trust = enclave.command(LinkCommand.PutOperatorTrust.class);
      assertThat(trust.issuer()).isEqualTo("urn:redoubt:control-plane");
      assertThat(trust.keys().keys()).hasSize(1);
      assertThat(trust.clients()).hasSize(1);
      assertThat(trust.clients().getFirst().permissions())
          .contains("agents:manage", "approvals:decide")
          .doesNotContain("members:manage");
    }
    assertThat(tenant.lastAudit("enclave:create").path("verdict").asText()).isEqualTo("permit");
    assertThat(tenant.lastAudit("enclave:enrol").path("actor_kind").asText()).isEqualTo("system");
  }
}
