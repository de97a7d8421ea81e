package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static io.redoubt.cli.FakeServer.list;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RulesCommandsTest extends LoggedIn {
  private static final String RULES = "/api/v1/rules";
  private static final String COMMENTS =
      """
      {"name":"comments","priority":10,"access":"write","connector":"git","operation":"*.comment",
       "agent_id":null,"group":null,"risk":["low"],"verdict":"permit","workflow":null,
       "shadowed_by":null,"shadows":["pushes"],"cedar":"permit (principal, action, resource);\\n"}\
      """;
  private static final String PUSHES =
      """
      {"name":"pushes","priority":20,"access":"write","connector":"git","operation":"push",
       "agent_id":null,"group":"team=a","risk":[],"verdict":"escalate","workflow":"leads",
       "shadowed_by":"comments","shadows":[],"cedar":"// nothing\\n"}\
      """;

  @Test
  void rulesAreListedInTheirOrderWithThoseThatNeverDecideNamed() {
    server.on("GET " + RULES, list(COMMENTS, PUSHES));

    assertThat(machine.type("rules", "list")).isZero();

    assertThat(machine.out().lines().map(line -> line.strip().replaceAll(" +", " ")))
        .containsExactly(
            "PRIORITY NAME ACCESS CONNECTOR OPERATION AGENT ID GROUP RISK VERDICT WORKFLOW",
            "10 comments write git *.comment - - low permit -",
            "20 pushes write git push - team=a - escalate leads");
    assertThat(machine.err()).contains("rule pushes never decides", "rule comments before it");
  }

  @Test
  void aRuleIsShownWithTheCedarThatItBecomes() {
    server.on("GET " + RULES + "/comments", json(200, COMMENTS));

    assertThat(machine.type("rules", "show", "comments")).isZero();

    assertThat(machine.out())
        .contains("*.comment")
        .endsWith("permit (principal, action, resource);\n");
    assertThat(machine.type("rules", "show", "none")).isEqualTo(4);
  }

  @Test
  void aRuleIsSetAndWhatItShadowsIsSaid() {
    server
        .on("PUT " + RULES + "/comments", json(201, COMMENTS))
        .on("GET /api/v1/agents", list("{\"id\":\"agt_1\",\"name\":\"builder\"}"));

    assertThat(
            machine.type(
                "rules",
                "set",
                "comments",
                "--priority",
                "10",
                "--verdict",
                "permit",
                "--access",
                "write",
                "--connector",
                "git",
                "--operation",
                "*.comment",
                "--agent",
                "builder",
                "--risk",
                "low",
                "--risk",
                "high"))
        .isZero();

    assertThat(server.requests().getLast().body())
        .isEqualTo(
            "{\"priority\":10,\"access\":\"write\",\"connector\":\"git\","
                + "\"operation\":\"*.comment\",\"agent_id\":\"agt_1\","
                + "\"risk\":[\"low\",\"high\"],\"verdict\":\"permit\"}");
    assertThat(machine.out()).contains("in the draft").contains("redoubt policy publish");
    assertThat(machine.err()).contains("rule pushes never decides");
    assertThat(machine.type("rules", "set", "comments", "--priority", "10")).isEqualTo(2);
    assertThat(machine.type("rules", "set", "x", "--priority", "1", "--verdict", "perhaps"))
        .isEqualTo(2);
  }

  @Test
  void aRuleIsDeleted() {
    server.on("DELETE " + RULES + "/comments", json(204, ""));

    assertThat(machine.type("rules", "delete", "comments")).isZero();
    assertThat(machine.out()).contains("until you publish");
    assertThat(machine.type("rules", "delete", "none")).isEqualTo(4);
  }
}
