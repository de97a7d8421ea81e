package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.list;
import static io.redoubt.cli.FakeServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CommandsTest extends LoggedIn {
  private static final String AGENT =
      "{\"id\":\"agt_1\",\"name\":\"builder\",\"status\":\"active\",\"owner\":\"mem_1\"}";

  @Test
  void aListIsATableForPeopleAndJsonForPrograms() throws IOException {
    server.on("GET /api/v1/agents", list(AGENT));

    assertThat(machine.type("agent", "list")).isZero();
    assertThat(machine.out().lines())
        .containsExactly(
            "ID     NAME     STATUS  OWNER  LAST SEEN AT", "agt_1  builder  active  mem_1  -");

    assertThat(machine.type("agent", "list", "-o", "json")).isZero();
    JsonNode answer = Json.LENIENT.readTree(machine.out());
    assertThat(answer.at("/items/0/name").asText()).isEqualTo("builder");
  }

  @Test
  void theClusterIsAskedWithTheControlPlanesToken() {
    try (var node = new FakeServer()) {
      node.on(
          "GET /v1/cluster",
          json(
              200,
              """
              {"enclave_id":"enc_1","node":"node-2","majority":false,"leader":"node-1",
               "nodes":[{"node":"node-1","address":"10.0.0.1:25520","status":"up","reachable":false,"ready":null,"missing":[],
                         "version":"1","started_at":"2026-01-01T00:00:00Z","shards":null}],
               "singletons":{"key_janitor":"node-1"},"link":{"connected":true}}\
              """));

      assertThat(machine.type("cluster", "status", "--management-url", node.url().toString()))
          .isZero();

      assertThat(node.requests().getLast().header("authorization")).isEqualTo("Bearer op-token");
      assertThat(machine.out())
          .contains("node-1  up      false      -      -")
          .contains("node-2, which does not reach a majority")
          .contains("key_janitor=node-1");
      assertThat(machine.type("cluster", "status")).isEqualTo(2);
    }
  }

  @Test
  void aSettingsFileThatIsNamedHasToBeThere() {
    assertThat(machine.type("--config", "/not/there.toml", "agent", "list")).isEqualTo(2);

    assertThat(machine.err()).contains("/not/there.toml is not there");
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void howManyIsNotNegative() {
    assertThat(machine.type("audit", "search", "--limit", "-1")).isEqualTo(2);
    assertThat(machine.err()).contains("'-1' is not how many");
    assertThat(machine.type("audit", "tail", "-n", "-5", "--no-follow")).isEqualTo(2);
    assertThat(machine.type("audit", "tail", "-n", "many", "--no-follow")).isEqualTo(2);
    assertThat(server.requests()).isEmpty();
  }

  @Test
  void aLongListIsReadToItsEnd() {
    server.on(
        "GET /api/v1/agents",
        (exchange, request) -> {
          boolean first = !request.target().contains("cursor=");
          json(
                  200,
                  "{\"items\":["
                      + AGENT
                      + "],\"next_cursor\":"
                      + (first ? "\"n+1\"" : "null")
                      + "}")
              .to(exchange, request);
        });

    machine.type("agent", "list");

    assertThat(machine.out().lines()).hasSize(3);
    assertThat(server.requests().getLast().target()).endsWith("&cursor=n%2B1");
  }

  @Test
  void aBudgetIsSetAsAWholeAndShownWithWhatIsLeft() {
    String spender =
        """
        {"id": "agt_1", "name": "spender",
         "budget": {"usd_per_day": 5, "usd_per_month": null, "tokens_per_day": null,
                    "tokens_per_month": null},
         "spending": {"as_of": "2026-11-20T12:00:00Z",
           "day": {"begins": "2026-11-20", "resets_at": "2026-11-21T00:00:00Z", "usd_spent": 1.5,
                   "usd_reserved": 0.25, "usd_left": 3.25, "tokens_spent": 10,
                   "tokens_reserved": 0, "tokens_left": null}}}
        """;
    server.on("GET /api/v1/agents/agt_1", json(200, spender));
    server.on("PATCH /api/v1/agents/agt_1", json(200, spender));

    assertThat(machine.type("agent", "budget", "agt_1")).isZero();
    assertThat(machine.out()).contains("usd a day").contains("3.25").contains("2026-11-21T00:00");
    assertThat(machine.type("agent", "budget", "agt_1", "--usd-per-day", "5")).isZero();
    assertThat(server.requests().getLast().body()).contains("{\"budget\":{\"usd_per_day\":5}}");
    assertThat(machine.type("agent", "budget", "agt_1", "--none")).isZero();
    assertThat(server.requests().getLast().body()).contains("{\"budget\":{}}");
    assertThat(machine.type("agent", "budget", "agt_1", "--none", "--tokens-per-day", "1"))
        .isEqualTo(2);
  }

  @Test
  void theExitCodeSaysWhatWentWrong() {
    server
        .on("GET /api/v1/agents/agt_denied", problem(403, "The caller lacks the permission", "x"))
        .on("GET /api/v1/agents/agt_broken", problem(500, "Something went wrong", "x"))
        .on("GET /api/v1/agents/agt_away", problem(503, "Not available right now", "x"));

    assertThat(machine.type("agent", "show", "agt_denied")).isEqualTo(3);
    assertThat(machine.type("agent", "show", "agt_none")).isEqualTo(4);
    assertThat(machine.type("agent", "show", "agt_broken")).isEqualTo(1);
    assertThat(machine.type("agent", "show", "agt_away")).isEqualTo(5);
    assertThat(machine.type("agent", "show")).isEqualTo(2);
    assertThat(machine.type("agent", "shwo")).isEqualTo(2);
    assertThat(machine.type("agent")).isEqualTo(2);
    server.close();
    assertThat(machine.type("agent", "show", "agt_1")).isEqualTo(5);
  }

  @Test
  void anErrorIsTheServersWordsWithTheTraceAndNoStackTrace() {
    server.on("GET /api/v1/agents/agt_1", problem(403, "The caller lacks it", "agents:read"));

    machine.type("agent", "show", "agt_1");

    assertThat(machine.out()).isEmpty();
    assertThat(machine.err())
        .contains("The caller lacks it: agents:read")
        .contains("4bf92f3577b34da6a3ce929d0e0e4736")
        .doesNotContain("\tat ");
  }

  @Test
  void whatIsWrongWithARequestIsSaidFieldByField() {
    server.on(
        "POST /api/v1/agents",
        json(
            422,
            """
            {"type":"urn:redoubt:error:invalid-request","title":"Not valid","status":422,
             "detail":"Each entry names a field.","instance":"/x","trace_id":"0af7",
             "errors":[{"pointer":"/name","detail":"is too long"},
                       {"pointer":"","detail":"is odd"}]}\
            """));

    assertThat(machine.type("agent", "create", "x")).isEqualTo(1);

    assertThat(machine.err().lines())
        .containsSequence(
            "redoubt: Not valid:",
            "  /name: is too long",
            "  is odd",
            "  (status 422, trace 0af7)");
  }

  @Test
  void aTokenIsKeptForTheNextCommandWhereOnlyItsOwnerCanReadIt() throws IOException {
    server.on("GET /api/v1/agents", list());

    machine.type("agent", "list");
    machine.type("agent", "list");

    assertThat(server.requests())
        .filteredOn(request -> request.target().equals("/api/v1/iam/token"))
        .hasSize(1);
    try (var files = Files.list(home.resolve(".cache/redoubt"))) {
      assertThat(files)
          .allSatisfy(file ->
              assertThat(Files.getPosixFilePermissions(file).toString())
                  .doesNotContain("GROUP", "OTHERS"));
    }
  }

  @Test
  void aTokenThatTheServerNoLongerKnowsIsReplacedOnce() {
    var calls = new AtomicInteger();
    server.on(
        "GET /api/v1/agents",
        (exchange, request) -> {
          var answer =
              calls.getAndIncrement() == 0
                  ? problem(401, "The credential is not valid", "x")
                  : list();
          answer.to(exchange, request);
        });

    assertThat(machine.type("agent", "list")).isZero();
    assertThat(calls).hasValue(2);
  }

  @Test
  void aRefusedLoginSaysWhomItRefuses() {
    server.on("POST /api/v1/iam/token", json(401, "{\"error\":\"invalid_client\"}"));

    assertThat(machine.type("agent", "list")).isEqualTo(3);
    assertThat(machine.err())
        .contains("cli_1")
        .contains("redoubt login")
        .doesNotContain("a secret");
  }

  @Test
  void loginIsTriedBeforeItIsKept() throws IOException {
    assertThat(machine.type("login")).isEqualTo(4);
    assertThat(home.resolve(".config/redoubt/config.toml")).doesNotExist();

    server.on("GET /api/v1/iam/self", json(200, "{}"));
    assertThat(machine.type("login")).isZero();

    assertThat(Files.readString(home.resolve(".config/redoubt/config.toml")))
        .contains(server.url().toString(), "cli_1", "a secret");
  }

  @Test
  void anIsolationThatIsOnlyQueuedIsNoSuccess() {
    server.on("POST /api/v1/agents/agt_1/isolate", json(202, "{\"pending\":true}"));

    assertThat(machine.type("agent", "isolate", "agt_1")).isEqualTo(5);
    assertThat(machine.err()).contains("unreachable", "--at-enclave");
  }

  @Test
  void anIsolationThatTheEnclaveRefusesSaysWhy() {
    server.on(
        "POST /api/v1/agents/agt_1/isolate",
        problem(409, "Conflict", "The enclave has refused the order: too-many-isolations."));

    assertThat(machine.type("agent", "isolate", "agt_1")).isEqualTo(1);
    assertThat(machine.err())
        .contains("has refused the order: too-many-isolations")
        .doesNotContain("unreachable");
  }

  @Test
  void anIsolationShowsEveryNodesProof() {
    server
        .on("GET /api/v1/agents", list(AGENT))
        .on(
            "POST /api/v1/agents/agt_1/isolate",
            json(
                200,
                """
                {"isolation_id":"iso_1","acknowledged_at":"2026-01-01T00:00:00Z","compute":"unmanaged",
                 "nodes":[{"node":"node-1","how":"cut","streams_cut":2,"at":"2026-01-01T00:00:00Z"}]}\
                """));

    assertThat(machine.type("agent", "isolate", "builder", "--reason", "odd calls")).isZero();

    assertThat(machine.out()).contains("node-1  cut  2");
    assertThat(server.requests().getLast().body()).isEqualTo("{\"reason\":\"odd calls\"}");
    assertThat(server.requests().getLast().header("Idempotency-Key")).isNotEmpty();
  }

  @Test
  void withTheControlPlaneAwayTheEnclaveItselfIsToldToStopAnAgent() {
    try (var enclave = new FakeServer()) {
      var proof =
          json(
              200,
              """
              {"isolation_id":"iso_1","acknowledged_at":"2026-01-01T00:00:00Z","compute":"unmanaged",
               "nodes":[{"node":"node-1","how":"cut","streams_cut":2,"at":"2026-01-01T00:00:00Z"}]}\
              """);
      enclave
          .on(
              "POST /v1/operator/token",
              json(
                  200,
                  "{\"access_token\":\"at-enclave\",\"token_type\":\"Bearer\",\"expires_in\":900,"
                      + "\"scope\":\"agents:manage\"}"))
          .on("POST /v1/operator/agents/agt_1/isolate", proof)
          .on("POST /v1/operator/agents/agt_1/release", proof)
          .on("POST /v1/operator/agents/agt_1/revoke", proof)
          .on("POST /v1/operator/agents/agt_1/revoke-token", proof);
      String url = enclave.url().toString();

      int isolated =
          machine.type("--enclave-url", url, "agent", "isolate", "agt_1", "--at-enclave");

      assertThat(isolated).as(machine.err()).isZero();
      assertThat(machine.out()).contains("Isolated at", "node-1  cut  2");
      assertThat(enclave.requests().getLast().header("Authorization"))
          .isEqualTo("Bearer at-enclave");
      assertThat(enclave.requests().getLast().header("Idempotency-Key")).isNotEmpty();

      int released =
          machine.type(
              "--enclave-url",
              url,
              "agent",
              "release",
              "agt_1",
              "--at-enclave",
              "--reason",
              "it is well",
              "--isolation",
              "iso_1");

      assertThat(released).as(machine.err()).isZero();
      assertThat(enclave.requests().getLast().target())
          .isEqualTo("/v1/operator/agents/agt_1/release");
      assertThat(enclave.requests().getLast().body())
          .isEqualTo("{\"reason\":\"it is well\",\"isolation_ids\":[\"iso_1\"]}");
      assertThat(machine.type("--enclave-url", url, "agent", "revoke", "agt_1", "--at-enclave"))
          .as(machine.err())
          .isZero();
      assertThat(machine.out()).contains("Revoked at", "node-1  cut  2");
      assertThat(enclave.requests().getLast().target())
          .isEqualTo("/v1/operator/agents/agt_1/revoke");
      assertThat(
              machine.type(
                  "--enclave-url",
                  url,
                  "agent",
                  "revoke-token",
                  "agt_1",
                  "jti_1",
                  "--at-enclave",
                  "--reason",
                  "x"))
          .as(machine.err())
          .isZero();
      assertThat(enclave.requests().getLast().target())
          .isEqualTo("/v1/operator/agents/agt_1/revoke-token");
      assertThat(enclave.requests().getLast().body()).contains("\"jti\":\"jti_1\"");
      assertThat(machine.type("--enclave-url", url, "agent", "isolate", "bob", "--at-enclave"))
          .as("a name that only the control plane knows")
          .isEqualTo(2);
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void oneTokenIsRevokedByItsId() throws IOException {
    server.on(
        "POST /api/v1/agents/agt_1/revoke-token",
        json(
            200,
            """
            {"isolation_id":null,"acknowledged_at":"2026-01-01T00:00:00Z","compute":"unmanaged",
             "nodes":[{"node":"node-1","how":"cut","streams_cut":1,"at":"2026-01-01T00:00:00Z"}]}\
            """));

    assertThat(machine.type("agent", "revoke-token", "agt_1", "jti_1", "--reason", "it leaked"))
        .isZero();

    assertThat(machine.out()).contains("Token revoked at", "node-1  cut  1");
    assertThat(Json.LENIENT.readTree(server.requests().getLast().body()))
        .isEqualTo(Json.LENIENT.readTree("{\"jti\":\"jti_1\",\"reason\":\"it leaked\"}"));
    assertThat(machine.type("agent", "revoke-token", "agt_1")).isEqualTo(2);
  }

  @Test
  void aProvidersOwnAuthorityIsReadFromAFile() throws IOException {
    server.on("PUT /api/v1/providers/mine", json(200, "{\"name\":\"mine\"}"));
    Path authority = Files.writeString(home.resolve("ca.pem"), "-----BEGIN CERTIFICATE-----");
    machine.with("REDOUBT_PROVIDER_KEY", "sk-1");

    assertThat(
            machine.type(
                "provider",
                "set",
                "mine",
                "--kind",
                "openai",
                "--provider-ca-file",
                authority.toString(),
                "--connect-timeout",
                "3"))
        .isZero();

    var body = Json.LENIENT.readTree(server.requests().getLast().body());
    assertThat(body.at("/tls/ca_pem").asText()).isEqualTo("-----BEGIN CERTIFICATE-----");
    assertThat(body.at("/connect_timeout_seconds").asInt()).isEqualTo(3);
    assertThat(
            machine.type(
                "provider", "set", "mine", "--kind", "openai", "--provider-ca-file", "/no/file"))
        .isEqualTo(2);
  }

  @Test
  void aProvidersKeyIsNeverAnOption() {
    server.on("PUT /api/v1/providers/mine", json(200, "{\"name\":\"mine\"}"));

    assertThat(machine.type("provider", "set", "mine", "--kind", "openai")).isEqualTo(2);
    machine.with("REDOUBT_PROVIDER_KEY", "sk-1");
    assertThat(machine.type("provider", "set", "mine", "--kind", "openai")).isZero();

    assertThat(server.requests().getLast().body())
        .contains("\"base_url\":\"https://api.openai.com/v1\"", "\"api_key\":\"sk-1\"");
  }

  @Test
  void whatHoldsForTheOrganizationIsShownAndChangedInParts() {
    String organization =
        "{\"id\":\"org_1\",\"name\":\"default\",\"offline_mode\":\"%s\",\"version\":1}";
    server
        .on("GET /api/v1/iam/organizations", list(organization.formatted("freeze")))
        .on("PATCH /api/v1/iam/organizations/org_1", json(200, organization.formatted("continue")));

    assertThat(machine.type("org", "show")).isZero();
    assertThat(machine.out()).containsPattern("offline_mode +freeze");

    assertThat(machine.type("org", "set", "--offline-mode", "continue")).isZero();
    assertThat(server.requests().getLast().body()).isEqualTo("{\"offline_mode\":\"continue\"}");
    assertThat(machine.out()).containsPattern("offline_mode +continue");

    assertThat(
            machine.type("org", "set", "--fail-open", "true", "--compensating-controls", "egress"))
        .isZero();
    assertThat(server.requests().getLast().body())
        .isEqualTo("{\"fail_open\":true,\"compensating_controls\":\"egress\"}");
    assertThat(
            machine.type(
                "org", "set", "--working-hours", "Europe/Zurich,08:00,18:00,monday,friday"))
        .isZero();
    assertThat(server.requests().getLast().body())
        .isEqualTo(
            "{\"working_hours\":{\"zone\":\"Europe/Zurich\",\"from\":\"08:00\","
                + "\"until\":\"18:00\",\"days\":[\"monday\",\"friday\"]}}");
    assertThat(machine.type("org", "set", "--working-hours", "none")).isZero();
    assertThat(server.requests().getLast().body()).isEqualTo("{\"working_hours\":{}}");
    assertThat(machine.type("org", "set", "--working-hours", "08:00,18:00")).isEqualTo(2);
    assertThat(machine.type("org", "budget", "--tokens-per-month", "9")).isZero();
    assertThat(server.requests().getLast().body())
        .isEqualTo("{\"budget\":{\"tokens_per_month\":9}}");
    assertThat(machine.out()).contains("tokens a month");
    assertThat(machine.type("org", "budget", "--none")).isZero();
    assertThat(server.requests().getLast().body()).isEqualTo("{\"budget\":{}}");
    assertThat(machine.type("org", "budget", "--none", "--usd-per-day", "1")).isEqualTo(2);
    assertThat(machine.type("org", "set")).isEqualTo(2);
    assertThat(machine.type("org", "set", "--offline-mode", "perhaps")).isEqualTo(2);
  }

  @Test
  void theAuditCanBeAskedForByAge() {
    server.on("GET /api/v1/audit", list());

    assertThat(machine.type("audit", "search", "--since", "15m", "--verdict", "deny")).isZero();
    assertThat(machine.type("audit", "search", "--since", "yesterday")).isEqualTo(2);

    assertThat(server.requests().getLast().target()).contains("verdict=deny", "since=2");
  }

  @Test
  void whatIsKeptOfACallIsShownByTheEnclaveThatHasIt() throws IOException {
    try (var enclave = new FakeServer()) {
      String at = "GET /v1/operator/actions/act_1/payloads";
      enclave
          .on(
              at,
              json(
                  200,
                  """
                  {"action_id":"act_1","agent_id":"agt_1","time":"2026-01-01T00:00:00Z",
                   "verdict":"permit","action_digest":"00ff","reply":null,
                   "request":{"media_type":"application/json","bytes":4,"truncated":false,
                              "recorded_at":"2026-01-01T00:00:00Z",
                              "delete_after":"2026-01-31T00:00:00Z"}}\
                  """))
          .on(at + "/request", bytes("a\u001b[2J\r\nb", true))
          .on(at + "/reply", problem(410, "Nothing is kept of what was said", "It was refused."));
      machine.with("REDOUBT_ENCLAVE_URL", enclave.url().toString());

      assertThat(machine.type("audit", "payload", "aud_1")).as(machine.err()).isZero();
      assertThat(machine.out())
          .contains("request  application/json  4      false")
          .containsPattern("reply +- +-")
          .contains("action digest  00ff");
      assertThat(enclave.requests().getLast().header("Authorization")).isEqualTo("Bearer op-token");

      assertThat(machine.type("audit", "payload", "act_1", "--part", "request")).isZero();
      assertThat(machine.out().lines())
          .as("what would steer a terminal is shown")
          .containsExactly("a\\u001b[2J\\u000d", "b");
      assertThat(machine.err()).contains("cut short");

      Path file = home.resolve("request");
      assertThat(
              machine.type(
                  "audit", "payload", "act_1", "--part", "request", "--file", file.toString()))
          .isZero();
      assertThat(Files.readString(file)).isEqualTo("a\u001b[2J\r\nb");
      assertThat(Files.getPosixFilePermissions(file)).hasSize(2);

      assertThat(machine.type("audit", "payload", "act_1", "--part", "request", "-o", "json"))
          .isZero();
      JsonNode document = Json.LENIENT.readTree(machine.out());
      assertThat(document.path("base64").binaryValue())
          .isEqualTo("a\u001b[2J\r\nb".getBytes(StandardCharsets.UTF_8));
      assertThat(document.path("truncated").asBoolean()).isTrue();

      assertThat(machine.type("audit", "payload", "act_1", "--part", "reply")).isEqualTo(4);
      assertThat(machine.err()).contains("It was refused.");
      assertThat(machine.type("audit", "payload", "act_1", "--file", file.toString())).isEqualTo(2);
    }
  }

  @Test
  void withTheControlPlaneAwayTheEnclaveSaysWhoReads() {
    try (var enclave = new FakeServer()) {
      enclave
          .on(
              "POST /v1/operator/token",
              json(
                  200,
                  "{\"access_token\":\"at-enclave\",\"token_type\":\"Bearer\",\"expires_in\":900,"
                      + "\"scope\":\"payloads:read\"}"))
          .on("GET /v1/operator/actions/act_1/payloads/reply", bytes("hello", false));

      int read =
          machine.type(
              "--enclave-url",
              enclave.url().toString(),
              "audit",
              "payload",
              "act_1",
              "--part",
              "reply",
              "--at-enclave");

      assertThat(read).as(machine.err()).isZero();
      assertThat(machine.out().lines()).containsExactly("hello");
      assertThat(enclave.requests().getLast().header("Authorization"))
          .isEqualTo("Bearer at-enclave");
      assertThat(server.requests()).isEmpty();
    }
  }

  private static FakeServer.Answer bytes(String text, boolean truncated) {
    return (exchange, _) -> {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
      exchange.getResponseHeaders().set("x-redoubt-truncated", Boolean.toString(truncated));
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    };
  }

  @Test
  void theCompletionKnowsEveryCommand() {
    assertThat(machine.type("completion")).isZero();

    assertThat(machine.out())
        .contains("agent", "isolate", "provider", "--enclave-url")
        .contains("org", "--offline-mode")
        .containsPattern("freeze\\W+continue");
  }

  @Test
  void usageIsOfADateOrAnAge() {
    server.on("GET /api/v1/usage", list());

    assertThat(machine.type("usage", "--since", "24h", "--until", "2026-01-31")).isZero();
    assertThat(server.requests().getLast().target()).contains("since=2", "until=2026-01-31T00");
    assertThat(machine.type("usage", "--since", "yesterday")).isEqualTo(2);
    assertThat(machine.type("usage", "--until", "2026-02-31")).isEqualTo(2);
    assertThat(machine.err()).contains("nor a date such as 2026-01-31");
  }

  @Test
  void noSecretGoesOverANetworkInTheClear() {
    machine.with("REDOUBT_URL", "http://redoubt.example:8443");

    assertThat(machine.type("agent", "list")).isEqualTo(2);
    assertThat(machine.err()).contains("https");
  }

  @Test
  void anAgentThatIsNotThereIsNotFound() {
    server.on("GET /api/v1/agents", list());

    assertThat(machine.type("agent", "isolate", "nobody")).isEqualTo(4);
    assertThat(
            machine.type("run", "--agent", "nobody", "--enclave-url", "http://127.0.0.1:1", "true"))
        .isEqualTo(4);
  }
}
