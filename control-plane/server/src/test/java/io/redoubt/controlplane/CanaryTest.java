package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.policy.Bundle;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Requests with a stated verdict: no bundle is published that answers them otherwise. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CanaryTest {
  private static final String CANARIES = "/api/v1/canaries";
  private static final String POLICIES = "/api/v1/policies";
  private static final String BUNDLES = "/api/v1/bundles";
  private static final String SHELL =
      "{\"verdict\": \"%s\", \"action\": \"tool:call\", \"resource\": \"shell\"}";

  @AutoClose private final TestServer server = new TestServer();

  @Test
  void whatAnswersOtherwiseThanStatedIsNotPublishedAndTheCanaryIsNamed() {
    var tenant = server.newTenant();
    var owner = tenant.owner();
    owner.put(CANARIES + "/no-shell", SHELL.formatted("deny"));

    var refused = owner.post(BUNDLES, "{}");
    var tested = owner.post(POLICIES + "/test", "{}");

    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.text("/errors/0/pointer")).isEqualTo("/canaries/no-shell");
    assertThat(refused.text("/errors/0/detail"))
        .isEqualTo("should be deny, and is permit by starter");
    assertThat(tested.at("/valid").asBoolean()).isFalse();
    assertThat(tested.text("/problems/0/policy")).isEqualTo("canary/no-shell");
    assertThat(owner.get(BUNDLES).at("/items")).hasSize(1);
    assertThat(tenant.audit("&operation=bundle:publish")).hasSize(1);

    owner.put(
        POLICIES + "/guard",
        "{\"cedar\": \"forbid (principal, action, resource == Tool::\\\"shell\\\");\"}");
    var published = owner.post(BUNDLES, "{}");

    assertThat(published.status()).as(published.text()).isEqualTo(201);
    var whole = owner.get(BUNDLES + "/2");
    assertThat(whole.text("/canaries/0/name")).isEqualTo("no-shell");
    assertThat(whole.text("/canaries/0/verdict")).isEqualTo("deny");
  }

  @Test
  void aCanaryMayBeOfAModelWithoutAPrice() {
    var owner = server.newTenant().owner();
    owner.put(
        POLICIES + "/cheap",
        "{\"cedar\": \"forbid (principal, action, resource) when"
            + " { context has estimate && context.estimate.cents > 500 };\"}");
    owner.put(
        CANARIES + "/unpriced",
        """
        {"verdict": "deny", "action": "llm:generate", "resource": "m", "provider": "p",
         "estimate": {"tokens": 1}}
        """);

    assertThat(owner.post(BUNDLES, "{}").status()).isEqualTo(201);
    var kept = owner.get(CANARIES + "/unpriced");
    assertThat(kept.at("/estimate/tokens").asLong()).isEqualTo(1);
    assertThat(kept.at("/estimate/cents").isNumber()).isFalse();
  }

  @Test
  void aCanaryMayDeclareToolsAndSoMayARequestThatIsTried() {
    var tenant = server.newTenant();
    var owner = tenant.owner();
    tenant.newEnclave("main");
    var agent = tenant.newAgent("agent");
    owner.put(
        POLICIES + "/no-search",
        "{\"cedar\": \"forbid (principal, action == Action::\\\"llm:generate\\\", resource)"
            + " when { context.tools.provider.contains(\\\"web_search\\\") };\"}");
    var made =
        owner.put(
            CANARIES + "/search",
            """
            {"verdict": "deny", "action": "llm:generate", "resource": "m",
             "tools": {"provider": ["web_search"]}}
            """);
    owner.put(
        CANARIES + "/plain",
        "{\"verdict\": \"permit\", \"action\": \"llm:generate\", \"resource\": \"m\"}");

    var tested =
        owner.post(
            POLICIES + "/test",
            """
            {"requests": [
              {"agent_id": "AGENT", "action": "llm:generate", "resource": "m",
               "tools": {"names": ["ls"]}},
              {"agent_id": "AGENT", "action": "llm:generate", "resource": "m",
               "tools": {"provider": ["web_search"]}},
              {"agent_id": "AGENT", "action": "llm:generate", "resource": "m"}]}
            """
                .replace("AGENT", agent));

    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.text("/tools/provider/0")).isEqualTo("web_search");
    assertThat(made.at("/tools/names")).isEmpty();
    assertThat(tested.at("/decisions").findValuesAsText("verdict"))
        .containsExactly("permit", "deny", "deny");
    assertThat(tested.at("/decisions/2/errors")).as("not known").isNotEmpty();
    assertThat(owner.post(BUNDLES, "{}").status()).isEqualTo(201);
    assertThat(owner.get(BUNDLES + "/2").text("/canaries/1/tools/provider/0"))
        .isEqualTo("web_search");
    assertThat(
            owner
                .put(
                    CANARIES + "/call",
                    """
                    {"verdict": "deny", "action": "tool:call", "resource": "x", "tools": {}}
                    """)
                .text("/errors/0/pointer"))
        .isEqualTo("/tools");
  }

  private static final String OFTEN =
      "{\"cedar\": \"forbid (principal, action == Action::\\\"tool:call\\\", resource) when"
          + " { context.session.counts[\\\"tool:call shell within 10m\\\"] >= 3 };\"}";

  @Test
  void aCanaryAndARequestThatIsTriedMayComeAfterOthers() {
    var tenant = server.newTenant();
    var owner = tenant.owner();
    tenant.newEnclave("main");
    var agent = tenant.newAgent("agent");
    owner.put(POLICIES + "/often", OFTEN);
    var made =
        owner.put(
            CANARIES + "/often",
            """
            {"verdict": "deny", "action": "tool:call", "resource": "shell", "history": [
              {"action": "tool:call", "resource": "shell", "seconds_ago": 60, "times": 2},
              {"action": "tool:call", "resource": "shell"}]}
            """);
    owner.put(CANARIES + "/first", SHELL.formatted("permit"));

    var tested =
        owner.post(
            POLICIES + "/test",
            """
            {"requests": [
              {"agent_id": "AGENT", "action": "tool:call", "resource": "shell", "history": []},
              {"agent_id": "AGENT", "action": "tool:call", "resource": "shell", "history": [
                {"action": "tool:call", "resource": "shell", "times": 3}]},
              {"agent_id": "AGENT", "action": "tool:call", "resource": "shell", "history": [
                {"action": "tool:call", "resource": "shell", "times": 3, "verdict": "deny"}]},
              {"agent_id": "AGENT", "action": "tool:call", "resource": "shell", "history": [
                {"action": "tool:call", "resource": "shell", "times": 3, "seconds_ago": 601}]},
              {"agent_id": "AGENT", "action": "tool:call", "resource": "shell"}]}
            """
                .replace("AGENT", agent));

    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.at("/history/0/times").asInt()).isEqualTo(2);
    assertThat(made.text("/history/1/verdict")).isEqualTo("permit");
    assertThat(made.at("/history/1/seconds_ago").asInt()).isZero();
    assertThat(tested.at("/decisions").findValuesAsText("verdict"))
        .containsExactly("permit", "deny", "permit", "permit", "deny");
    assertThat(tested.at("/decisions/1/errors")).isEmpty();
    assertThat(tested.at("/decisions/4/errors")).as("not known").isNotEmpty();
    assertThat(owner.post(BUNDLES, "{}").status()).isEqualTo(201);
    owner.put(POLICIES + "/often", OFTEN.replace(">= 3", ">= 4"));
    assertThat(owner.post(BUNDLES, "{}").text("/errors/0/pointer")).isEqualTo("/canaries/often");
  }

  @Test
  void whatCannotHaveBeenDoneIsRefusedWithPointers() {
    var refused =
        server
            .newTenant()
            .owner()
            .put(
                CANARIES + "/x",
                """
                {"verdict": "deny", "action": "tool:call", "resource": "x", "history": [
                  {"action": "tool:call", "resource": "x", "times": 100},
                  {"action": "rocket:launch", "resource": "moon"},
                  {"action": "mcp:call", "resource": "no-server"},
                  {"action": "tool:call", "resource": "x", "seconds_ago": -1, "times": 0},
                  null]}
                """);

    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.at("/errors").findValuesAsText("pointer"))
        .containsExactly(
            "/history",
            "/history/1/action",
            "/history/2/resource",
            "/history/3/seconds_ago",
            "/history/3/times",
            "/history/4");
  }

  @Test
  void anEarlierVersionComesBackWithItsOwnCanaries() {
    var owner = server.newTenant().owner();
    owner.put(CANARIES + "/shell", SHELL.formatted("deny"));

    var back = owner.post(BUNDLES, "{\"rollback_to\": 1}");

    assertThat(back.status()).as("the draft's do not stand in the way").isEqualTo(201);
    assertThat(owner.get(BUNDLES + "/2").at("/canaries")).isEmpty();
    assertThat(owner.get(CANARIES + "/shell").status()).isEqualTo(200);
  }

  @Test
  void aCanaryIsMadeChangedReadAndDeletedAndEachIsRecorded() {
    var tenant = server.newTenant();
    var owner = tenant.owner();

    var made =
        owner.put(
            CANARIES + "/a",
            """
            {"verdict": "escalate", "agent": {"labels": {"team": "a"}}, "action": "mcp:call",
             "resource": "files/read", "args": {"path": "/etc", "n": 1.5}, "findings": ["pii:email"],
             "risk": 40, "time": "2026-01-01T00:00:00Z", "source_ip": "10.0.0.1",
             "estimate": {"tokens": 1, "cents": 2},
             "approval": {"tier": 1, "by": ["ann"], "at": "2026-01-01T00:00:00Z"}}
            """);
    var changed = owner.put(CANARIES + "/a", SHELL.formatted("permit"));

    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.header("location")).isEqualTo(CANARIES + "/a");
    assertThat(made.text("/agent/name")).isEqualTo("anybody");
    assertThat(made.text("/agent/labels/team")).isEqualTo("a");
    assertThat(made.at("/args/n").asDouble()).isEqualTo(1.5);
    assertThat(made.text("/time")).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.header("etag")).isEqualTo("\"2\"");
    assertThat(changed.at("/risk").asInt()).isZero();
    assertThat(changed.at("/args").isNull()).isTrue();
    owner.put(CANARIES + "/b", SHELL.formatted("permit"));
    assertThat(owner.get(CANARIES).at("/items").findValuesAsText("version"))
        .containsExactly("2", "1");
    var page = owner.get(CANARIES + "?limit=1");
    assertThat(
            owner
                .get(CANARIES + "?limit=1&cursor=" + page.text("/next_cursor"))
                .text("/items/0/name"))
        .isEqualTo("b");
    assertThat(tenant.lastAudit("canary:put").path("resource").asText()).isEqualTo("b");

    assertThat(owner.with("if-match", "\"1\"").delete(CANARIES + "/a").status()).isEqualTo(412);
    assertThat(
            owner.with("if-match", "\"1\"").put(CANARIES + "/a", SHELL.formatted("deny")).status())
        .isEqualTo(412);
    assertThat(owner.delete(CANARIES + "/a").status()).isEqualTo(204);
    assertThat(owner.get(CANARIES + "/a").status()).isEqualTo(404);
    assertThat(tenant.lastAudit("canary:delete").path("resource").asText()).isEqualTo("a");
  }

  @Test
  void whatCannotBeACanaryIsRefusedWithPointers() {
    var owner = server.newTenant().owner();

    var all = owner.put(CANARIES + "/x", "{\"args\": 1, \"source_ip\": \"here\"}");

    assertThat(all.status()).isEqualTo(422);
    assertThat(all.at("/errors").findValuesAsText("pointer"))
        .containsExactly("/action", "/resource", "/args", "/source_ip", "/verdict");
    assertThat(owner.put(CANARIES + "/UPPER", SHELL.formatted("deny")).text("/errors/0/pointer"))
        .isEqualTo("name");
    assertThat(
            owner
                .put(
                    CANARIES + "/x",
                    "{\"verdict\": \"deny\", \"action\": \"mcp:call\", \"resource\": \"x\"}")
                .text("/errors/0/pointer"))
        .isEqualTo("/resource");
    assertThat(
            owner
                .put(
                    CANARIES + "/x",
                    "{\"verdict\": \"deny\", \"action\": \"tool:call\", \"resource\": \"x\","
                        + " \"args\": {\"a\": \""
                        + "x".repeat(10_000)
                        + "\"}}")
                .text("/errors/0/pointer"))
        .isEqualTo("/args");
    assertThat(owner.put(CANARIES + "/x", "{\"session\": {}}").status()).isEqualTo(422);
    assertThat(owner.get(CANARIES + "/x").status()).isEqualTo(404);
  }

  @Test
  void anOrganizationHasOnlySoManyCanaries() {
    var owner = server.newTenant().owner();
    for (int i = 0; i < Bundle.MAX_CANARIES; i++) {
      assertThat(owner.put(CANARIES + "/c" + i, SHELL.formatted("permit")).status()).isEqualTo(201);
    }

    assertThat(owner.put(CANARIES + "/more", SHELL.formatted("permit")).status()).isEqualTo(409);
    assertThat(owner.put(CANARIES + "/c1", SHELL.formatted("deny")).status()).isEqualTo(200);
    assertThat(owner.post(BUNDLES, "{}").text("/errors/0/pointer")).isEqualTo("/canaries/c1");
  }
}
