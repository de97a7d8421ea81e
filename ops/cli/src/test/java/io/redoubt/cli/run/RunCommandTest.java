package io.redoubt.cli.run;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.list;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.cli.FakeServer;
import io.redoubt.cli.TestMachine;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.token.AgentToken;
import io.redoubt.protocol.token.FamilyHandle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {
  @TempDir Path home;

  private final FakeServer controlPlane = FakeServer.controlPlane();
  private final FakeServer enclave = new FakeServer();
  private TestMachine machine;

  @BeforeEach
  void start() {
    InstantSource clock = InstantSource.system();
    String token =
        AgentToken.mint(
                AgentToken.Kind.BOOTSTRAP,
                FamilyHandle.create(OrganizationId.next(clock), AgentId.next(clock)))
            .reveal();
    controlPlane
        .on("GET /api/v1/agents", list())
        .on("POST /api/v1/agents", json(201, "{\"bootstrap_token\":\"" + token + "\"}"));
    enclave
        .on("POST /v1/agent/bootstrap", granted("the access token", 300))
        .on("POST /v1/messages", json(200, "{\"id\":\"msg_1\"}"));
    machine =
        new TestMachine(home)
            .loggedInTo(controlPlane)
            .with("REDOUBT_ENCLAVE_URL", enclave.url().toString())
            .with("REDOUBT_CONTROL_DATABASE_PASSWORD", "a secret of the database");
  }

  @AfterEach
  void stop() {
    controlPlane.close();
    enclave.close();
  }

  @Test
  void theProgramActsAsTheAgentWithNothingOfTheOperators() throws IOException {
    Path seen = home.resolve("seen");

    int code =
        run(
            "env > "
                + seen
                + "; cat $REDOUBT_TOKEN_FILE > "
                + seen
                + ".token; stat -c %a"
                + " $REDOUBT_TOKEN_FILE > "
                + seen
                + ".mode; exit 7");

    assertThat(code).isEqualTo(7);
    List<String> environment = Files.readAllLines(seen);
    assertThat(environment)
        .contains("REDOUBT_AGENT_ID=agt_1", "DATABASE_PASSWORD=pw")
        .anyMatch(line -> line.matches("OPENAI_BASE_URL=http://127\\.0\\.0\\.1:[0-9]+/v1"))
        .anyMatch(line -> line.matches("ANTHROPIC_BASE_URL=http://127\\.0\\.0\\.1:[0-9]+"))
        .anyMatch(line -> line.startsWith("ANTHROPIC_API_KEY=rdl_"))
        .noneMatch(line -> line.startsWith("REDOUBT_CLIENT"))
        .noneMatch(line -> line.contains("a secret"));
    assertThat(Files.readString(Path.of(seen + ".token"))).isEqualTo("the access token");
    assertThat(Files.readString(Path.of(seen + ".mode"))).isEqualToIgnoringNewLines("600");
  }

  @Test
  void aProgramThatReadsItsKeyOnceReachesTheModelThroughTheLocalAddress() throws IOException {
    Path answer = home.resolve("answer");

    int code =
        run(
            "curl -s -X POST -H \"x-api-key: $ANTHROPIC_API_KEY\" -d '{}'"
                + " $ANTHROPIC_BASE_URL/v1/messages > "
                + answer);

    assertThat(code).isZero();
    assertThat(answer).hasContent("{\"id\":\"msg_1\"}");
    assertThat(enclave.requests().getLast().header("Authorization"))
        .isEqualTo("Bearer the access token");
  }

  @Test
  void whatReplacesTheTokenReachesTheFileAndTheModel() {
    enclave
        .on("POST /v1/agent/bootstrap", granted("the first token", 4))
        .on("POST /v1/agent/refresh", granted("the second token", 300));
    Path seen = home.resolve("seen");

    int code =
        run(
            "cat $REDOUBT_TOKEN_FILE > "
                + seen
                + "; for i in $(seq 200); do grep -q second $REDOUBT_TOKEN_FILE && break;"
                + " sleep 0.1; done; cat $REDOUBT_TOKEN_FILE > "
                + seen
                + ".later; curl -s -o /dev/null -X POST -H \"x-api-key: $ANTHROPIC_API_KEY\""
                + " -d '{}' $ANTHROPIC_BASE_URL/v1/messages");

    assertThat(code).isZero();
    assertThat(seen).hasContent("the first token");
    assertThat(Path.of(seen + ".later")).hasContent("the second token");
    assertThat(enclave.requests().getLast().header("Authorization"))
        .isEqualTo("Bearer the second token");
    assertThat(machine.err()).isEmpty();
  }

  @Test
  void aSignalsDeathIsPassedOnAsTheShellDoes() {
    assertThat(run("kill -9 $$")).isEqualTo(137);
  }

  @Test
  void wordsAfterTheProgramAreTheProgramsOwn() throws IOException {
    Path file = home.resolve("words");

    machine.type(
        "run", "--agent", "a", "--create", "sh", "-c", "echo $0 $@ > " + file, "-o", "json");

    assertThat(file).hasContent("-o json");
  }

  @Test
  void anAgentIsMadeInTheEnclaveThatIsNamed() {
    controlPlane.on(
        "GET /api/v1/enclaves",
        list("{\"id\":\"enc_2\",\"name\":\"spare\"}", "{\"id\":\"enc_1\",\"name\":\"eu-1\"}"));

    int code =
        machine.type(
            "run", "--agent", "a", "--create", "--enclave", "eu-1", "--", "sh", "-c", "exit 0");

    assertThat(code).isZero();
    assertThat(controlPlane.requests().getLast().body())
        .isEqualTo("{\"name\":\"a\",\"enclave_id\":\"enc_1\"}");
    assertThat(machine.type("run", "--agent", "a", "--enclave", "eu-1", "--", "true")).isEqualTo(2);
    assertThat(machine.err()).contains("--create");
  }

  private FakeServer.Answer granted(String accessToken, int seconds) {
    return json(
        200,
        """
        {"agent_id":"agt_1","access_token":"%s","expires_in":%d,
         "secrets":{"DATABASE_PASSWORD":"pw"},"endpoints":{"llm":"%s"}}\
        """
            .formatted(accessToken, seconds, enclave.url()));
  }

  private int run(String script) {
    return machine.type("run", "--agent", "builder", "--create", "--", "sh", "-c", script);
  }
}
