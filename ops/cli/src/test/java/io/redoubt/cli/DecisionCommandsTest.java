package io.redoubt.cli;

import static io.redoubt.cli.FakeServer.json;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Commands about what was decided. */
class DecisionCommandsTest extends LoggedIn {
  private static final String CHANGES =
      """
      [{"from":"permit","to":"deny","count":2,"examples":[
        {"action_id":"act_1","time":"2026-01-01T00:00:00Z","agent_id":"agt_1",
         "operation":"llm:generate","resource":"opus","recorded":"permit",
         "before":["starter"],"after":["no-opus"]}]}]\
      """;

  @Test
  void aDecisionIsExplained() {
    server.on(
        "GET /api/v1/audit/act_1/explanation",
        json(
            200,
            """
            {"summary":"Denied by guard in version 7 of the policies.",
             "record":{"time":"2026-01-01T00:00:00Z","agent_id":"agt_1","operation":"llm:generate",
               "resource":"opus","verdict":"deny","risk_score":40,"findings":["pii:email"],
               "tools":{"names":null,"provider":["mcp","web_search"]},
               "approval_id":"apr_1",
               "outcome":{"status":"cancelled","error":"client-gone"},
               "coverage":{"inspected":["messages","tools"],
                 "acted":[{"finding":"pii:email","action":"redact","by":"organization"}],
                 "not_inspected":[{"what":"image","why":"not text"}]}},
             "bundle":{"version":7,"published_at":"2026-01-01T00:00:00Z","published_by":"mem_1"},
             "policies":[{"id":"guard","effect":"forbid",
                          "text":"forbid (principal,\\n  action, resource);"}],
             "reasons":["policy_denied","guard: integer overflow"],"risk":[{"name":"off-intent","points":30},{"name":"burst","points":10}],
             "workflows":[],"alerts":[{"policy_id":"guard","text":"look"}],
             "shadow":{"verdict":"permit","policies":[{"id":"watch","effect":"permit","text":null}]},
             "unknown":["its arguments"]}\
            """));

    assertThat(machine.type("policy", "explain", "act_1")).isZero();

    assertThat(machine.out())
        .startsWith("Denied by guard in version 7")
        .contains(
            "risk           40 = off-intent 30 + burst 10",
            "tools          not known",
            "at provider    mcp,web_search",
            "why            guard: integer overflow",
            "approval       apr_1",
            "outcome        cancelled: client-gone",
            "inspected      messages,tools",
            "acted          pii:email: redact (organization)",
            "not inspected  image: not text",
            "alert          look (guard)",
            "guard:\n    forbid (principal,\n      action, resource);",
            "With the policies in shadow it would be: permit",
            "in shadow: watch:");
    assertThat(machine.err()).contains("not known: its arguments");
    assertThat(machine.type("policy", "explain", "act_2")).isEqualTo(4);
  }

  @Test
  void recordedActionsArePutToTheDraft() {
    server.on(
        "POST /api/v1/policies/replay",
        json(
            200,
            """
            {"valid":true,"problems":[],"records":5,"more":true,"replayed":3,"unchanged":1,
             "changes":%s,"not_replayed":[{"why":"policies ask for its arguments","count":2}],
             "assumptions":["Agents are taken as they are now."]}\
            """
                .formatted(CHANGES)));

    assertThat(machine.type("policy", "replay", "--agent", "agt_1", "--limit", "5")).isZero();

    assertThat(machine.out().lines())
        .containsExactly(
            "3 of 5 actions replayed; 1 go as they do now.",
            "deny instead of permit: 2",
            "  act_1  llm:generate opus  by no-opus instead of starter",
            "not replayed: 2, since policies ask for its arguments");
    assertThat(machine.err()).contains("newest 5 actions", "as they are now");
    assertThat(server.requests().getLast().body())
        .isEqualTo("{\"limit\":5,\"agent_id\":\"agt_1\"}");
    assertThat(machine.type("policy", "replay", "--since", "yesterday")).isEqualTo(2);
  }

  @Test
  void aDraftThatIsNotValidIsNoSuccess() {
    server.on(
        "POST /api/v1/policies/replay",
        json(
            200,
            """
            {"valid":false,"problems":[{"policy":"guard","line":3,"column":2,"message":"no"}],
             "changes":[],"not_replayed":[],"assumptions":[]}\
            """));

    assertThat(machine.type("policy", "replay")).isEqualTo(1);
    assertThat(machine.out()).contains("guard:3:2: no");
  }

  @Test
  void whatPoliciesInShadowWouldHaveChangedIsShown() {
    server.on(
        "POST /api/v1/policies/shadow",
        json(200, "{\"records\":9,\"more\":false,\"watched\":4,\"changes\":" + CHANGES + "}"));

    assertThat(machine.type("policy", "shadow", "--since", "7d")).isZero();

    assertThat(machine.out())
        .contains("applied to 4 of 9 actions", "deny instead of permit: 2", "act_1");
    assertThat(server.requests().getLast().body()).startsWith("{\"since\":\"");
  }
}
