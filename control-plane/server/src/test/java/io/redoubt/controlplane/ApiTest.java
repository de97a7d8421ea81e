package io.redoubt.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.controlplane.iam.Role;
import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.problem.ErrorType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What holds for every endpoint alike: described, authenticated, authorized, one tenant's own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApiTest {
  private static final Set<String> OUTSIDE_THE_TABLE =
      Set.of(
          "GET /alive",
          "GET /ready",
          "GET /openapi.json",
          "POST /api/v1/iam/token",
          "POST /enclave/v1/hello",
          "GET /enclave/v1/commands",
          "POST /enclave/v1/reports",
          "POST /enclave/v1/audit",
          "POST /enclave/v1/callbacks/slack",
          "POST /enclave/v1/callbacks/teams",
          "POST /v1/callbacks/slack",
          "POST /v1/callbacks/teams",
          "GET /enclave/v1/bundles/{digest}");

  @AutoClose private final TestServer server = new TestServer();
  private Tenant tenant;
  private Tenant stranger;

  @BeforeAll
  void start() {
    tenant = server.newTenant();
    stranger = server.newTenant();
  }

  @Test
  void theDescriptionAndTheRoutesNameTheSameOperations() {
    var routed =
        server.controlPlane().endpoints().stream()
            .map(Endpoint::describe)
            .collect(Collectors.toCollection(TreeSet::new));
    routed.addAll(OUTSIDE_THE_TABLE);

    assertThat(ApiDescription.operations()).isEqualTo(routed);
  }

  @Test
  void everyListIsReadInPages() {
    int lists = 0;
    for (Endpoint endpoint : server.controlPlane().endpoints()) {
      String[] described = endpoint.describe().split(" ", 2);
      if (!described[0].equals("GET") || described[1].contains("{")) {
        continue;
      }
      var whole = tenant.owner().get(described[1]);
      assertThat(whole.status()).as("%s: an owner may read it", described[1]).isNotEqualTo(403);
      if (!whole.at("/items").isArray()) {
        continue;
      }
      lists++;
      var page = tenant.owner().get(described[1] + "?limit=1");
      assertThat(page.status()).as(described[1]).isEqualTo(200);
      assertThat(page.at("/items").size()).as(described[1]).isLessThanOrEqualTo(1);
      assertThat(page.at("/next_cursor").isNull())
          .as(described[1])
          .isEqualTo(whole.at("/items").size() <= 1);
      for (String wrong : List.of("?cursor=%27", "?limit=0", "?limit=201", "?limit=x")) {
        assertThat(tenant.owner().get(described[1] + wrong).status())
            .as(described[1] + wrong)
            .isEqualTo(400);
      }
    }
    assertThat(lists).isGreaterThan(12);
  }

  @Test
  void theDescriptionNamesThePermissionThatTheRouteDemands() {
    for (Endpoint endpoint : server.controlPlane().endpoints()) {
      String described = operation(endpoint).path("x-permission").asText();
      var permission = endpoint.permission();
      assertThat(described)
          .as(endpoint.describe())
          .isEqualTo(permission == null ? "" : permission.wire());
    }
  }

  @Test
  void theDescriptionsListsAreThoseOfTheCode() {
    assertThat(texts("/components/schemas/Problem/properties/type/enum"))
        .isEqualTo(
            Arrays.stream(ErrorType.values()).map(ErrorType::urn).collect(Collectors.toSet()));
    assertThat(texts("/components/schemas/Permission/enum"))
        .isEqualTo(
            Arrays.stream(Permission.values()).map(Permission::wire).collect(Collectors.toSet()));
    assertThat(texts("/components/schemas/RoleName/enum"))
        .isEqualTo(Arrays.stream(Role.values()).map(Role::wire).collect(Collectors.toSet()));
  }

  private static Set<String> texts(String pointer) {
    var all = new TreeSet<String>();
    ApiDescription.DOCUMENT.at(pointer).forEach(node -> all.add(node.asText()));
    return all;
  }

  private static JsonNode operation(Endpoint endpoint) {
    return ApiDescription.DOCUMENT
        .path("paths")
        .path(endpoint.template())
        .path(endpoint.method().name().toLowerCase(Locale.ROOT));
  }

  @Test
  void everyReferenceOfTheDescriptionLeadsSomewhere() {
    var broken =
        ApiDescription.DOCUMENT.findValuesAsText("$ref").stream()
            .filter(ref -> ApiDescription.DOCUMENT.at(ref.substring(1)).isMissingNode())
            .toList();

    assertThat(broken).isEmpty();
  }

  @Test
  void everyListDocumentsHowItAnswersABadQuery() {
    for (Endpoint endpoint : server.controlPlane().endpoints()) {
      boolean isList =
          operation(endpoint).findValuesAsText("$ref").contains("#/components/parameters/limit");
      for (String query :
          isList ? List.of("limit=0", "limit=x", "zz=1", "zz=%FF") : List.<String>of()) {
        var reply = tenant.owner().get(endpoint.template() + "?" + query);

        assertThat(reply.status()).as(endpoint.describe() + "?" + query).isIn(400, 422);
        assertThat(operation(endpoint).path("responses").has(Integer.toString(reply.status())))
            .as(endpoint.describe() + " describes " + reply.status())
            .isTrue();
      }
    }
  }

  @Test
  void nothingButTheListedIsAnsweredWithoutACredential() {
    for (Endpoint endpoint : server.controlPlane().endpoints()) {
      var reply = server.anybody().send(endpoint.method().name(), someones(endpoint), null);

      assertThat(reply.status()).as(endpoint.describe()).isEqualTo(401);
      assertThat(reply.problem()).isEqualTo("credential-missing");
    }
    for (String path :
        new String[] {"hello", "reports", "audit", "callbacks/slack", "callbacks/teams"}) {
      assertThat(server.anybody().post("/enclave/v1/" + path, "{}").status()).isEqualTo(401);
    }
    assertThat(server.anybody().get("/enclave/v1/commands").status()).isEqualTo(401);
    assertThat(server.anybody().get("/enclave/v1/bundles/sha256:" + "0".repeat(64)).status())
        .isEqualTo(401);
    assertThat(server.anybody().get("/alive").status()).isEqualTo(200);
    assertThat(server.anybody().get("/ready").status()).isEqualTo(200);
    assertThat(server.anybody().get("/openapi.json").status()).isEqualTo(200);
  }

  @Test
  void anOperatorsTokenIsNoEnclavesKeyAndTheOtherWayRound() {
    var enclave = tenant.newEnclave("mixed");

    assertThat(tenant.owner().post("/enclave/v1/hello", "{}").status()).isEqualTo(401);
    assertThat(enclave.http().get("/api/v1/agents").status()).isEqualTo(401);
  }

  @Test
  void everyEndpointDemandsItsPermissionAndRecordsTheRefusal() {
    for (Permission permission : Permission.values()) {
      var others =
          Stream.of(Permission.values())
              .filter(other -> other != permission)
              .map(Permission::wire)
              .toArray(String[]::new);
      var without = tenant.clientWith(others);
      for (Endpoint endpoint : demanding(permission)) {
        var reply = without.send(endpoint.method().name(), someones(endpoint), bodyFor(endpoint));

        assertThat(reply.status()).as(endpoint.describe()).isEqualTo(403);
        assertThat(reply.problem()).isEqualTo("permission-missing");
        var refusal = tenant.lastAudit("operator:refused");
        assertThat(refusal.path("resource").asText()).isEqualTo(endpoint.describe());
        assertThat(refusal.path("verdict").asText()).isEqualTo("deny");
        assertThat(refusal.path("detail").asText()).contains(permission.wire());
      }
    }
  }

  /** Where an endpoint shows what another permission is for, its description names that too. */
  @Test
  void thePermissionAloneIsEnough() {
    for (Permission permission : Permission.values()) {
      var alone = tenant.clientWith(permission.wire());
      for (Endpoint endpoint : demanding(permission)) {
        String also = operation(endpoint).path("x-also-permission").asText();
        if (!also.isEmpty()) {
          assertThat(
                  alone
                      .send(endpoint.method().name(), someones(endpoint), bodyFor(endpoint))
                      .status())
              .as(endpoint.describe())
              .isEqualTo(403);
          assertThat(tenant.lastAudit("operator:refused").path("detail").asText()).contains(also);
        }
        var with = also.isEmpty() ? alone : tenant.clientWith(permission.wire(), also);
        var reply = with.send(endpoint.method().name(), someones(endpoint), bodyFor(endpoint));

        assertThat(reply.status()).as(endpoint.describe()).isNotIn(401, 403, 405, 500);
      }
    }
  }

  @Test
  void anothersIsAnsweredExactlyLikeWhatIsNotThere() {
    tenant.newEnclave("foreign");
    var agent =
        tenant
            .owner()
            .post(
                "/api/v1/agents",
                "{\"name\": \"theirs\", \"enclave_id\": \""
                    + tenant.owner().get("/api/v1/enclaves").text("/items/0/id")
                    + "\"}");
    assertThat(agent.status()).isEqualTo(201);
    tenant
        .owner()
        .put(
            "/api/v1/providers/theirs",
            """
            {"kind": "openai", "base_url": "https://example.com/v1", "api_key": "k"}
            """);
    tenant.owner().put("/api/v1/connectors/theirs", Tenant.CONNECTOR);
    tenant.owner().put("/api/v1/policies/theirs", "{\"cedar\": \"\"}");
    tenant.owner().put("/api/v1/rules/theirs", "{\"priority\": 1, \"verdict\": \"deny\"}");
    tenant
        .owner()
        .put(
            "/api/v1/canaries/theirs",
            "{\"verdict\": \"permit\", \"action\": \"tool:call\", \"resource\": \"x\"}");
    tenant.owner().put("/api/v1/content-policies/team=theirs", "{}");
    tenant
        .owner()
        .put(
            "/api/v1/groups/theirs",
            "{\"members\": [\"%s\"]}"
                .formatted(tenant.owner().get("/api/v1/iam/members").text("/items/0/id")));
    String published = tenant.owner().post("/api/v1/bundles", "{}").text("/version");
    assertThat(published).as("a version that the other does not have").isNotEqualTo("1");
    String asked = ApprovalId.next(server.clock).toString(); // theirs: see ApprovalTest
    String recorded = tenant.audit("").getFirst().path("id").asText();
    var member = tenant.owner().get("/api/v1/iam/members").text("/items/0/id");
    var client = tenant.owner().get("/api/v1/iam/clients").text("/items/0/id");
    for (Endpoint endpoint : server.controlPlane().endpoints()) {
      if (endpoint.template().contains("{") && !endpoint.method().name().equals("PUT")) {
        String theirs =
            endpoint
                .template()
                .replace("agents/{id}", "agents/" + agent.text("/agent/id"))
                .replace("enclaves/{id}", "enclaves/" + agent.text("/agent/enclave_id"))
                .replace("members/{id}", "members/" + member)
                .replace("clients/{id}", "clients/" + client)
                .replace("organizations/{id}", "organizations/" + tenant.id())
                .replace("audit/{id}", "audit/" + recorded)
                .replace("approvals/{id}", "approvals/" + asked)
                .replace("{name}", "theirs")
                .replace("{scope}", "team=theirs")
                .replace("{version}", published);
        var foreign = stranger.owner().send(endpoint.method().name(), theirs, bodyFor(endpoint));
        var missing =
            stranger.owner().send(endpoint.method().name(), someones(endpoint), bodyFor(endpoint));

        assertThat(foreign.status()).as(endpoint.describe()).isEqualTo(404);
        assertThat(withoutRequest(foreign.body())).isEqualTo(withoutRequest(missing.body()));
      }
    }
    assertThat(tenant.owner().get("/api/v1/agents/" + agent.text("/agent/id")).text("/status"))
        .isEqualTo("pending");
  }

  private static JsonNode withoutRequest(JsonNode problem) {
    return ((ObjectNode) problem.deepCopy()).without(Set.of("instance", "trace_id"));
  }

  private List<Endpoint> demanding(Permission permission) {
    return server.controlPlane().endpoints().stream()
        .filter(endpoint -> endpoint.permission() == permission)
        .toList();
  }

  /** A path of identifiers that nobody has. */
  private String someones(Endpoint endpoint) {
    return endpoint
        .template()
        .replace("agents/{id}", "agents/" + AgentId.next(server.clock))
        .replace("enclaves/{id}", "enclaves/" + EnclaveId.next(server.clock))
        .replace("members/{id}", "members/" + MemberId.next(server.clock))
        .replace("clients/{id}", "clients/" + ClientId.next(server.clock))
        .replace("organizations/{id}", "organizations/" + OrganizationId.next(server.clock))
        .replace("{organization_id}", OrganizationId.next(server.clock).toString())
        .replace("audit/{id}", "audit/" + ActionId.next(server.clock))
        .replace("approvals/{id}", "approvals/" + ApprovalId.next(server.clock))
        .replace("{name}", "nobodys")
        .replace("{scope}", "team=nobodys")
        .replace("{version}", "4711");
  }

  private static @Nullable String bodyFor(Endpoint endpoint) {
    String schema =
        operation(endpoint).at("/requestBody/content/application~1json/schema/$ref").asText();
    if (schema.isEmpty()) {
      return null;
    }
    if (schema.endsWith("ApprovalDecision")) {
      return "{\"decision\": \"approve\"}";
    }
    if (schema.endsWith("RevokeToken")) {
      return "{\"jti\": \"jti_%032x\", \"reason\": \"because\"}".formatted(7);
    }
    return schema.endsWith("Reason") || schema.endsWith("Release")
        ? "{\"reason\": \"because\"}"
        : "{}";
  }
}
