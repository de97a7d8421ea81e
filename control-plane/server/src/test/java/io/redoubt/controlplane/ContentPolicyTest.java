package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Content policies in three layers, written, published and shown. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContentPolicyTest {
  private static final String CONTENT = "/api/v1/content-policies";
  private static final String ORGANIZATION = CONTENT + "/organization";
  private static final String PLATFORM = CONTENT + "/platform";
  private static final String BUNDLES = "/api/v1/bundles";
  private static final String REDACT_PII =
      "{\"rules\": [{\"subject\": \"pii\", \"action\": \"redact\"}]}";

  @AutoClose private final TestServer server = new TestServer();
  private Tenant tenant;
  private Http platform;

  /** Each test begins without a policy of the platform's. */
  @BeforeEach
  void newTenant() {
    tenant = server.newTenant();
    platform = server.newTenant().clientWith("organizations:manage");
    assertThat(platform.put(PLATFORM, "{}").status()).isEqualTo(200);
    untilItIsEverywhere();
  }

  private void untilItIsEverywhere() {
    await().until(() -> platform.get("/api/v1/floor/rollout").at("/below").isEmpty());
  }

  private JsonNode newest(Tenant of) {
    String version = of.owner().get(BUNDLES + "?limit=1").text("/items/0/version");
    return of.owner().get(BUNDLES + "/" + version).body();
  }

  private JsonNode part(Reply effective, String detector, String direction) {
    return StreamSupport.stream(effective.at("/parts").spliterator(), false)
        .filter(it -> it.path("detector").asText().equals(detector))
        .filter(it -> it.path("direction").asText().equals(direction))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aPolicyIsMadeChangedReadAndDeletedAndEachIsRecorded() {
    var owner = tenant.owner();

    var made =
        owner.put(
            ORGANIZATION,
            """
            {"rules": [
               {"subject": "pii", "action": "redact"},
               {"subject": "project", "in": ["request"], "action": "block", "floor": true}],
             "patterns": [
               {"name": "project", "regex": "PRJ-[0-9]+", "ignore_case": true},
               {"kind": "words", "name": "names", "words": ["Bluebird"]}],
             "models": {"block": ["*-preview"]}}
            """);

    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.header("location")).isEqualTo(ORGANIZATION);
    assertThat(made.at("/rules/0/in").toString()).isEqualTo("[\"request\",\"reply\"]");
    assertThat(made.text("/patterns/0/kind")).isEqualTo("regex");
    assertThat(made.at("/patterns/1/whole_words").asBoolean()).isTrue();
    assertThat(tenant.lastAudit("content:put").path("resource").asText()).isEqualTo("organization");
    var changed = owner.put(ORGANIZATION, REDACT_PII);
    assertThat(changed.status()).isEqualTo(200);
    assertThat(changed.header("etag")).isEqualTo("\"2\"");
    assertThat(owner.put(CONTENT + "/team=payments", REDACT_PII).status()).isEqualTo(201);
    assertThat(owner.get(CONTENT).at("/items").findValuesAsText("scope"))
        .containsExactly("organization", "team=payments");
    var page = owner.get(CONTENT + "?limit=1");
    assertThat(
            owner
                .get(CONTENT + "?limit=1&cursor=" + page.text("/next_cursor"))
                .text("/items/0/scope"))
        .isEqualTo("team=payments");

    assertThat(owner.with("if-match", "\"1\"").delete(ORGANIZATION).status()).isEqualTo(412);
    assertThat(owner.with("if-match", "\"1\"").put(ORGANIZATION, "{}").status()).isEqualTo(412);
    assertThat(owner.delete(ORGANIZATION).status()).isEqualTo(204);
    assertThat(owner.get(ORGANIZATION).status()).isEqualTo(404);
    assertThat(tenant.lastAudit("content:delete").path("resource").asText())
        .isEqualTo("organization");
  }

  @Test
  void whatIsPublishedGoesWithTheBundleAndBackWithIt() {
    var owner = tenant.owner();
    var before = newest(tenant);
    assertThat(before.at("/content_policies")).isEmpty();
    owner.put(ORGANIZATION, REDACT_PII);

    assertThat(owner.post(BUNDLES, "{}").status()).isEqualTo(201);
    assertThat(newest(tenant).at("/content_policies/0/scope").asText()).isEqualTo("organization");
    var effective = owner.get(CONTENT + "/effective");
    assertThat(effective.text("/version")).isEqualTo(newest(tenant).at("/bundle/version").asText());
    assertThat(part(effective, "email", "request").path("action").asText()).isEqualTo("redact");
    assertThat(part(effective, "email", "arguments").path("origin").isNull()).isTrue();

    owner.post(BUNDLES, "{\"rollback_to\": " + before.at("/bundle/version").asText() + "}");
    assertThat(newest(tenant).at("/content_policies")).isEmpty();
    assertThat(
            part(owner.get(CONTENT + "/effective?draft=true"), "email", "reply")
                .path("origin")
                .asText())
        .isEqualTo("organization");
  }

  @Test
  void whatWouldBeDecidedIsTestedWithFindings() {
    var owner = tenant.owner();
    tenant.newEnclave("main");
    String agent = tenant.newAgent("builder");
    owner.put(
        CONTENT + "/" + agent, "{\"rules\": [{\"subject\": \"secret\", \"action\": \"block\"}]}");

    var tested =
        owner.post(
            "/api/v1/policies/test",
            """
            {"requests": [{"agent_id": "%s", "action": "llm:generate", "resource": "m",
                           "findings": ["secret:jwt"]}]}
            """
                .formatted(agent));

    assertThat(tested.text("/decisions/0/verdict")).as(tested.text()).isEqualTo("deny");
    assertThat(tested.text("/decisions/0/policy_ids/0")).isEqualTo("content:agent");
    assertThat(tested.text("/decisions/0/content/0/by")).isEqualTo("agent");
    var effective = owner.get(CONTENT + "/effective?draft=true&agent_id=" + agent);
    assertThat(part(effective, "jwt", "reply").path("origin").asText()).isEqualTo("agent");
  }

  @Test
  void thePlatformsDecidesEverywhereAtOnceAndIsNotLoosenedBelow() {
    var owner = tenant.owner();
    owner.put(ORGANIZATION, "{\"rules\": [{\"subject\": \"email\", \"action\": \"alert\"}]}");
    assertThat(owner.post(BUNDLES, "{}").status()).isEqualTo(201);

    var reply =
        platform.put(
            PLATFORM,
            """
            {"rules": [{"subject": "pii", "in": ["request", "reply"], "action": "redact",
                        "floor": true}],
             "models": {"block": ["evil-*"]}}
            """);

    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    untilItIsEverywhere();
    var effective = owner.get(CONTENT + "/effective");
    assertThat(part(effective, "email", "request").path("action").asText()).isEqualTo("redact");
    assertThat(part(effective, "email", "request").path("origin").asText()).isEqualTo("platform");
    assertThat(part(effective, "email", "request").path("overruled").asText())
        .isEqualTo("organization");
    assertThat(effective.text("/models/0/scope")).isEqualTo("platform");
    assertThat(effective.text("/models/0/block/0")).isEqualTo("evil-*");
    assertThat(newest(server.newTenant()).at("/content_policies/0/scope").asText())
        .isEqualTo("platform");

    var refused = owner.post(BUNDLES, "{}");
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.text("/errors/0/pointer"))
        .isEqualTo("/content_policies/organization/rules/0/action");
    var put =
        owner.put(
            CONTENT + "/team=a", "{\"rules\": [{\"subject\": \"iban\", \"action\": \"allow\"}]}");
    assertThat(put.status()).isEqualTo(422);
    assertThat(put.text("/errors/0/detail"))
        .isEqualTo("milder than the floor of layer platform for iban");
    assertThat(owner.put(ORGANIZATION, REDACT_PII).status()).isEqualTo(200);
    assertThat(owner.post(BUNDLES, "{}").status()).isEqualTo(201);
    assertThat(owner.get(PLATFORM).text("/rules/0/subject")).isEqualTo("pii");
  }

  /** The floor and the content policy of the platform are one, and neither loses the other. */
  @Test
  void thePlatformsFloorKeepsItsContentPolicy() {
    platform.put(PLATFORM, REDACT_PII);

    platform.put("/api/v1/floor", "{\"policies\": []}");

    assertThat(tenant.owner().get(PLATFORM).text("/rules/0/subject")).isEqualTo("pii");
  }

  @Test
  void whatCannotBeAPolicyIsRefusedWithPointers() {
    var owner = tenant.owner();

    var all =
        owner.put(
            ORGANIZATION,
            "{\"rules\": [{\"in\": [null]}, null], \"patterns\": [{\"regex\": \"a\", \"words\": []}]}");

    assertThat(all.status()).isEqualTo(422);
    assertThat(all.at("/errors").findValuesAsText("pointer"))
        .containsExactly(
            "/rules/0/subject",
            "/rules/0/action",
            "/rules/0/in",
            "/rules/1",
            "/patterns/0/name",
            "/patterns/0");
    var more =
        owner.put(
            ORGANIZATION,
            """
            {"rules": [
               {"subject": "unheard-of", "action": "alert"},
               {"subject": "pii", "in": ["arguments"], "action": "redact"}],
             "patterns": [{"name": "bad", "regex": "(a)\\\\1"}]}
            """);
    assertThat(more.status()).isEqualTo(422);
    assertThat(more.at("/errors").findValuesAsText("pointer"))
        .contains("/rules/0/subject", "/rules/1/action", "/patterns/0/regex");
    assertThat(
            owner
                .put(
                    CONTENT + "/team=a", "{\"patterns\": [{\"name\": \"own\", \"regex\": \"ab\"}]}")
                .text("/errors/0/pointer"))
        .isEqualTo("/patterns");
    assertThat(owner.put(CONTENT + "/nobody", "{}").text("/errors/0/pointer")).isEqualTo("scope");
    assertThat(owner.put(CONTENT + "/%27%20OR%201=1%20--", "{}").text("/errors/0/pointer"))
        .as("no label is called so")
        .isEqualTo("scope");
    assertThat(owner.put(CONTENT + "/nobody", "{").status())
        .as("its body comes first")
        .isEqualTo(400);
    assertThat(
            owner
                .put(ORGANIZATION, "{\"rules\": [{\"subject\": \"pii\", \"action\": \"burn\"}]}")
                .status())
        .isBetween(400, 422);
    assertThat(owner.get(CONTENT).at("/items")).isEmpty();
  }

  @Test
  void whoMayNotDoesNot() {
    var reader = tenant.clientWith("policies:read");
    var manager = tenant.clientWith("policies:read", "policies:manage");

    assertThat(reader.put(ORGANIZATION, "{}").status()).isEqualTo(403);
    assertThat(reader.delete(ORGANIZATION).status()).isEqualTo(403);
    assertThat(manager.put(PLATFORM, "{}").status()).isEqualTo(403);
    assertThat(tenant.lastAudit("operator:refused").path("resource").asText())
        .isEqualTo("PUT " + PLATFORM);
    assertThat(tenant.clientWith("agents:read").get(CONTENT).status()).isEqualTo(403);
    assertThat(tenant.clientWith("agents:read").get(CONTENT + "/effective").status())
        .isEqualTo(403);
    assertThat(platform.with("if-match", "\"0\"").put(PLATFORM, "{}").status()).isEqualTo(412);
  }

  @Test
  void anotherOrganizationsPoliciesAreNotThere() {
    tenant.owner().put(ORGANIZATION, REDACT_PII);
    tenant.newEnclave("main");
    String agent = tenant.newAgent("builder");
    var stranger = server.newTenant().owner();

    assertThat(stranger.get(ORGANIZATION).status()).isEqualTo(404);
    assertThat(stranger.delete(ORGANIZATION).status()).isEqualTo(404);
    assertThat(stranger.get(CONTENT).at("/items")).isEmpty();
    assertThat(stranger.get(CONTENT + "/effective?agent_id=" + agent).status()).isEqualTo(404);
    assertThat(
            part(stranger.get(CONTENT + "/effective?draft=true"), "email", "reply")
                .path("origin")
                .isNull())
        .isTrue();
  }

  /** As with rules: another organization's agent is missing like one that never was. */
  @Test
  void anAgentsPolicyIsForAnAgentOfTheOrganization() {
    tenant.newEnclave("main");
    String agent = tenant.newAgent("builder");
    var stranger = server.newTenant().owner();

    for (String missing : List.of(agent, "agt_" + "0".repeat(32))) {
      var refused = stranger.put(CONTENT + "/" + missing, "{}");
      assertThat(refused.status()).as(refused.text()).isEqualTo(422);
      assertThat(refused.text("/errors/0/pointer")).isEqualTo("scope");
      assertThat(refused.text("/errors/0/detail")).isEqualTo("is not an agent of the organization");
    }
    assertThat(stranger.get(CONTENT).at("/items")).isEmpty();
    assertThat(tenant.owner().put(CONTENT + "/" + agent, "{}").status()).isEqualTo(201);
  }
}
