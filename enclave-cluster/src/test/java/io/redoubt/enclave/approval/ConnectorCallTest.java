package io.redoubt.enclave.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.ApiDescription;
import io.redoubt.enclave.testing.Http;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.ConnectorSpec.Access;
import io.redoubt.protocol.link.ConnectorSpec.Method;
import io.redoubt.protocol.link.ConnectorSpec.Operation;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.SealedBox;
import io.redoubt.protocol.policy.PolicyDocument;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A whole enclave does what a connector can, for whom and when policies say. */
class ConnectorCallTest extends AskingEnclave {
  private static final PolicyDocument TICKETS =
      new PolicyDocument(
          "tickets",
          """
          permit (principal, action, resource in Connector::"tickets");
          @escalate("default")
          forbid (principal, action == Action::"connector:write", resource)
          unless { context has approval };
          forbid (principal, action, resource == Operation::"tickets/issue.create")
          when { context.args has project && context.args.project == "secret" };
          """);

  private final OrganizationId organization = OrganizationId.next(CLOCK);
  private final ApiDescription acting =
      new ApiDescription(Http.get(fixture.enclave().actingUrl().resolve("/openapi.json")).json());
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final HttpServer server = api();

  private HttpServer api() {
    try {
      var made = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      made.createContext(
          "/",
          exchange -> {
            try (exchange) {
              asked.add(
                  exchange.getRequestMethod()
                      + " "
                      + exchange.getRequestURI()
                      + " "
                      + exchange.getRequestHeaders().getFirst("X-Api-Token")
                      + " "
                      + new String(
                          exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
              byte[] reply = "{\"id\":17}".getBytes(StandardCharsets.UTF_8);
              exchange.getResponseHeaders().add("Content-Type", "application/json");
              exchange.sendResponseHeaders(200, reply.length);
              exchange.getResponseBody().write(reply);
            }
          });
      made.start();
      return made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeAll
  void introduce() {
    fixture.introduce(organization);
    fixture.controlPlane.awaitApplied(say(1, seal("t0ken")));
    fixture.controlPlane.publish(organization, 2, Starter.DOCUMENT, TICKETS);
    fixture.controlPlane.awaitRunning(organization, 2);
  }

  @AfterAll
  void stop() {
    server.stop(0);
  }

  private SealedBox seal(String secret) {
    return fixture.controlPlane.seal(organization, "connector/tickets", secret);
  }

  private long say(long version, @Nullable SealedBox secret) {
    return fixture.controlPlane.say(
        organization,
        new LinkCommand.PutConnector(
            new ConnectorSpec(
                "tickets",
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                new ConnectorSpec.Credential("x-api-token", null),
                List.of(
                    new Operation("issue.read", Method.GET, "/issues/{id}", Access.READ),
                    new Operation(
                        "issue.create", Method.POST, "/projects/{project}/issues", Access.WRITE)),
                5,
                version,
                null,
                null),
            secret));
  }

  private Answer execute(Caller caller, Object body, String... headers) {
    var all = new ArrayList<>(List.of("Authorization", "Bearer " + caller.access()));
    all.addAll(List.of(headers));
    var answer =
        Http.post(
            fixture.enclave().actingUrl().resolve("/v1/execute"), body, all.toArray(String[]::new));
    acting.describes(answer);
    return answer;
  }

  private static Map<String, Object> create(String title) {
    return Map.of(
        "connector",
        "tickets",
        "operation",
        "issue.create",
        "parameters",
        Map.of("project", "core", "title", title),
        "reason",
        "a customer waits");
  }

  /** What somebody is asked about for the agent, once that is so. */
  private String awaitAsked(Caller caller) {
    return await()
        .until(
            () -> {
              var waiting =
                  Http.get(at("?status=pending"), operator(organization, "approvals:read"));
              for (var item : waiting.json().path("items")) {
                if (item.path("agent_id").asText().equals(caller.agent().id.toString())) {
                  return item.path("id").asText();
                }
              }
              return "";
            },
            it -> !it.isEmpty());
  }

  private Answer edit(String approval, Map<String, Object> parameters) {
    var answer =
        Http.post(
            at("/" + approval + "/decision"),
            Map.of(
                "decision",
                "approve",
                "reason",
                "in the sandbox",
                "arguments",
                Map.of("parameters", parameters)),
            operator(organization, "approvals:decide", "approvals:edit"));
    api.describes(answer);
    return answer;
  }

  private void approve(String approval, String decision) {
    var answer =
        Http.post(
            at("/" + approval + "/decision"),
            Map.of("decision", decision, "reason", "looks right"),
            operator(organization, "approvals:decide"));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  @Test
  void aReadIsDoneAtOnceAndIsOnRecord() {
    var answer =
        execute(
            callerOf(organization),
            Map.of(
                "connector", "tickets", "operation", "issue.read", "parameters", Map.of("id", 7)));

    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().at("/result/body/id").asInt()).isEqualTo(17);
    assertThat(asked).contains("GET /issues/7 t0ken ");
    var record =
        fixture.controlPlane.awaitAudit(
            organization,
            it -> it.plane() == Plane.CONNECTOR && it.operation().equals("connector:read"));
    assertThat(record.resource()).isEqualTo("issue.read");
    assertThat(record.policyIds()).containsExactly("tickets");
  }

  @Test
  void aWriteWaitsForSomebodyAndIsDoneOnce() {
    var caller = callerOf(organization);

    var pending = execute(caller, create("broken"));
    assertThat(pending.status()).as(pending.body()).isEqualTo(202);
    String approval = pending.text("approval_id");
    assertThat(execute(caller, create("broken")).text("approval_id")).isEqualTo(approval);
    var state = Http.get(URI.create(pending.header("location")), bearer(caller));
    assertThat(state.status()).as(state.body()).isEqualTo(200);
    assertThat(state.text("status")).isEqualTo("pending");
    var shown =
        Http.get(at("/" + approval), operator(organization, "approvals:read", "approvals:decide"));
    api.describes(shown);
    assertThat(shown.json().at("/arguments/parameters/title").asText()).isEqualTo("broken");
    assertThat(shown.json().at("/arguments/reason").asText()).isEqualTo("a customer waits");
    assertThat(asked).noneMatch(it -> it.contains("broken"));

    approve(approval, "approve");

    assertThat(execute(caller, create("another")).status()).isEqualTo(202);
    assertThat(execute(caller, create("broken")).status()).isEqualTo(200);
    assertThat(execute(caller, create("broken")).status()).isEqualTo(202);
    assertThat(asked.stream().filter(it -> it.contains("broken")))
        .containsExactly("POST /projects/core/issues t0ken {\"title\":\"broken\"}");
    await()
        .untilAsserted(
            () -> assertThat(show(organization, approval).text("status")).isEqualTo("consumed"));
  }

  private static String[] bearer(Caller caller) {
    return new String[] {"Authorization", "Bearer " + caller.access()};
  }

  @Test
  void whoWaitsIsAnsweredWhenSomebodyDecides() throws Exception {
    var caller = callerOf(organization);
    var answer =
        CompletableFuture.supplyAsync(() -> execute(caller, create("urgent"), "Prefer", "wait=30"));
    String approval = awaitAsked(caller);

    approve(approval, "deny");

    var denied = answer.get(20, TimeUnit.SECONDS);
    assertThat(denied.status()).as(denied.body()).isEqualTo(403);
    assertThat(denied.problem()).isEqualTo("action-denied");
    assertThat(denied.text("reason")).isEqualTo("approval_denied");
    assertThat(denied.text("approval_id")).isEqualTo(approval);
    assertThat(asked).noneMatch(it -> it.contains("urgent"));
  }

  @Test
  void whoeverApprovesMayChangeTheParametersAndBothCallsAreOnRecord() throws Exception {
    var caller = callerOf(organization);
    var waiting =
        CompletableFuture.supplyAsync(() -> execute(caller, create("early"), "Prefer", "wait=30"));
    String approval = awaitAsked(caller);

    var forbidden = edit(approval, Map.of("project", "secret", "title", "early"));
    assertThat(forbidden.status()).as(forbidden.body()).isEqualTo(422);
    assertThat(forbidden.body()).contains("tickets#3");
    var nowhere = edit(approval, Map.of("title", "early"));
    assertThat(nowhere.status()).as(nowhere.body()).isEqualTo(422);
    assertThat(nowhere.body()).contains("/parameters/project");

    var edited = edit(approval, Map.of("project", "sandbox", "title", "early"));
    assertThat(edited.status()).as(edited.body()).isEqualTo(200);
    String changed = edited.json().at("/edited_to/approval").asText();

    var done = waiting.get(20, TimeUnit.SECONDS);
    assertThat(done.status()).as(done.body()).isEqualTo(200);
    assertThat(done.json().at("/edited/approval_id").asText()).isEqualTo(changed);
    assertThat(done.json().at("/edited/arguments/parameters/project").asText())
        .isEqualTo("sandbox");
    assertThat(asked.stream().filter(it -> it.contains("early")))
        .containsExactly("POST /projects/sandbox/issues t0ken {\"title\":\"early\"}");
    var again = execute(caller, create("early"));
    assertThat(again.status()).isEqualTo(202);
    assertThat(again.text("approval_id")).isNotIn(approval, changed);
    var permitted =
        fixture.controlPlane.awaitAudit(
            organization,
            it ->
                it.plane() == Plane.CONNECTOR
                    && changed.equals(it.approvalId())
                    && it.verdict() == Verdict.PERMIT);
    assertThat(permitted.detail()).contains("/parameters/project").doesNotContain("sandbox");
    var refused =
        fixture.controlPlane.awaitAudit(
            organization,
            it ->
                it.plane() == Plane.CONNECTOR
                    && changed.equals(it.approvalId())
                    && it.verdict() == Verdict.DENY);
    assertThat(refused.detail()).contains("approval_edited");
    assertThat(permitted.detail()).contains(refused.actionDigest());
  }

  @Test
  void policiesLookAtTheParameters() {
    var answer =
        execute(
            callerOf(organization),
            Map.of(
                "connector",
                "tickets",
                "operation",
                "issue.create",
                "parameters",
                Map.of("project", "secret", "title", "x")));

    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.text("reason")).isEqualTo("policy_denied");
    assertThat(answer.json().path("policy_ids").valueStream().map(JsonNode::asText))
        .contains("tickets#3");
    var record =
        fixture.controlPlane.awaitAudit(organization, it -> it.policyIds().contains("tickets#3"));
    assertThat(record.verdict()).isEqualTo(Verdict.DENY);
    assertThat(record.connector()).isEqualTo("tickets");
  }

  @Test
  void anotherOrganizationHasNoSuchConnector() {
    var other = OrganizationId.next(CLOCK);
    fixture.introduce(other);

    var answer =
        execute(
            callerOf(other),
            Map.of(
                "connector", "tickets", "operation", "issue.read", "parameters", Map.of("id", 7)));

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.text("reason")).isEqualTo("connector_unknown");
  }

  @Test
  void aSecretThatDoesNotOpenHereOrIsNotMeantForTheConnectorIsRejected() {
    var moved = say(9, fixture.controlPlane.seal(organization, "connector/another", "stolen"));
    assertThat(fixture.controlPlane.rejection(moved)).contains("does not open");

    assertThat(fixture.controlPlane.rejection(say(9, null))).contains("come together");
  }
}
