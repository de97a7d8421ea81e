package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.jwt.Jwk;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.VerificationKey;
import io.redoubt.protocol.token.SecretKeyText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The token endpoint and what a token is good for. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenTest {
  @AutoClose private final TestServer server = new TestServer();
  private Tenant tenant;
  private String client;
  private String secret;

  @BeforeAll
  void start() {
    tenant = server.newTenant();
    var made =
        tenant.owner().post("/api/v1/iam/clients", "{\"name\": \"ci\", \"roles\": [\"viewer\"]}");
    client = made.text("/client/id");
    secret = made.text("/client_secret");
  }

  @Test
  void aClientGetsATokenForItsSecretAndTheLoginIsAudited() {
    var reply = server.token(client, secret, null);

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.at("/expires_in").asInt()).isEqualTo(900);
    assertThat(reply.text("/scope")).contains("agents:read").doesNotContain("manage");
    assertThat(reply.header("cache-control")).isEqualTo("no-store");
    assertThat(server.bearer(reply.text("/access_token")).get("/api/v1/iam/self").text("/subject"))
        .isEqualTo(client);
    var audit = tenant.lastAudit("operator:login");
    assertThat(audit.path("verdict").asText()).isEqualTo("permit");
    assertThat(audit.path("actor").asText()).isEqualTo(client);
    assertThat(audit.path("actor_kind").asText()).isEqualTo("operator");
    assertThat(audit.toString()).doesNotContain(secret).doesNotContain(reply.text("/access_token"));
  }

  @Test
  void theClientMayAuthenticateInTheForm() {
    var reply =
        server
            .anybody()
            .form(
                "/api/v1/iam/token",
                "grant_type=client_credentials&client_id=%s&client_secret=%s"
                    .formatted(client, secret));

    assertThat(reply.status()).isEqualTo(200);
  }

  @Test
  void aWrongSecretIsRefusedAndAudited() {
    String wrong = secret.substring(0, 60) + (secret.charAt(60) == 'A' ? 'B' : 'A');
    String other = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, client).reveal();

    for (String attempt : new String[] {wrong, other, "", "rdc_", secret + "x"}) {
      var reply = server.token(client, attempt, null);
      assertThat(reply.status()).isEqualTo(401);
      assertThat(reply.text("/error")).isEqualTo("invalid_client");
      assertThat(reply.header("www-authenticate")).startsWith("Basic");
    }
    var audit = tenant.audit("&operation=operator:login&verdict=deny");
    assertThat(audit).isNotEmpty();
    assertThat(audit.getFirst().path("detail").asText()).contains("wrong secret");
  }

  @Test
  void anUnknownClientIsAnsweredLikeAWrongSecret() {
    var stranger = ClientId.next(server.clock);
    var foreign = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, stranger).reveal();

    var reply = server.token(stranger.toString(), foreign, null);

    assertThat(reply.status()).isEqualTo(401);
    assertThat(reply.body()).isEqualTo(server.token(client, "rdc_wrong", null).body());
  }

  @Test
  void whatIsNotClientCredentialsIsRefusedAsRfc6749Says() {
    var anybody = server.anybody();

    assertThat(anybody.form("/api/v1/iam/token", "grant_type=password").text("/error"))
        .isEqualTo("unsupported_grant_type");
    assertThat(anybody.form("/api/v1/iam/token", "scope=agents:read").text("/error"))
        .isEqualTo("invalid_request");
    var twice =
        anybody
            .with("authorization", "Basic eDp5")
            .form(
                "/api/v1/iam/token",
                "grant_type=client_credentials&client_id=%s&client_secret=%s"
                    .formatted(client, secret));
    assertThat(twice.text("/error")).isEqualTo("invalid_request");
    assertThat(anybody.post("/api/v1/iam/token", "{}").status()).isEqualTo(415);
    for (String malformed :
        new String[] {"grant_type=client_credentials&grant_type=password", "grant_type=%zz"}) {
      var reply = anybody.form("/api/v1/iam/token", malformed);
      assertThat(reply.status()).as(malformed).isEqualTo(400);
      assertThat(reply.text("/error")).as(malformed).isEqualTo("invalid_request");
    }
    assertThat(
            anybody
                .with("authorization", "Basic !!!")
                .form("/api/v1/iam/token", "grant_type=client_credentials")
                .text("/error"))
        .isEqualTo("invalid_client");
  }

  @Test
  void aScopeNarrowsTheTokenAndNeverWidensIt() {
    var narrow = server.token(client, secret, "agents:read");
    var wide = server.token(client, secret, "agents:manage");

    assertThat(narrow.text("/scope")).isEqualTo("agents:read");
    var caller = server.bearer(narrow.text("/access_token"));
    assertThat(caller.get("/api/v1/agents").status()).isEqualTo(200);
    assertThat(caller.get("/api/v1/enclaves").status()).isEqualTo(403);
    assertThat(wide.status()).isEqualTo(400);
    assertThat(wide.text("/error")).isEqualTo("invalid_scope");
  }

  @Test
  void aDeletedClientsTokenDiesWithIt() {
    var made =
        tenant.owner().post("/api/v1/iam/clients", "{\"name\": \"x\", \"roles\": [\"viewer\"]}");
    String id = made.text("/client/id");
    var caller = server.login(id, made.text("/client_secret"), null);

    assertThat(tenant.owner().delete("/api/v1/iam/clients/" + id).status()).isEqualTo(204);

    assertThat(caller.get("/api/v1/agents").status()).isEqualTo(401);
    assertThat(server.token(id, made.text("/client_secret"), null).status()).isEqualTo(401);
    assertThat(tenant.lastAudit("client:delete").path("resource").asText()).isEqualTo(id);
  }

  @Test
  void aForgedOrForeignTokenIsRefused() {
    String token = server.token(client, secret, null).text("/access_token");
    String[] parts = token.split("\\.", -1);
    String none =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                "{\"alg\":\"none\",\"typ\":\"redoubt-operator+jwt\",\"kid\":\"x\"}"
                    .getBytes(StandardCharsets.UTF_8));
    for (String bad :
        new String[] {
          "",
          "x",
          parts[0] + "." + parts[1] + ".",
          none + "." + parts[1] + ".",
          token.substring(0, token.length() - 2),
          parts[1] + "." + parts[0] + "." + parts[2]
        }) {
      var reply = server.bearer(bad).get("/api/v1/agents");
      assertThat(reply.status()).isEqualTo(401);
      assertThat(reply.header("www-authenticate")).isEqualTo("Bearer");
    }
    assertThat(server.anybody().get("/api/v1/agents").problem()).isEqualTo("credential-missing");
  }

  @Test
  void aTokenExpires() {
    try (var other = new TestServer()) {
      var owner = other.newTenant().owner();
      assertThat(owner.get("/api/v1/agents").status()).isEqualTo(200);

      other.clock.forward(Duration.ofMinutes(15));

      assertThat(owner.get("/api/v1/agents").status()).isEqualTo(401);
    }
  }

  @Test
  void keysThatAreLongOutOfUseVouchForTheirSuccessors() throws Exception {
    try (var other =
        new TestServer(
            """
            redoubt.control-plane.keys { rotate-after = 1 h, announce = 1 s, tend-every = 100 ms }
            """)) {
      var enclave = other.newTenant().newEnclave("main");
      Jwk first = Json.LENIENT.treeToValue(enclave.hello().at("/command_keys/keys/0"), Jwk.class);
      var seen = new HashSet<String>(List.of(first.kid()));
      for (int rotation = 0; rotation < 3; rotation++) {
        other.clock.forward(Duration.ofHours(2));
        Awaitility.await()
            .until(() ->
                seen.addAll(enclave.hello().at("/command_keys/keys").findValuesAsText("kid")));
      }

      var hello = enclave.hello();
      var offered = Json.LENIENT.treeToValue(hello.at("/command_keys"), JwkSet.class);
      assertThat(offered.keys()).doesNotContain(first);
      assertThat(hello.at("/command_keys_signatures"))
          .anySatisfy(signature ->
              assertThat(
                      Jws.parse(Jws.Type.LINK_COMMAND, signature.asText(), 1 << 20)
                          .flatMap(jws -> jws.payloadIfSignedBy(VerificationKey.of(first))))
                  .hasValueSatisfying(payload -> assertThat(read(payload)).isEqualTo(offered)));
    }
  }

  private static JwkSet read(byte[] payload) {
    try {
      return Json.LENIENT.readValue(payload, JwkSet.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aSigningKeyIsReplacedWithoutBreakingItsTokens() {
    try (var other =
        new TestServer(
            """
            redoubt.control-plane.keys { rotate-after = 1 h, announce = 1 s, tend-every = 100 ms }
            """)) {
      var tenant = other.newTenant();
      var enclave = tenant.newEnclave("main");
      assertThat(enclave.hello().at("/command_keys/keys")).hasSize(1);
      other.clock.forward(Duration.ofHours(2));
      tenant = other.newTenant("again");
      var before = tenant.owner();

      Awaitility.await().until(() -> enclave.hello().at("/command_keys/keys").size() == 2);

      var hello = enclave.hello();
      assertThat(hello.text("/command_keys_signature")).isNotEmpty();
      other.clock.forward(Duration.ofSeconds(5));
      assertThat(before.get("/api/v1/agents").status()).isEqualTo(200);
      assertThat(other.newTenant("again").owner().get("/api/v1/agents").status()).isEqualTo(200);
    }
  }
}
