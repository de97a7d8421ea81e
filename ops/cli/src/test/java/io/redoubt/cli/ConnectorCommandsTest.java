package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.list;
import static io.redoubt.cli.FakeServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  @Test
  void theCompletionKnowsTheCommands() {
    assertThat(machine.type("completion")).isZero();

    assertThat(machine.out()).contains("connector", "--secret-file");
  }
}
