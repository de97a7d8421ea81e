package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.list;
import static io.redoubt.cli.FakeServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConnectorCommandsTest extends LoggedIn {
  private static final String CONNECTORS = "/api/v1/connectors";
  private static final String TICKETS = CONNECTORS + "/tickets";
  private static final String CONNECTOR =
      """
      {"name": "tickets", "base_url": "https://tickets.example.com/api",
       "credential": {"header": "authorization", "scheme": "Bearer"},
       "operations": [
         {"name": "issue.show", "method": "GET", "path": "/issues/{id}", "access": "read"},
         {"name": "issue.create", "method": "POST", "path": "/issues", "access": "write"}],
       "timeout_seconds": 30, "connect_timeout_seconds": null,
       "tls": {"ca_pem": "-----BEGIN CERTIFICATE-----"}, "version": 3}
      """;
  private static final String FILE =
      """
      {"base_url": "https://tickets.example.com/api",
       "credential": {"header": "Authorization", "scheme": "Bearer"},
       "operations": [{"name": "issue.show", "method": "GET", "path": "/issues/{id}"}]}
      """;
  private static final String WITHOUT_CREDENTIAL =
      """
      {"base_url": "https://open.example.com",
       "operations": [{"name": "list", "method": "GET", "path": "/all"}]}
      """;

  private static final String WORKFLOWS = "/api/v1/approval-workflows";
  private static final String WORKFLOW =
      """
      {"name": "two-tiers", "uses": 1, "window_seconds": 900, "tiers": [
        {"kind": "llm_judge", "approvers": [], "quorum": 1, "timeout_seconds": 20,
         "on_timeout": "next", "veto": true, "exclude_owner": false, "provider": "judge",
         "model": "m-1"},
        {"kind": "human", "approvers": ["mbr_1", "group:ops"], "quorum": 2, "timeout_seconds": 600,
         "on_timeout": "deny", "veto": true, "exclude_owner": true}]}
      """;
  private static final String PERMIT = decision("permit", "[\"starter\"]", "[]");

  private static String decision(String verdict, String policyIds, String workflows) {
    return """
    {"verdict": "%s", "policy_ids": %s, "workflows": %s, "alerts": [], "shadow": null,
     "errors": [], "content": []}\
    """
        .formatted(verdict, policyIds, workflows);
  }

  private String file(String content) throws IOException {
    return Files.writeString(home.resolve("connector.json"), content).toString();
  }

  private String sentSecret() throws IOException {
    return Json.LENIENT
        .readTree(server.requests().getLast().body())
        .at("/credential/secret")
        .asText();
  }

  @Test
  void aConnectorIsSetFromAFileAndASecretThatNobodySees() throws IOException {
    server.on("PUT " + TICKETS, json(201, CONNECTOR));
    machine.with("REDOUBT_CONNECTOR_SECRET", "s3cret");

    assertThat(machine.type("connector", "set", "tickets", "--file", file(FILE))).isZero();

    var sent = Json.LENIENT.readTree(server.requests().getLast().body());
    assertThat(sent.at("/credential/secret").asText()).isEqualTo("s3cret");
    assertThat(sent.at("/credential/header").asText()).isEqualTo("Authorization");
    assertThat(sent.at("/operations/0/path").asText()).isEqualTo("/issues/{id}");
    assertThat(machine.out()).isEqualTo("Connector tickets is set.\n");
  }

  @Test
  void theSecretIsReadFromAFileFirst() throws IOException {
    server.on("PUT " + TICKETS, json(200, CONNECTOR));
    machine.with("REDOUBT_CONNECTOR_SECRET", "from the variable");
    Path secret = Files.writeString(home.resolve("secret"), "from-the-file\n");

    assertThat(
            machine.type(
                "connector",
                "set",
                "tickets",
                "--file",
                file(FILE),
                "--secret-file",
                secret.toString(),
                "-o",
                "json"))
        .isZero();

    assertThat(sentSecret()).isEqualTo("from-the-file");
    assertThat(Json.LENIENT.readTree(machine.out()).at("/version").asInt()).isEqualTo(3);
  }

  @Test
  void whoSaysNothingOfTheSecretIsAskedForIt() throws IOException {
    server.on("PUT " + TICKETS, json(200, CONNECTOR));
    machine.typing("typed");

    assertThat(machine.type("connector", "set", "tickets", "--file", file(FILE))).isZero();

    assertThat(machine.prompts()).containsExactly("The secret of tickets: ");
    assertThat(sentSecret()).isEqualTo("typed");
  }

  @Test
  void withoutItsSecretNothingIsSent() throws IOException {
    assertThat(machine.type("connector", "set", "tickets", "--file", file(FILE))).isEqualTo(2);
    assertThat(machine.err()).contains("REDOUBT_CONNECTOR_SECRET");

    assertThat(
            machine.type(
                "connector", "set", "tickets", "--file", file(FILE), "--secret-file", "/no/file"))
        .isEqualTo(2);
    assertThat(machine.err()).contains("/no/file cannot be read");

    assertThat(server.requests()).isEmpty();
  }

  @Test
  void anApiThatWantsNoSecretIsSetWithoutOne() throws IOException {
    server.on("PUT " + TICKETS, json(200, CONNECTOR));
    machine.with("REDOUBT_CONNECTOR_SECRET", "of another").typing("nobody asks");

    assertThat(machine.type("connector", "set", "tickets", "--file", file(WITHOUT_CREDENTIAL)))
        .isZero();

    assertThat(server.requests().getLast().body()).doesNotContain("credential", "of another");
    assertThat(machine.prompts()).isEmpty();
  }

  @Test
  void whatCannotBeMeantIsNotSent() throws IOException {
    machine.with("REDOUBT_CONNECTOR_SECRET", "s");

    String holding = file(FILE.replace("\"Bearer\"", "\"Bearer\", \"secret\": \"plain\""));
    assertThat(machine.type("connector", "set", "tickets", "--file", holding)).isEqualTo(2);
    assertThat(machine.err()).contains("The secret does not belong into").doesNotContain("plain");
    assertThat(machine.type("connector", "set", "tickets", "--file", file("[]"))).isEqualTo(2);
    assertThat(machine.type("connector", "set", "tickets", "--file", file("{"))).isEqualTo(2);
    assertThat(machine.type("connector", "set", "tickets", "--file", "/no/file")).isEqualTo(2);
    assertThat(machine.type("connector", "set", "tickets")).isEqualTo(2);
    assertThat(machine.type("connector", "set", "tickets", "--file", "-", "--secret-file", "-"))
        .isEqualTo(2);
    Path secret = Files.writeString(home.resolve("secret"), "s");
    assertThat(
            machine.type(
                "connector",
                "set",
                "tickets",
                "--file",
                file(WITHOUT_CREDENTIAL),
                "--secret-file",
                secret.toString()))
        .isEqualTo(2);
    assertThat(machine.err()).contains("no credential");

    assertThat(server.requests()).isEmpty();
  }

  @Test
  void connectorsAreListedWithoutTheirSecrets() throws IOException {
    server.on(
        "GET " + CONNECTORS,
        list(
            CONNECTOR,
            "{\"name\": \"open\", \"base_url\": \"https://a.b\", \"credential\": null}"));

    assertThat(machine.type("connector", "list")).isZero();
    assertThat(machine.out().lines())
        .containsExactly(
            "NAME     BASE URL                         CREDENTIAL             OPERATIONS",
            "tickets  https://tickets.example.com/api  authorization: Bearer  2",
            "open     https://a.b                      -                      0");

    assertThat(machine.type("connector", "list", "-o", "json")).isZero();
    assertThat(Json.LENIENT.readTree(machine.out()).at("/items/0/operations/1/name").asText())
        .isEqualTo("issue.create");
  }

  @Test
  void aConnectorIsShownWithItsOperationsAsATable() throws IOException {
    server.on("GET " + TICKETS, json(200, CONNECTOR));

    assertThat(machine.type("connector", "show", "tickets")).isZero();
    assertThat(machine.out())
        .containsPattern("credential +authorization: Bearer")
        .containsPattern("timeout_seconds +30")
        .contains(
            """
            NAME          METHOD  PATH          ACCESS
            issue.show    GET     /issues/{id}  read
            issue.create  POST    /issues       write
            """)
        .doesNotContain("BEGIN CERTIFICATE");

    assertThat(machine.type("connector", "show", "tickets", "-o", "json")).isZero();
    assertThat(Json.LENIENT.readTree(machine.out())).isEqualTo(Json.LENIENT.readTree(CONNECTOR));
  }

  @Test
  void aConnectorIsDeletedOnce() {
    server.on("DELETE " + TICKETS, json(204, ""));

    assertThat(machine.type("connector", "delete", "tickets")).isZero();
    assertThat(machine.out()).isEqualTo("Connector tickets is gone.\n");

    server.on("DELETE " + TICKETS, problem(404, "Not found", "There is none."));
    assertThat(machine.type("connector", "delete", "tickets")).isEqualTo(4);
    assertThat(machine.type("connector", "show", "nothing")).isEqualTo(4);
  }

  @Test
  void aNameIsOnePartOfThePath() {
    assertThat(machine.type("connector", "show", "../iam/clients")).isEqualTo(4);

    assertThat(server.requests().getLast().target()).isEqualTo(CONNECTORS + "/..%2Fiam%2Fclients");
  }

  private void isDecided(String decision) {
    server
        .on("GET " + TICKETS, json(200, CONNECTOR))
        .on("GET /api/v1/agents", list("{\"id\": \"agt_7\", \"name\": \"helper\"}"))
        .on("GET " + WORKFLOWS, list(WORKFLOW))
        .on(
            "POST /api/v1/policies/test",
            json(
                200,
                "{\"valid\": true, \"problems\": [], \"warnings\": [\"a rule never decides\"],"
                    + " \"decisions\": ["
                    + decision
                    + "]}"));
  }

  private int tests(String operation, String... more) {
    var words = new ArrayList<>(List.of("connector", "test", "tickets", operation));
    words.addAll(List.of(more));
    words.addAll(List.of("--agent", "helper"));
    return machine.type(words.toArray(String[]::new));
  }

  @Test
  void anOperationIsTriedWithoutDoingIt() throws IOException {
    isDecided(PERMIT);

    assertThat(
            tests(
                "issue.create", "--parameters", "{\"title\": \"a\", \"n\": 100.0, \"b\": [0.10]}"))
        .isZero();

    assertThat(machine.out())
        .isEqualTo(
            """
            POST https://tickets.example.com/api/issues
            authorization: Bearer ***
            content-type: application/json

            {"b":[0.1],"n":100,"title":"a"}

            The draft of the policies says permit, by starter.
            """);
    assertThat(machine.err()).contains("a rule never decides");
    assertThat(Json.LENIENT.readTree(server.requests().getLast().body()))
        .isEqualTo(
            Json.LENIENT.readTree(
                """
                {"requests": [{"agent_id": "agt_7", "action": "connector:write",
                  "resource": "tickets/issue.create", "risk": 0, "findings": [], "history": [],
                  "args": {"b": [0.1], "n": 100, "title": "a"}}]}
                """));
    assertThat(server.requests())
        .filteredOn(request -> !request.target().contains("/iam/"))
        .extracting(request -> request.method() + " " + request.target().replaceAll("\\?.*", ""))
        .containsExactly("GET " + TICKETS, "GET /api/v1/agents", "POST /api/v1/policies/test");
  }

  @Test
  void parametersOfARequestWithoutABodyAreInItsUrl() throws IOException {
    isDecided(PERMIT);
    String file =
        Files.writeString(
                home.resolve("p.json"), "{\"id\": \"a b\", \"z\": 1, \"a\": [\"x\", true]}")
            .toString();

    assertThat(tests("issue.show", "--parameters-file", file)).isZero();

    assertThat(machine.out())
        .startsWith(
            """
            GET https://tickets.example.com/api/issues/a%20b?a=x&a=true&z=1
            authorization: Bearer ***

            The draft\
            """);
    assertThat(server.requests().getLast().body()).contains("connector:read", "\"id\":\"a b\"");
  }

  @Test
  void whereTheApiWantsNoSecretNoLineIsShown() throws IOException {
    isDecided(PERMIT);
    server.on(
        "GET " + TICKETS,
        json(
            200,
            CONNECTOR
                .replaceAll("\"credential\": \\{[^}]*}", "\"credential\": null")
                .replace("https://tickets.example.com/api", "http://[::1]:8080/")));

    assertThat(tests("issue.create")).isZero();
    assertThat(machine.out())
        .startsWith("POST http://[::1]:8080/issues\ncontent-type: application/json\n\n{}\n");

    assertThat(tests("issue.create", "-o", "json")).isZero();
    assertThat(Json.LENIENT.readTree(machine.out()).at("/request/credential").isNull()).isTrue();
  }

  @Test
  void whatPoliciesDenyEndsWithThree() {
    isDecided(decision("deny", "[\"careful\"]", "[]"));
    assertThat(tests("issue.create")).isEqualTo(3);
    assertThat(machine.out()).contains("The draft of the policies says deny, by careful.\n");

    isDecided(decision("deny", "[]", "[]"));
    assertThat(tests("issue.create")).isEqualTo(3);
    assertThat(machine.out()).contains("says deny, since nothing permits it.\n");

    isDecided(
        """
        {"verdict": "deny", "policy_ids": ["odd"], "workflows": [],
         "alerts": [{"policy_id": "odd", "text": "look \\u001b[2J here"}],
         "shadow": {"verdict": "permit", "policy_ids": ["new"], "workflows": [], "errors": []},
         "errors": ["odd: no such attribute"], "content": []}
        """);
    assertThat(tests("issue.create")).isEqualTo(3);
    assertThat(machine.out())
        .endsWith(
            """
            The draft of the policies says deny, by odd.
            With the policies in shadow: permit, by new.
            error: odd: no such attribute
            alert: look \uFFFD[2J here (odd)
            """);
  }

  @Test
  void whoWouldBeAskedForAnApprovalIsSaid() throws IOException {
    isDecided(decision("escalate", "[\"careful\"]", "[\"two-tiers\", \"nobody-defined\"]"));

    assertThat(tests("issue.create")).isZero();
    assertThat(machine.out())
        .endsWith(
            """
            The draft of the policies says escalate, by careful.

            WORKFLOW        TIER  ASKS                                    QUORUM  SECONDS  THEN
            two-tiers       1     model m-1 of judge                      1       20       next
            two-tiers       2     mbr_1,group:ops, not the agent's owner  2       600      deny
            nobody-defined  1     whoever has approvals:decide            1       900      deny
            """);

    assertThat(tests("issue.create", "-o", "json")).isZero();
    var said = Json.LENIENT.readTree(machine.out());
    assertThat(said.at("/asked/0")).isEqualTo(Json.LENIENT.readTree(WORKFLOW));
    assertThat(said.at("/asked/1/tiers/0/kind").asText()).isEqualTo("human");
  }

  @Test
  void programsGetAllOfIt() throws IOException {
    isDecided(PERMIT);

    assertThat(tests("issue.create", "--parameters", "{\"n\": 100.0}", "-o", "json")).isZero();

    assertThat(Json.LENIENT.readTree(machine.out()))
        .isEqualTo(
            Json.LENIENT.readTree(
                """
                {"request": {"method": "POST", "url": "https://tickets.example.com/api/issues",
                   "credential": {"header": "authorization", "scheme": "Bearer"},
                   "body": {"n": 100}},
                 "valid": true, "problems": [], "warnings": ["a rule never decides"],
                 "decision": %s, "asked": []}
                """
                    .formatted(PERMIT)));
  }

  @Test
  void aDraftThatIsNotValidSaysNothing() throws IOException {
    isDecided(PERMIT);
    server.on(
        "POST /api/v1/policies/test",
        json(
            200,
            """
            {"valid": false, "warnings": [], "decisions": [], "problems":
              [{"policy": "guard", "line": 3, "column": 2, "message": "no"}]}\
            """));

    assertThat(tests("issue.create")).isEqualTo(1);
    assertThat(machine.out()).endsWith("\n\nguard:3:2: no\n");

    assertThat(tests("issue.create", "-o", "json")).isEqualTo(1);
    assertThat(Json.LENIENT.readTree(machine.out()).at("/decision").isNull()).isTrue();
  }

  @Test
  void whatIsNotThereEndsWithFour() {
    isDecided(PERMIT);

    assertThat(machine.type("connector", "test", "nothing", "issue.show", "--agent", "helper"))
        .isEqualTo(4);
    assertThat(tests("issue.burn")).isEqualTo(4);
    assertThat(machine.err()).contains("The connector tickets has no operation issue.burn.");
    assertThat(machine.type("connector", "test", "tickets", "issue.create", "--agent", "nobody"))
        .isEqualTo(4);
    assertThat(machine.err()).contains("no agent called nobody");

    server.on("POST /api/v1/policies/test", problem(404, "Not found", "There is none."));
    assertThat(machine.type("connector", "test", "tickets", "issue.create", "--agent", "agt_9"))
        .isEqualTo(4);
  }

  @Test
  void parametersThatDoNotFitAreWrongUsage() {
    isDecided(PERMIT);

    assertThat(tests("issue.show", "--parameters", "{\"q\": {}}")).isEqualTo(2);
    assertThat(machine.err())
        .contains(
            "The parameters do not fit the operation:\n  /parameters/id: is needed",
            "\n  /parameters/q: goes into a query");
    assertThat(tests("issue.show")).isEqualTo(2);
    assertThat(tests("issue.show", "--parameters", "{\"id\": \"..\"}")).isEqualTo(2);
    assertThat(server.requests()).noneMatch(request -> request.target().contains("/policies"));
  }

  @Test
  void whatIsNoParametersIsNotAskedAbout() {
    for (String wrong :
        new String[] {
          "",
          "[]",
          "{",
          "{\"a\":1,\"a\":2}",
          "{\"n\":99999999999999999999}",
          "{\"n\":1e99999999999}"
        }) {
      assertThat(tests("issue.show", "--parameters", wrong)).as(wrong).isEqualTo(2);
    }
    assertThat(tests("issue.show", "--parameters-file", "/no/file")).isEqualTo(2);
    assertThat(tests("issue.show", "--parameters", "{}", "--parameters-file", "-")).isEqualTo(2);
    assertThat(machine.type("connector", "test", "tickets", "issue.show")).isEqualTo(2);
    assertThat(machine.type("connector", "test", "tickets", "--agent", "helper")).isEqualTo(2);

    assertThat(server.requests()).isEmpty();
  }

  @Test
  void theCompletionKnowsTheCommands() {
    assertThat(machine.type("completion")).isZero();

    assertThat(machine.out()).contains("connector", "--secret-file", "--parameters-file");
  }
}
