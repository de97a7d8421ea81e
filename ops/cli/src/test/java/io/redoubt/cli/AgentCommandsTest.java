package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.problem;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.json.Json;
import java.io.IOException;
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
