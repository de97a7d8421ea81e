package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the platform forbids everywhere, whatever organizations write. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FloorTest {
  private static final String FLOOR = "/api/v1/floor";
  private static final String POLICIES = "/api/v1/policies";
  private static final String CANARIES = "/api/v1/canaries";
  private static final String BUNDLES = "/api/v1/bundles";
  private static final String NO_SHELL = "forbid (principal, action, resource == Tool::\"shell\");";

  /** What rounds of the rollout take turns by. */
  private static final long ROLLOUT = 0x464c4f4f5232L;

  private static final String SHELL_PERMITTED =
      "{\"verdict\": \"permit\", \"action\": \"tool:call\", \"resource\": \"shell\"}";

  /** As long as usual: what is looked at here is what has come of it. */
  @AutoClose
  private final TestServer server =
      new TestServer("redoubt.control-plane.policies.publish-wait = 10 s");

  private Tenant tenant;
  private Http platform;

  /** Each test begins without a floor. */
  @BeforeEach
  void newTenant() {
    tenant = server.newTenant();
    platform = server.newTenant().clientWith("organizations:manage");
    assertThat(put(Map.of()).status()).isEqualTo(200);
  }

  private Reply put(Map<String, String> documents) {
    return platform.put(FLOOR, body(documents));
  }

  private static String body(Map<String, String> documents) {
    return EnclaveClient.json(
        Map.of(
            "policies",
            documents.entrySet().stream()
                .map(it -> Map.of("name", it.getKey(), "cedar", it.getValue()))
                .toList()));
  }

  private static List<String> names(JsonNode bundle) {
    return bundle.at("/policies").findValuesAsText("name");
  }

  private JsonNode newest(Tenant of) {
    String version = of.owner().get(BUNDLES + "?limit=1").text("/items/0/version");
    return of.owner().get(BUNDLES + "/" + version).body();
  }

  @Test
  void aNewFloorComesIntoWhatEveryOrganizationHasPublished() {
    var other = server.newTenant();
    tenant.owner().put(POLICIES + "/unfinished", "{\"cedar\": \"permit\"}");

    var reply = put(Map.of("no-shell", NO_SHELL));

    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    assertThat(reply.at("/below")).isEmpty();
    for (var each : List.of(tenant, other)) {
      assertThat(names(newest(each))).contains("platform.no-shell", "starter");
      assertThat(names(newest(each))).doesNotContain("unfinished");
      var record = each.lastAudit("bundle:publish");
      assertThat(record.path("detail").asText()).contains("floor " + reply.text("/version"));
      assertThat(record.path("actor_kind").asText()).isEqualTo("system");
      assertThat(each.owner().get(FLOOR).text("/policies/0/name")).isEqualTo("no-shell");
    }
    assertThat(names(newest(server.newTenant()))).contains("platform.no-shell");

    put(Map.of());
    assertThat(names(newest(tenant))).doesNotContain("platform.no-shell");
  }

  @Test
  void whatAnOrganizationPublishesIsAboveTheFloorOfNow() {
    tenant.owner().post(BUNDLES, "{}");
    String before = newest(tenant).at("/bundle/version").asText();
    put(Map.of("no-shell", NO_SHELL));

    var published = tenant.owner().post(BUNDLES, "{}");
    var back = tenant.owner().post(BUNDLES, "{\"rollback_to\": " + before + "}");

    assertThat(published.status()).isEqualTo(201);
    assertThat(back.status()).isEqualTo(201);
    assertThat(names(newest(tenant))).as("a rollback, too").contains("platform.no-shell");
    assertThat(tenant.owner().post(POLICIES + "/test", "{}").at("/valid").asBoolean()).isTrue();
  }

  @Test
  void aDraftThatContradictsTheFloorIsRefused() {
    put(Map.of("no-shell", NO_SHELL));
    tenant
        .owner()
        .put(
            POLICIES + "/mine",
            EnclaveClient.json(
                Map.of("cedar", "permit (principal, action, resource == Tool::\"shell\");")));

    var reply = tenant.owner().post(BUNDLES, "{}");

    assertThat(reply.status()).isEqualTo(422);
    assertThat(reply.text("/errors/0/pointer")).isEqualTo("/policies/mine/cedar:1:1");
    assertThat(reply.text("/errors/0/detail"))
        .isEqualTo("permits nothing: platform.no-shell forbids all of it");
  }

  /** A floor has the last word: a canary that it contradicts does not keep it out. */
  @Test
  void aCanaryDoesNotKeepTheFloorOut() {
    tenant.owner().put(CANARIES + "/shell", SHELL_PERMITTED);
    assertThat(tenant.owner().post(BUNDLES, "{}").status()).isEqualTo(201);
    String before = newest(tenant).at("/bundle/version").asText();

    put(Map.of("no-shell", NO_SHELL));

    assertThat(names(newest(tenant))).contains("platform.no-shell");
    assertThat(newest(tenant).at("/canaries")).isEmpty();
    assertThat(tenant.lastAudit("bundle:publish").path("detail").asText())
        .endsWith("without canaries shell");
    assertThat(tenant.owner().post(BUNDLES, "{}").text("/errors/0/detail"))
        .isEqualTo("should be permit, and is deny by platform.no-shell");
    assertThat(tenant.owner().post(BUNDLES, "{\"rollback_to\": " + before + "}").status())
        .isEqualTo(201);
    assertThat(names(newest(tenant))).contains("platform.no-shell");
  }

  /** Or two would check the same policies at once. */
  @Test
  void whileAnotherProcessRollsOutAFloorThisOneLeavesItToIt() throws SQLException {
    try (var another =
        Database.dedicated(server.postgres.config(DatabaseRole.CONTROL, 1), "another", 30)) {
      execute(another, "SELECT pg_advisory_lock(?)");

      var reply = put(Map.of("no-shell", NO_SHELL));

      assertThat(reply.status()).as("it is set").isEqualTo(200);
      assertThat(reply.at("/below").toString()).contains(tenant.id().toString());
      assertThat(names(newest(tenant))).doesNotContain("platform.no-shell");
      execute(another, "SELECT pg_advisory_unlock(?)");
    }
    assertThat(put(Map.of("no-shell", NO_SHELL)).at("/below")).isEmpty();
    assertThat(names(newest(tenant))).contains("platform.no-shell");
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      statement.setLong(1, ROLLOUT);
      statement.execute();
    }
  }

  private static final String AMOUNT =
      "forbid (principal, action == Action::\"tool:call\", resource == Tool::\"pay\")"
          + " when { context.args has amount && context.args.amount %s };";

  private void publish(String name, String cedar) {
    tenant.owner().put(POLICIES + "/" + name, EnclaveClient.json(Map.of("cedar", cedar)));
    assertThat(tenant.owner().post(BUNDLES, "{}").status()).isEqualTo(201);
  }

  /** What is said of this organization. */
  private JsonNode yielded(Reply rollout) {
    return StreamSupport.stream(rollout.at("/yielded").spliterator(), false)
        .filter(it -> it.path("organization_id").asText().equals(tenant.id().toString()))
        .findFirst()
        .orElse(MissingNode.getInstance());
  }

  private String published(String name) {
    for (JsonNode document : newest(tenant).at("/policies")) {
      if (document.path("name").asText().equals(name)) {
        return document.path("cedar").asText();
      }
    }
    throw new AssertionError(name + " is not published");
  }

  /** Or whoever writes policies would keep the platform's out by taking an argument for another. */
  @Test
  void policiesThatCannotBeRunWithAFloorYieldToIt() {
    publish("amount", "// ours\n" + AMOUNT.formatted("> 5"));

    var reply = put(Map.of("amount", AMOUNT.formatted("== \"much\"")));

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.at("/below")).isEmpty();
    assertThat(reply.at("/refused")).isEmpty();
    assertThat(yielded(reply).path("alone").asBoolean()).isFalse();
    assertThat(yielded(reply).path("why").asText()).startsWith("/policies/amount/cedar:2:1: ");
    assertThat(yielded(platform.get(FLOOR + "/rollout"))).isEqualTo(yielded(reply));
    assertThat(names(newest(tenant))).contains("platform.amount", "amount", "starter");
    assertThat(published("amount"))
        .as("it is said where everybody who may read policies sees it")
        .startsWith("// ours\n// Yields to the platform's floor: context.args.amount is ")
        .contains("Tool::\"pay\"")
        .doesNotContain("when");
    assertThat(tenant.lastAudit("bundle:publish").path("detail").asText())
        .endsWith(
            "floor " + reply.text("/version") + ", to which yield /policies/amount/cedar:2:1");
  }

  @Test
  void whatHasYieldedComesBackOnceItGoesWithTheFloor() {
    publish("amount", AMOUNT.formatted("> 5"));
    put(Map.of("amount", AMOUNT.formatted("== \"much\"")));

    var refused = tenant.owner().post(BUNDLES, "{}");
    put(Map.of());
    var after = platform.get(FLOOR + "/rollout");
    publish("amount", AMOUNT.formatted("> 6"));

    assertThat(refused.status()).as("nor can it be published above it").isEqualTo(422);
    assertThat(yielded(after).isObject()).as("nothing was published there since").isTrue();
    assertThat(published("amount")).isEqualTo(AMOUNT.formatted("> 6"));
    assertThat(yielded(platform.get(FLOOR + "/rollout")).isMissingNode()).isTrue();
  }

  private static String patterns(String name) {
    return IntStream.range(0, 30)
        .mapToObj(each -> "{\"name\": \"%s-%d\", \"regex\": \"X-%d\"}".formatted(name, each, each))
        .collect(Collectors.joining(",", "{\"patterns\": [", "]}"));
  }

  /** What patterns would find is not let pass unfound: nothing is permitted. */
  @Test
  void whereNothingGoesWithTheFloorItStandsAlone() {
    tenant.owner().put("/api/v1/content-policies/organization", patterns("ours"));
    publish("mine", "permit (principal, action == Action::\"mcp:call\", resource);");

    var reply = platform.put("/api/v1/content-policies/platform", patterns("theirs"));
    var whole = newest(tenant);
    platform.put("/api/v1/content-policies/platform", "{}");

    assertThat(reply.at("/below")).isEmpty();
    assertThat(yielded(reply).path("alone").asBoolean()).isTrue();
    assertThat(names(whole)).containsExactly("left-out");
    assertThat(whole.at("/policies/0/cedar").asText())
        .contains("so nothing is\n// permitted")
        .contains("/content_policies/all/patterns: more than 50 patterns");
    assertThat(whole.at("/content_policies").findValuesAsText("scope")).containsExactly("platform");
    assertThat(tenant.audit("&operation=bundle:publish").get(1).path("detail").asText())
        .contains(", alone, since /content_policies/all");
    assertThat(tenant.owner().post(BUNDLES, "{}").status())
        .as("what it has is its own")
        .isEqualTo(201);
    assertThat(names(newest(tenant))).contains("mine", "starter");
  }

  @Test
  void onlyThePlatformChangesTheFloorAndItIsRecorded() {
    var manager = tenant.clientWith("policies:manage", "policies:read", "org:manage");
    var seen = platform.get(FLOOR + "/rollout").text("/version");

    assertThat(manager.put(FLOOR, body(Map.of())).status()).isEqualTo(403);
    assertThat(manager.get(FLOOR + "/rollout").status()).isEqualTo(403);
    assertThat(manager.get(FLOOR).text("/version")).isEqualTo(seen);
    assertThat(tenant.lastAudit("operator:refused").path("resource").asText())
        .isEqualTo("GET /api/v1/floor/rollout");
    assertThat(platform.with("if-match", "\"0\"").put(FLOOR, body(Map.of())).status())
        .isEqualTo(412);
    var own = server.newTenant();
    assertThat(own.clientWith("organizations:manage").put(FLOOR, body(Map.of())).status())
        .isEqualTo(200);
    assertThat(own.lastAudit("floor:put").path("detail").asText()).contains("0 documents");
  }

  @Test
  void whatCannotBeAFloorIsRefused() {
    assertThat(platform.put(FLOOR, "{}").text("/errors/0/pointer")).isEqualTo("/policies");
    assertThat(put(Map.of("x", "permit (principal, action, resource);")).text("/errors/0/detail"))
        .contains("only forbids");
    assertThat(put(Map.of("x", "forbid (principal);")).text("/errors/0/pointer"))
        .startsWith("/policies/platform.x/cedar:1:");
    assertThat(put(Map.of("X", NO_SHELL)).status()).isEqualTo(422);
    assertThat(put(Map.of("x".repeat(55), NO_SHELL)).status()).isEqualTo(422);
    assertThat(put(Map.of("platform.x", NO_SHELL)).status()).isEqualTo(422);
    assertThat(tenant.owner().get(FLOOR).at("/policies")).isEmpty();
  }

  @Test
  void anOrganizationNamesNoDocumentLikeTheFloors() {
    var put = tenant.owner().put(POLICIES + "/platform.mine", "{\"cedar\": \"\"}");

    assertThat(put.status()).isEqualTo(422);
    assertThat(put.text("/errors/0/detail")).contains("only the platform's");
  }
}
