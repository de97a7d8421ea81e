package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The ends that an agent can come to. */
class AgentCommandsTest extends LoggedIn {
  private static final String AGENTS =
      """
      {"items":[
        {"id":"agt_0","name":"builder","deleted_at":"2025-12-31T00:00:00Z"},
        {"id":"agt_1","name":"builder","deleted_at":null}],"next_cursor":null}\
      """;
  private static final String ACKNOWLEDGED =
      """
      {"acknowledged_at":"2026-01-01T00:00:00Z","compute":"unmanaged","nodes":[
        {"node":"node-1","how":"cut","streams_cut":1,"at":"2026-01-01T00:00:00Z"},
        {"node":"node-2","how":"unconfirmed","streams_cut":0,"at":"2026-01-01T00:00:00Z"}]}\
      """;

  @BeforeEach
  void serveAgents() {
    server.on("GET /api/v1/agents", json(200, AGENTS));
  }

  private static final String ENCLAVES =
      """
      {"items":[
        {"id":"enc_2","name":"sp\\u001bare","enrolled":false},
        {"id":"enc_1","name":"eu-1","enrolled":true}],"next_cursor":null}\
      """;
  private static final String WHICH_ENCLAVE =
      """
      {"type":"urn:redoubt:error:invalid","title":"That is not valid","status":422,
       "instance":"/api/v1/agents","errors":[
         {"pointer":"/enclave_id","detail":"is needed: there is more than one"}]}\
      """;

  @Test
  void whereAnEnclaveHasToBeNamedItIsSaidWhichThereAre() {
    server.on("POST /api/v1/agents", json(422, WHICH_ENCLAVE));
    server.on("GET /api/v1/enclaves", problem(403, "The caller lacks the permission", "no"));
    assertThat(machine.type("agent", "create", "scout")).isEqualTo(1);
    assertThat(machine.err()).contains("/enclave_id: is needed").doesNotContain("--enclave");

    server.on("GET /api/v1/enclaves", json(200, ENCLAVES));
    assertThat(machine.type("agent", "create", "scout")).isEqualTo(1);
    assertThat(machine.err())
        .contains("/enclave_id: is needed")
        .contains("Say --enclave NAME. There are: sp\uFFFDare (never connected), eu-1");
  }

  @Test
  void theEnclaveOfANewAgentIsNamedAsPeopleCallIt() {
    server.on("GET /api/v1/enclaves", json(200, ENCLAVES));
    server.on(
        "POST /api/v1/agents",
        json(
            201,
            "{\"agent\":{\"id\":\"agt_2\",\"name\":\"scout\"},\"bootstrap_token\":\"rdb_once\"}"));

    assertThat(machine.type("agent", "create", "scout", "--enclave", "eu-1")).isZero();
    assertThat(server.requests().getLast().body())
        .isEqualTo("{\"name\":\"scout\",\"enclave_id\":\"enc_1\"}");
    assertThat(machine.type("agent", "create", "scout", "--enclave", "enc_9")).isZero();
    assertThat(server.requests().getLast().body())
        .isEqualTo("{\"name\":\"scout\",\"enclave_id\":\"enc_9\"}");
    assertThat(machine.type("agent", "create", "scout", "--enclave", "us-1")).isEqualTo(4);
    assertThat(machine.err()).contains("There is no enclave called us-1.");

    server.on("GET /api/v1/enclaves", json(200, ENCLAVES.replace("sp\\u001bare", "eu-1")));
    assertThat(machine.type("agent", "create", "scout", "--enclave", "eu-1")).isEqualTo(1);
    assertThat(machine.err()).contains("enc_2, enc_1");
  }

  @Test
  void whoeverStillBearsTheNameIsRevokedAndEveryNodesProofIsShown() throws IOException {
    server.on("POST /api/v1/agents/agt_1/revoke", json(200, ACKNOWLEDGED));

    assertThat(machine.type("agent", "revoke", "builder", "--reason", "its laptop is gone"))
        .isZero();

    assertThat(machine.out()).contains("Revoked at 2026-01-01T00:00:00Z.", "node-1  cut");
    assertThat(machine.err()).contains("node node-2 did not answer").doesNotContain("node-1");
    assertThat(server.requests().getLast().body()).isEqualTo("{\"reason\":\"its laptop is gone\"}");
    assertThat(server.requests().getLast().header("Idempotency-Key")).isNotEmpty();

    assertThat(machine.type("agent", "revoke", "agt_1", "-o", "json")).isZero();
    assertThat(Json.LENIENT.readTree(machine.out())).isEqualTo(Json.LENIENT.readTree(ACKNOWLEDGED));
    assertThat(server.requests().getLast().body())
        .isEqualTo("{\"reason\":\"by the command line\"}");
  }

  @Test
  void aLabelIsWrittenAlikeWhereverItIsAskedFor() {
    server.on(
        "POST /api/v1/agents",
        json(201, "{\"agent\":{\"id\":\"agt_2\",\"name\":\"x\"},\"bootstrap_token\":\"t\"}"));

    for (String label : List.of("team=a:b=c", "team:a:b=c")) {
      assertThat(machine.type("agent", "create", "x", "--label", label)).isZero();
      assertThat(server.requests().getLast().body())
          .isEqualTo("{\"name\":\"x\",\"labels\":{\"team\":\"a:b=c\"}}");
      assertThat(machine.type("agent", "list", "--label", label)).isZero();
      assertThat(server.requests().getLast().target()).contains("label=team%3Aa%3Ab%3Dc&");
    }
    for (String label : List.of("team", ":a")) {
      assertThat(machine.type("agent", "create", "x", "--label", label)).isEqualTo(2);
      assertThat(machine.type("agent", "list", "--label", label)).isEqualTo(2);
    }
    assertThat(machine.type("agent", "create", "x", "--label", "team=a", "--label", "team:b"))
        .isEqualTo(2);
    assertThat(machine.err()).contains("The label team is given twice.");
  }

  @Test
  void whoeverStillBearsTheNameIsDeletedAndEveryNodesProofIsShown() {
    server.on("DELETE /api/v1/agents/agt_1", json(200, ACKNOWLEDGED));

    assertThat(machine.type("agent", "delete", "builder")).isZero();

    assertThat(machine.out()).contains("Deleted at 2026-01-01T00:00:00Z.", "node-1  cut");
    assertThat(machine.err()).contains("node node-2 did not answer");
    assertThat(server.requests().getLast().method()).isEqualTo("DELETE");
  }

  @Test
  void anEndThatIsOnlyQueuedIsNoSuccess() {
    server
        .on("POST /api/v1/agents/agt_1/revoke", json(202, "{\"pending\":true}"))
        .on("DELETE /api/v1/agents/agt_1", json(202, "{\"pending\":true}"));

    assertThat(machine.type("agent", "revoke", "agt_1")).isEqualTo(5);
    assertThat(machine.out()).contains("nothing is confirmed yet");
    assertThat(machine.type("agent", "delete", "agt_1")).isEqualTo(5);
    assertThat(machine.err()).contains("unreachable");
  }

  @Test
  void theExitCodeSaysWhatWentWrong() {
    assertThat(machine.type("agent", "revoke")).isEqualTo(2);
    assertThat(machine.type("agent", "delete")).isEqualTo(2);
    assertThat(machine.type("agent", "revoke", "nobody")).isEqualTo(4);
    assertThat(machine.type("agent", "delete", "nobody")).isEqualTo(4);
    assertThat(machine.err()).contains("no agent called nobody");
    assertThat(machine.type("agent", "revoke", "agt_none")).isEqualTo(4);
    assertThat(machine.type("agent", "delete", "agt_none")).isEqualTo(4);

    server
        .on(
            "POST /api/v1/agents/agt_1/revoke",
            problem(403, "The caller lacks the permission", "agents:kill"))
        .on(
            "DELETE /api/v1/agents/agt_1",
            problem(403, "The caller lacks the permission", "agents:manage"));
    assertThat(machine.type("agent", "revoke", "agt_1")).isEqualTo(3);
    assertThat(machine.err()).contains("agents:kill");
    assertThat(machine.type("agent", "delete", "agt_1")).isEqualTo(3);
    assertThat(machine.err()).contains("agents:manage");

    server.close();
    assertThat(machine.type("agent", "revoke", "agt_1")).isEqualTo(5);
    assertThat(machine.type("agent", "delete", "agt_1")).isEqualTo(5);
  }
}
