package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.policy.Rules;
import io.redoubt.protocol.id.AgentId;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Rules by priority: of the draft, and compiled into what is published. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RuleTest {
  private static final String RULES = "/api/v1/rules";
  private static final String POLICIES = "/api/v1/policies";
  private static final String BUNDLES = "/api/v1/bundles";

  @AutoClose private final TestServer server = new TestServer();

  private static String rule(int priority, String verdict, String more) {
    return "{\"priority\": " + priority + ", \"verdict\": \"" + verdict + "\"" + more + "}";
  }

  private static List<String> names(Http owner) {
    return owner.get(RULES).at("/items").findValuesAsText("name");
  }

  private static String verdict(Http owner, String agent, String action, String operation) {
    var reply =
        owner.post(
            POLICIES + "/test",
            "{\"requests\": [{\"agent_id\": \"%s\", \"action\": \"%s\", \"resource\": \"%s\", \"risk\": 0}]}"
                .formatted(agent, action, operation));
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    return reply.text("/decisions/0/verdict");
  }

  @Test
  void aNewOrganizationPermitsReadsAndAsksAboutWritesByRulesThatItSees() {
    var tenant = server.newTenant();
    tenant.newEnclave("main");
    String agent = tenant.newAgent("builder");
    var owner = tenant.owner();

    assertThat(names(owner)).containsExactly("default-reads", "default-writes");
    assertThat(owner.get(BUNDLES + "/1").at("/policies").findValuesAsText("name"))
        .containsExactly("rule.default-reads", "rule.default-writes", "starter");
    assertThat(verdict(owner, agent, "connector:read", "git/issues.list")).isEqualTo("permit");
    assertThat(verdict(owner, agent, "connector:write", "git/push")).isEqualTo("escalate");

    assertThat(owner.delete(RULES + "/default-reads").status()).isEqualTo(204);
    assertThat(owner.delete(RULES + "/default-writes").status()).isEqualTo(204);

    assertThat(names(owner)).isEmpty();
    assertThat(verdict(owner, agent, "connector:read", "git/issues.list")).isEqualTo("deny");
    assertThat(owner.post(BUNDLES, "{}").at("/policy_count").asInt()).isEqualTo(1);
  }

  @Test
  void aRuleIsMadeChangedReadAndDeletedAndEachIsRecorded() {
    var tenant = server.newTenant();
    var owner = tenant.owner();

    var made = owner.put(RULES + "/no-push", rule(10, "deny", ", \"operation\": \"push\""));
    var changed = owner.put(RULES + "/no-push", rule(20, "deny", ", \"operation\": \"push*\""));
    var shown = owner.get(RULES + "/no-push");

    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.header("location")).isEqualTo(RULES + "/no-push");
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.header("etag")).isEqualTo("\"2\"");
    assertThat(shown.at("/priority").asInt()).isEqualTo(20);
    assertThat(shown.text("/operation")).isEqualTo("push*");
    assertThat(shown.text("/cedar")).startsWith("forbid (").contains("like \"push*\"");
    assertThat(tenant.lastAudit("rule:put").path("resource").asText()).isEqualTo("no-push");
    assertThat(tenant.lastAudit("rule:put").path("detail").asText()).isEqualTo("version 2");

    assertThat(owner.with("if-match", "\"1\"").delete(RULES + "/no-push").status()).isEqualTo(412);
    assertThat(owner.with("if-match", "*").put(RULES + "/none", rule(30, "deny", "")).status())
        .isEqualTo(412);
    assertThat(owner.delete(RULES + "/no-push").status()).isEqualTo(204);
    assertThat(owner.get(RULES + "/no-push").status()).isEqualTo(404);
    assertThat(owner.delete(RULES + "/no-push").status()).isEqualTo(404);
    assertThat(tenant.lastAudit("rule:delete").path("resource").asText()).isEqualTo("no-push");
    assertThat(owner.put(RULES + "/no-push", rule(20, "deny", "")).header("etag"))
        .as("an old ETag never fits again")
        .isEqualTo("\"4\"");
  }

  @Test
  void rulesAreListedInTheOrderInWhichTheyAreAsked() {
    var owner = server.newTenant().owner();
    owner.put(RULES + "/second", rule(20, "deny", ", \"connector\": \"git\""));
    owner.put(RULES + "/first", rule(10, "permit", ", \"connector\": \"mail\""));

    assertThat(names(owner)).containsExactly("first", "second", "default-reads", "default-writes");
    var page = owner.get(RULES + "?limit=1");
    assertThat(
            owner.get(RULES + "?limit=1&cursor=" + page.text("/next_cursor")).text("/items/0/name"))
        .isEqualTo("second");
    assertThat(owner.get(RULES + "?cursor=x").status()).isEqualTo(400);
  }

  @Test
  void noTwoRulesHaveTheSamePriority() {
    var owner = server.newTenant().owner();
    owner.put(RULES + "/one", rule(10, "deny", ""));

    var taken = owner.put(RULES + "/two", rule(10, "permit", ""));
    var statuses =
        Http.atOnce(
            6,
            () ->
                owner
                    .put(RULES + "/r" + Thread.currentThread().threadId(), rule(30, "deny", ""))
                    .status());

    assertThat(taken.status()).isEqualTo(409);
    assertThat(taken.text("/detail")).contains("Rule one has priority 10");
    assertThat(owner.get(RULES + "/two").status()).isEqualTo(404);
    assertThat(statuses).containsOnlyOnce(201).containsOnly(201, 409);
    assertThat(owner.put(RULES + "/one", rule(10, "permit", "")).status())
        .as("its own")
        .isEqualTo(200);
  }

  @Test
  void aRuleThatNeverDecidesIsWarnedAbout() {
    var owner = server.newTenant().owner();
    owner.put(
        RULES + "/pushes",
        rule(20, "escalate", ", \"connector\": \"git\", \"operation\": \"push\""));

    var wide = owner.put(RULES + "/git", rule(10, "permit", ", \"connector\": \"git\""));

    assertThat(wide.text("/shadows/0")).isEqualTo("pushes");
    assertThat(wide.at("/shadowed_by").isNull()).isTrue();
    assertThat(owner.get(RULES + "/pushes").text("/shadowed_by")).isEqualTo("git");
    assertThat(owner.post(POLICIES + "/test", "{}").text("/warnings/0"))
        .isEqualTo("rule pushes never decides: whatever it matches, rule git before it decides");
  }

  @Test
  void rulesArePublishedWithTheOtherPoliciesAndTheFirstThatMatchesDecides() {
    var tenant = server.newTenant();
    tenant.newEnclave("main");
    String agent = tenant.newAgent("builder");
    String other = tenant.newAgent("tester");
    var owner = tenant.owner();
    owner.put(
        RULES + "/no-push", rule(10, "deny", ", \"access\": \"write\", \"operation\": \"push*\""));
    owner.put(RULES + "/mine", rule(5, "permit", ", \"agent_id\": \"" + agent + "\""));

    assertThat(verdict(owner, agent, "connector:write", "git/push")).isEqualTo("permit");
    assertThat(verdict(owner, other, "connector:write", "git/push")).isEqualTo("deny");
    assertThat(verdict(owner, other, "connector:write", "git/tag")).isEqualTo("escalate");
    var published = owner.post(BUNDLES, "{}");

    assertThat(published.at("/policy_count").asInt()).isEqualTo(5);
    assertThat(
            StreamSupport.stream(owner.get(BUNDLES + "/2").at("/policies").spliterator(), false)
                .filter(it -> it.path("name").asText().equals("rule.no-push"))
                .map(it -> it.path("cedar").asText()))
        .containsExactly(owner.get(RULES + "/no-push").text("/cedar"));
  }

  @Test
  void whatCannotBeARuleIsRefusedWithPointers() {
    var owner = server.newTenant().owner();

    var all =
        owner.put(
            RULES + "/x",
            "{\"priority\": 0, \"connector\": \"\", \"group\": \"team\", \"risk\": [null], \"workflow\": \"leads\"}");

    assertThat(all.status()).isEqualTo(422);
    assertThat(all.at("/errors").findValuesAsText("pointer"))
        .containsExactly("/priority", "/connector", "/group", "/risk", "/verdict", "/workflow");
    assertThat(owner.put(RULES + "/Upper", rule(1, "deny", "")).text("/errors/0/pointer"))
        .isEqualTo("name");
    assertThat(owner.put(RULES + "/x", rule(1, "perhaps", "")).text("/errors/0/pointer"))
        .isEqualTo("/verdict");
    assertThat(
            owner
                .put(RULES + "/x", rule(1, "deny", ", \"access\": \"all\""))
                .text("/errors/0/pointer"))
        .isEqualTo("/access");
    assertThat(
            owner
                .put(RULES + "/x", rule(1, "deny", ", \"risk\": [\"huge\"]"))
                .text("/errors/0/pointer"))
        .isEqualTo("/risk/0");
    assertThat(
            owner
                .put(RULES + "/x", rule(1, "deny", ", \"connector\": \"" + "c".repeat(201) + "\""))
                .text("/errors/0/pointer"))
        .isEqualTo("/connector");
    assertThat(owner.put(RULES + "/x", rule(1, "deny", ", \"hosts\": []")).status()).isEqualTo(422);
    assertThat(owner.get(RULES + "/x").status()).isEqualTo(404);
  }

  @Test
  void aForeignAgentIsAnsweredLikeOneThatIsNotThere() {
    var stranger = server.newTenant();
    stranger.newEnclave("main");
    String theirs = stranger.newAgent("theirs");
    var owner = server.newTenant().owner();

    var foreign = owner.put(RULES + "/x", rule(1, "deny", ", \"agent_id\": \"" + theirs + "\""));
    var missing =
        owner.put(
            RULES + "/x",
            rule(1, "deny", ", \"agent_id\": \"" + AgentId.next(server.clock) + "\""));

    assertThat(foreign.status()).isEqualTo(422);
    assertThat(foreign.text("/errors/0/pointer")).isEqualTo("/agent_id");
    assertThat(foreign.at("/errors")).isEqualTo(missing.at("/errors"));
  }

  @Test
  void anOrganizationHasOnlySoManyRulesAndOnlySoMuchOfThem() {
    var tenant = server.newTenant();
    var owner = tenant.owner();
    fill(
        tenant,
        Rules.MAX_RULES - 3,
        "jsonb_build_object('priority', n, 'verdict', 'deny', 'connector', 'c' || n)");

    assertThat(owner.put(RULES + "/last", rule(5_000, "deny", "")).status()).isEqualTo(201);
    var full = owner.put(RULES + "/more", rule(5_001, "deny", ""));
    assertThat(full.status()).isEqualTo(409);
    assertThat(full.text("/detail")).contains("at most 200");

    var wordy = server.newTenant();
    fill(
        wordy,
        110,
        "jsonb_build_object('priority', n, 'verdict', 'escalate', 'operation', '*' || n || repeat('o', 100))");
    int put = 0;
    Reply reply;
    do {
      String pattern = ", \"operation\": \"*" + put + "o".repeat(150) + "\"";
      reply = wordy.owner().put(RULES + "/w" + put, rule(5_000 + put, "escalate", pattern));
      put++;
    } while (reply.status() == 201 && put < 50);
    assertThat(reply.status()).isEqualTo(409);
    assertThat(reply.text("/detail")).contains("too many long rules");
    assertThat(names(wordy.owner())).as("nothing was changed").doesNotContain("w" + (put - 1));
  }

  /** So many rules at once, n from 1 on. */
  private void fill(Tenant tenant, int count, String body) {
    var _ =
        server
            .database()
            .inOrganizationBlocking(
                tenant.id(),
                handle ->
                    handle.execute(
                        """
                        INSERT INTO control.policy_part
                          (organization_id, kind, name, body, version, updated_by, created_at, updated_at)
                        SELECT ?, 'rule', 'f' || n, %s, 1, 'test', now(), now()
                        FROM generate_series(1, ?) n
                        """
                            .formatted(body),
                        tenant.id().uuid(),
                        count));
  }

  @Test
  void whatRulesAreCompiledToCannotBeWrittenByHand() {
    var owner = server.newTenant().owner();

    var put = owner.put(POLICIES + "/rule.default-writes", "{\"cedar\": \"\"}");
    var tried =
        owner.post(
            POLICIES + "/test",
            "{\"policies\": [{\"name\": \"rule.default-writes\", \"cedar\": \"\"}]}");

    assertThat(put.text("/errors/0/detail")).contains("what rules are compiled to");
    assertThat(tried.status()).isEqualTo(422);
  }

  @Test
  void aRuleThatCannotBePublishedIsPointedAt() {
    var tenant = server.newTenant();
    fill(
        tenant,
        130,
        "jsonb_build_object('priority', n, 'verdict', 'escalate', 'operation', '*' || n || '*')");

    var reply = tenant.owner().post(BUNDLES, "{}");

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.text("/errors/0/pointer")).startsWith("/rules/");
    assertThat(reply.text("/errors/0/detail")).contains("name principals or resources");
  }
}
