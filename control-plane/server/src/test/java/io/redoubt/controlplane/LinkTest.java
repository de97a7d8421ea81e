package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.SealedBoxes;
import io.redoubt.protocol.token.SecretKeyText;
import io.redoubt.protocol.token.TokenDigest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Enclaves, their link, and what travels over it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LinkTest {
  private static final String ENCLAVES = "/api/v1/enclaves";
  private static final String PROVIDER =
      """
      {"kind": "anthropic", "base_url": "https://api.anthropic.com", "api_key": "sk-ant-secret-1",
       "models": ["claude-*"], "timeout_seconds": 60}
      """;

  private TestServer server;

  @BeforeAll
  void start() {
    server = new TestServer();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void aNewEnclaveHearsOfItsOrganizationFirst() {
    var tenant = server.newTenant();
    tenant.owner().put("/api/v1/providers/claude", PROVIDER);
    try (var enclave = tenant.newEnclave("main").connect()) {
      enclave.await(LinkCommand.PutProvider.class);

      assertThat(enclave.commands.stream().map(c -> c.command().getClass().getSimpleName()))
          .containsExactly("PutOrganization", "PutOperatorTrust", "PutProvider");
      assertThat(enclave.commands.stream().mapToLong(c -> c.number())).containsExactly(1L, 2L, 3L);
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

  @Test
  void aProvidersKeyLeavesOnlySealedToTheEnclave() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      var put = tenant.owner().put("/api/v1/providers/claude", PROVIDER);
      var command = enclave.command(LinkCommand.PutProvider.class);

      byte[] key =
          SealedBoxes.open(
              enclave.enrolmentKey,
              (enclave.id + "/" + tenant.id() + "/claude").getBytes(StandardCharsets.UTF_8),
              command.sealedKey());

      assertThat(new String(key, StandardCharsets.UTF_8)).isEqualTo("sk-ant-secret-1");
      assertThat(command.provider().baseUrl()).hasToString("https://api.anthropic.com");
      assertThat(command.provider().simulated()).isFalse();
      assertThat(put.status()).isEqualTo(201);
      assertThat(put.text()).doesNotContain("sk-ant");
      assertThat(tenant.owner().get("/api/v1/providers/claude").text()).doesNotContain("sk-ant");
      assertThat(tenant.owner().get("/api/v1/audit").text()).doesNotContain("sk-ant");
      assertThat(
              server.count(
                  tenant.id(),
                  "SELECT count(*) FROM control.enclave_command"
                      + " WHERE CAST(payload AS text) LIKE '%sk-ant%'"))
          .isZero();

      assertThat(tenant.owner().delete("/api/v1/providers/claude").status()).isEqualTo(204);
      enclave.await(LinkCommand.DeleteProvider.class);
      assertThat(tenant.owner().get("/api/v1/providers/claude").status()).isEqualTo(404);
    }
    // Who starts from the beginning is not told of a key that is gone.
    try (var again =
        new EnclaveClient(
            server.url(),
            tenant.owner().get(ENCLAVES).text("/items/0/id"),
            tenant
                .owner()
                .post(
                    ENCLAVES
                        + "/"
                        + tenant.owner().get(ENCLAVES).text("/items/0/id")
                        + "/rotate-key")
                .text("/api_key"))) {
      again.connect();
      await().until(() -> again.commands.size() == 4);
      assertThat(again.commands).noneMatch(c -> c.command() instanceof LinkCommand.PutProvider);
    }
  }

  @Test
  void commandsComeInOrderWithoutGapsAndFromWhereTheEnclaveStands() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      for (int i = 0; i < 5; i++) {
        tenant.newAgent("a" + i);
      }
      await().until(() -> enclave.commands.size() >= 12);
      assertThat(enclave.commands.stream().map(c -> c.number()))
          .isEqualTo(LongStream.rangeClosed(1, 12).boxed().toList());
      enclave.disconnect();
      enclave.commands.clear();

      enclave.listen(9);

      await().until(() -> enclave.commands.size() == 3);
      assertThat(enclave.commands.stream().map(c -> c.number())).containsExactly(10L, 11L, 12L);
    }
  }

  @Test
  void heartbeatsAreSignedAndNameTheNewestCommand() {
    var tenant = server.newTenant();
    try (var enclave = tenant.newEnclave("main").connect()) {
      await().until(() -> enclave.heartbeats.size() >= 3);

      var last = enclave.heartbeats.getLast();
      assertThat(last.enclaveId().toString()).isEqualTo(enclave.id);
      assertThat(last.lastCommand()).isEqualTo(2);
      assertThat(last.time()).isAfter(enclave.heartbeats.getFirst().time());
    }
  }

  @Test
  void whatAnEnclaveReportsIsShown() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    String path = ENCLAVES + "/" + enclave.id;
    assertThat(tenant.owner().get(path).at("/last_contact_at").isNull()).isTrue();
    assertThat(tenant.owner().get(path).at("/lag").asInt()).isEqualTo(2);
    enclave.hello();
    var now = server.clock.instant();

    enclave.report(
        EnclaveClient.json(new LinkReport.Applied(1, now)),
        EnclaveClient.json(
            new LinkReport.NodesSeen(
                List.of(new LinkReport.NodesSeen.Node("node-1", "0.1.0", now)), now)));

    var shown = tenant.owner().get(path);
    assertThat(shown.at("/lag").asInt()).isEqualTo(1);
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
  void aRejectedCommandIsAuditedOnce() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    enclave.hello();
    String report = EnclaveClient.json(new LinkReport.Rejected(1, "cannot"));

    enclave.report(report);
    enclave.report(report);

    assertThat(tenant.audit("&operation=command:rejected")).hasSize(1);
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
  void aKeyThatIsNotTheEnclavesIsRefused() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    var other = tenant.newEnclave("other");
    String secret = tenant.owner().post(ENCLAVES + "/" + other.id + "/rotate-key").text("/api_key");
    String forged = SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, enclave.id).reveal();

    for (String key : new String[] {"", "rde_", forged, secret + "x", secret.substring(1)}) {
      assertThat(enclave.withKey(key).hello().status()).isEqualTo(401);
    }
  }

  @Test
  void anEnclaveSaysHelloFirstAndIsNeverAheadOfItsLog() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");

    assertThat(enclave.http().get("/enclave/v1/commands").status()).isEqualTo(409);
    enclave.hello();
    assertThat(enclave.http().get("/enclave/v1/commands?after=99").status()).isEqualTo(409);
    assertThat(enclave.http().get("/enclave/v1/commands?after=-1").status()).isEqualTo(422);
    assertThat(enclave.http().get("/enclave/v1/commands?after=x").status()).isEqualTo(422);
    assertThat(
            enclave
                .http()
                .post(
                    "/enclave/v1/hello",
                    "{\"node\": \"n\", \"version\": \"1\", \"enrolment_key\": \"AAAA\"}")
                .text("/errors/0/pointer"))
        .isEqualTo("/enrolment_key");
  }

  @Test
  void badReportsAreRefusedWhole() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    enclave.hello();

    assertThat(enclave.http().post("/enclave/v1/reports", "{\"reports\": [null]}").status())
        .isEqualTo(422);
    assertThat(enclave.report("{\"kind\": \"commands.applied\"}").status()).isEqualTo(422);
    assertThat(enclave.report("{\"kind\": \"agent.seen\", \"status\": \"flying\"}").status())
        .isEqualTo(422);
    assertThat(enclave.report("{\"kind\": \"unheard-of\"}").status()).isEqualTo(422);
    assertThat(enclave.http().post("/enclave/v1/reports", "{\"reports\"").status()).isEqualTo(400);
    assertThat(enclave.http().post("/enclave/v1/reports", "{}").status()).isEqualTo(422);
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
                  {"name": "on call", "permissions": ["agents:manage", "audit:read"],
                   "break_glass": true}
                  """);
      String id = made.text("/client/id");
      await()
          .until(() ->
              enclave.command(LinkCommand.PutOperatorTrust.class).clients().stream()
                  .anyMatch(client ->
                      client.clientId().equals(id)
                          && client.permissions().equals(Set.of("agents:manage"))
                          && client.secret().equals(TokenDigest.of(made.text("/client_secret")))));

      tenant.owner().delete("/api/v1/iam/clients/" + id);

      await()
          .until(() ->
              enclave.command(LinkCommand.PutOperatorTrust.class).clients().stream()
                  .noneMatch(client -> client.clientId().equals(id)));
    }
  }

  @Test
  void anEnclaveHasOnlySoManyStreams() {
    var tenant = server.newTenant();
    var enclave = tenant.newEnclave("main");
    enclave.hello();
    var open = new ArrayList<EnclaveClient>();
    String key = tenant.owner().post(ENCLAVES + "/" + enclave.id + "/rotate-key").text("/api_key");
    for (int i = 0; i < 8; i++) {
      var client = enclave.withKey(key);
      client.connect();
      open.add(client);
    }

    var ninth = enclave.withKey(key).http().get("/enclave/v1/commands");

    assertThat(ninth.status()).isEqualTo(429);
    assertThat(ninth.header("retry-after")).isEqualTo("1");
    open.forEach(EnclaveClient::close);
  }

  @Test
  void aProviderIsCheckedBeforeItIsKept() {
    var tenant = server.newTenant();
    var owner = tenant.owner();

    var wrong =
        owner.put(
            "/api/v1/providers/x",
            """
            {"base_url": "http://example.com", "api_key": "a b", "timeout_seconds": 0}
            """);
    assertThat(wrong.at("/errors").findValuesAsText("pointer"))
        .containsExactlyInAnyOrder("/kind", "/base_url", "/api_key", "/timeout_seconds");
    for (String url :
        new String[] {
          "ftp://example.com",
          "https://user:pw@example.com",
          "https://example.com/?a=b",
          "//example.com",
          "https://",
          "javascript:alert(1)",
          "http://127.0.0.1.example.com"
        }) {
      var reply =
          owner.put(
              "/api/v1/providers/x",
              "{\"kind\": \"openai\", \"api_key\": \"k\", \"base_url\": \"" + url + "\"}");
      assertThat(reply.status()).as(url).isEqualTo(422);
      assertThat(reply.text("/errors/0/pointer")).isEqualTo("/base_url");
    }
    for (String url :
        new String[] {"http://127.0.0.1:9000/v1", "http://localhost:1", "http://[::1]:1"}) {
      assertThat(
              owner
                  .put(
                      "/api/v1/providers/x",
                      "{\"kind\": \"openai\", \"api_key\": \"k\", \"base_url\": \"" + url + "\"}")
                  .status())
          .as(url)
          .isIn(200, 201);
    }
    assertThat(
            owner
                .put(
                    "/api/v1/providers/x",
                    "{\"kind\": \"openai\", \"api_key\": \"a\\r\\nx: y\", \"base_url\": \"https://a.b\"}")
                .text("/errors/0/pointer"))
        .isEqualTo("/api_key");
    assertThat(owner.put("/api/v1/providers/UPPER", PROVIDER).status()).isEqualTo(422);
    assertThat(
            owner
                .put(
                    "/api/v1/providers/x",
                    PROVIDER.replace("\"kind\"", "\"simulated\": true, \"kind\""))
                .status())
        .isEqualTo(422);
  }
}
