package io.redoubt.proxy.tools;

import static io.redoubt.proxy.llm.LlmFixture.soon;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.approval.ApprovalKey;
import io.redoubt.link.Freshness;
import io.redoubt.payload.PayloadStore;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.ContentPolicy.Rule;
import io.redoubt.proxy.llm.LlmFixture;
import io.redoubt.proxy.stream.Cut;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Operations of connectors: what goes out, what comes back, and all that may stand in between. */
class ExecuteTest extends OperationCalls {

  @Test
  void theCallIsMadeWithACredentialThatTheAgentNeverSees() {
    var answer = execute(CREATE);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(json(answer).path("decision").asText()).isEqualTo("permit");
    assertThat(json(answer).at("/result/status").asInt()).isEqualTo(200);
    assertThat(json(answer).at("/result/body/ok").asBoolean()).isTrue();
    assertThat(answer.headers().firstValue("x-redoubt-decision")).contains("permit");
    assertThat(api.last())
        .isEqualTo(
            new FakeApi.Asked(
                "POST",
                "/api/projects/core/issues",
                "Bearer " + FakeApi.SECRET,
                "application/json",
                "{\"priority\":2,\"title\":\"It is broken\"}"));
    AuditRecord record = plane.recordOf(answer);
    assertThat(record.plane()).isEqualTo(Plane.CONNECTOR);
    assertThat(record.operation()).isEqualTo("connector:write");
    assertThat(record.connector()).isEqualTo("tickets");
    assertThat(record.resource()).isEqualTo("issue.create");
    assertThat(record.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.SUCCEEDED);
    assertThat(plane.agents.asked.getLast().action().arguments().values().toString())
        .isEqualTo("{\"priority\":2,\"project\":\"core\",\"title\":\"It is broken\"}");
    assertThat(answer.toString() + answer.body() + plane.audit.records())
        .doesNotContain(FakeApi.SECRET);
  }

  @Test
  void theSdkRouteIsTheSameAndReadsAreReads() {
    var answer =
        plane.send(
            HttpRequest.newBuilder(plane.uri("/v1/sdk/execute"))
                .header("x-api-key", plane.token())
                .header("content-type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        """
                        {"connector": "tickets", "operation": "issue.read",
                         "parameters": {"id": "a b..c?d#e", "fields": ["x&y", 1, true],
                                        "since": null, "lang": "de"}}
                        """)));

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(api.last().target())
        .isEqualTo("/api/issues/a%20b..c%3Fd%23e?fields=x%26y&fields=1&fields=true&lang=de");
    assertThat(api.last().contentType()).isEqualTo("null");
    assertThat(plane.recordOf(answer).operation()).isEqualTo("connector:read");
  }

  @Test
  void theIntentIsDurableBeforeTheApiHearsAnything() {
    plane.audit.outage.begin();

    refused(execute(CREATE), 503, "unavailable");
    assertThat(api.asked).isEmpty();
  }

  @Test
  void whatPolicyDeniesIsNotDoneAndSaysByWhichPolicy() {
    plane.agents.judgement = says(Verdict.DENY);

    var answer = execute(CREATE);

    refused(answer, 403, "policy_denied");
    assertThat(json(answer).path("policy_ids").path(0).asText()).isEqualTo("careful");
    assertThat(json(answer).path("risk_score").isInt()).isTrue();
    assertThat(api.asked).isEmpty();
    assertThat(plane.recordOf(answer).verdict()).isEqualTo(Verdict.DENY);
  }

  @Test
  void whatNeedsAnApprovalIsPendingAtOnceAndPassesOnceWhenItIsApproved() {
    plane.agents.judgement = says(Verdict.ESCALATE);

    var waits = execute(CREATE);

    assertThat(waits.statusCode()).as(waits.body()).isEqualTo(202);
    assertThat(json(waits).path("decision").asText()).isEqualTo("escalate");
    String approval = json(waits).path("approval_id").asText();
    assertThat(waits.headers().firstValue("location"))
        .contains("http://agent.example/v1/agent/approvals/" + approval);
    assertThat(waits.headers().firstValue("x-redoubt-decision")).contains("escalate");
    var entry =
        LlmFixture.await(
                plane.board.find(
                    new ApprovalKey(LlmFixture.ORGANIZATION, pending().getFirst().id())))
            .orElseThrow();
    assertThat(String.valueOf(entry.arguments()))
        .contains("It is broken", "a customer asked for it", "project core");

    vote(ApprovalView.Decision.APPROVE);
    assertThat(execute(CREATE).statusCode()).isEqualTo(200);
    assertThat(api.asked).hasSize(1);

    assertThat(execute(CREATE).statusCode()).isEqualTo(202);
    assertThat(api.asked).hasSize(1);
  }

  @Test
  void whoPrefersToWaitGetsTheResultWhenItIsApproved() throws Exception {
    plane.agents.judgement = says(Verdict.ESCALATE);

    var answer = CompletableFuture.supplyAsync(() -> execute(CREATE, "Prefer", "wait=30"));
    vote(ApprovalView.Decision.APPROVE);

    assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(plane.recordOf(answer.join()).approvalId()).isNotNull();
  }

  @Test
  void whereTooManyRequestsWaitItIsNotAskedAbout() {
    plane.agents.judgement = says(Verdict.ESCALATE);
    plane.agentMayWaitFor(0);

    var answer = execute(CREATE);

    refused(answer, 429, "too_many_approvals");
    assertThat(answer.headers().firstValue("retry-after")).isPresent();
    assertThat(pending()).isEmpty();
    assertThat(plane.recordOf(answer).detail()).contains("too_many_approvals");
  }

  @Test
  void whatIsNotApprovedIsDenied() throws Exception {
    plane.agents.judgement = says(Verdict.ESCALATE);

    var answer = CompletableFuture.supplyAsync(() -> execute(CREATE, "Prefer", "wait=30"));
    vote(ApprovalView.Decision.DENY);

    refused(answer.get(20, TimeUnit.SECONDS), 403, "approval_denied");
    assertThat(api.asked).isEmpty();
  }

  @Test
  void aSecretThatCameLaterDoesNotGoWhereTheConnectorWasBefore() throws Exception {
    plane.agents.judgement = says(Verdict.ESCALATE);
    var answer = CompletableFuture.supplyAsync(() -> execute(CREATE, "Prefer", "wait=30"));
    soon().until(() -> pending().size() == 1);

    put(URI.create("http://127.0.0.1:1"), 2, "another-secret");
    vote(ApprovalView.Decision.APPROVE);

    refused(answer.get(20, TimeUnit.SECONDS), 503, "settings_changed");
    assertThat(api.asked).isEmpty();
    assertThat(plane.recordOf(answer.join()).verdict())
        .as("never permitted")
        .isEqualTo(Verdict.DENY);
  }

  @Test
  void aNewSecretSpendsNoApproval() throws Exception {
    plane.agents.judgement = says(Verdict.ESCALATE);
    var answer = CompletableFuture.supplyAsync(() -> execute(CREATE, "Prefer", "wait=30"));
    soon().until(() -> pending().size() == 1);

    put(api.base(), 2, FakeApi.SECRET);
    vote(ApprovalView.Decision.APPROVE);

    refused(answer.get(20, TimeUnit.SECONDS), 503, "settings_changed");
    assertThat(execute(CREATE).statusCode()).isEqualTo(200);
    assertThat(api.asked).hasSize(1);
  }

  @Test
  void aConnectorThatIsDeletedMeanwhileIsNotAskedThoughItHasNoSecret() throws Exception {
    plane.agents.judgement = says(Verdict.ESCALATE);
    LlmFixture.await(
        plane.connectors.put(
            LlmFixture.ORGANIZATION,
            new ConnectorSpec("tickets", api.base(), null, OPERATIONS, 2, ++versions, null, null),
            null));
    var answer = CompletableFuture.supplyAsync(() -> execute(CREATE, "Prefer", "wait=30"));
    soon().until(() -> pending().size() == 1);

    LlmFixture.await(plane.connectors.delete(LlmFixture.ORGANIZATION, "tickets", ++versions));
    vote(ApprovalView.Decision.APPROVE);

    refused(answer.get(20, TimeUnit.SECONDS), 503, "settings_changed");
    assertThat(api.asked).isEmpty();
  }

  @Test
  void whatIsNullIsAbsentForPoliciesAndForTheApi() {
    var answer =
        execute(
            """
            {"connector": "tickets", "operation": "issue.create", "resource": null, "reason": null,
             "parameters": {"project": "core", "owner": null, "title": "x"}}
            """);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(api.last().body()).isEqualTo("{\"title\":\"x\"}");
    assertThat(plane.agents.asked.getLast().action().arguments().values().has("owner")).isFalse();
  }

  @Test
  void aSecretThatTheApiRepeatsIsKeptFromTheAgentAndFromPayloads() {
    plane.payloads(OrganizationSpec.Payloads.FULL);
    var echoes =
        List.of(
            FakeApi.SECRET,
            "Bearer " + FakeApi.SECRET,
            Base64.getEncoder().encodeToString(FakeApi.SECRET.getBytes(StandardCharsets.UTF_8)));
    for (String echo : echoes) {
      api.answers(FakeApi.json(401, "{\"you sent\":\"" + echo + "\"}"));

      var answer = execute(CREATE);

      refused(answer, 502, "reply_holds_secret");
      assertThat(answer.body()).doesNotContain(echo);
      assertThat(plane.outcomeOf(answer).error()).isEqualTo("reply_holds_secret");
      assertThat(
              LlmFixture.await(
                  plane.payloads.list(
                      LlmFixture.ORGANIZATION, LlmFixture.actionOf(answer), plane.clock.instant())))
          .extracting(PayloadStore.Kept::part)
          .containsExactly(PayloadStore.Part.REQUEST);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {                                                              | 400 | body_malformed
          []                                                             | 400 | body_malformed
          {"connector":"tickets","connector":"tickets","operation":"a"}  | 400 | body_malformed
          {"connector":"tickets","operation":"issue.read","parameters":{"id":99999999999999999999}} | 400 | body_malformed
          {}                                                             | 422 | parameters_invalid
          {"connector":"../x","operation":"issue.read"}                  | 422 | parameters_invalid
          {"connector":"tickets","operation":7}                          | 422 | parameters_invalid
          {"connector":"tickets","operation":"issue.read","parameters":[]} | 422 | parameters_invalid
          {"connector":"tickets","operation":"issue.read","organization":"x","parameters":{"id":1}} | 422 | parameters_invalid
          {"connector":"tickets","operation":"issue.read"}               | 422 | parameters_invalid
          {"connector":"tickets","operation":"issue.read","parameters":{"id":".."}} | 422 | parameters_invalid
          {"connector":"tickets","operation":"issue.read","parameters":{"id":""}}   | 422 | parameters_invalid
          {"connector":"tickets","operation":"issue.read","parameters":{"id":"7/attachments/3"}} | 422 | parameters_invalid
          {"connector":"tickets","operation":"issue.read","parameters":{"id":{}}}   | 422 | parameters_invalid
          {"connector":"tickets","operation":"issue.read","parameters":{"id":1,"q":{"a":1}}} | 422 | parameters_invalid
          {"connector":"tickets","operation":"issue.read","parameters":{"id":1},"reason":""} | 422 | parameters_invalid
          {"connector":"nobodys","operation":"issue.read"}               | 404 | connector_unknown
          {"connector":"tickets","operation":"issue.burn"}               | 404 | operation_unknown
          """)
  void whatCannotBeMeantIsSaidAndRecorded(String body, int status, String reason) {
    var answer = execute(body);

    refused(answer, status, reason);
    assertThat(api.asked).isEmpty();
    var record = plane.recordOf(answer);
    assertThat(record.verdict()).isEqualTo(Verdict.DENY);
    assertThat(Objects.requireNonNull(record.outcome()).error()).startsWith(reason);
    assertThat(record.plane()).isEqualTo(Plane.CONNECTOR);
  }

  @Test
  void whoIsNotBelievedIsToldNothingAndLeavesNoRecord() {
    int before = plane.audit.records().size();
    var none =
        plane.send(
            HttpRequest.newBuilder(plane.uri("/v1/execute"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(CREATE)));
    refused(none, 401, "credential_missing");
    assertThat(none.headers().firstValue("www-authenticate")).isPresent();
    refused(
        plane.send(request(CREATE).setHeader("authorization", "Bearer nonsense")),
        401,
        "credential_invalid");

    assertThat(plane.audit.records()).hasSize(before);
    assertThat(api.asked).isEmpty();
    var get = plane.send(HttpRequest.newBuilder(plane.uri("/v1/execute")).GET());
    assertThat(get.statusCode()).isEqualTo(405);
    assertThat(get.headers().firstValue("allow")).contains("POST");
  }

  @Test
  void aConnectorOfAnotherOrganizationIsNotThere() {
    LlmFixture.await(plane.connectors.delete(LlmFixture.ORGANIZATION, "tickets", ++versions));

    refused(execute(CREATE), 404, "connector_unknown");
  }

  @Test
  void bodiesHaveTheirLimits() {
    refused(execute("{\"connector\":\"" + "x".repeat(3_000) + "\"}"), 413, "body_too_large");
    refused(execute(CREATE, "content-encoding", "gzip"), 415, "media_type_unsupported");
    refused(
        plane.send(request(CREATE).setHeader("content-type", "text/plain")),
        415,
        "media_type_unsupported");
  }

  @Test
  void whatTheApiRefusesIsTheResult() {
    api.answers(FakeApi.json(404, "{\"error\":\"no such project\"}"));

    var answer = execute(CREATE);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(json(answer).at("/result/status").asInt()).isEqualTo(404);
    assertThat(json(answer).at("/result/body/error").asText()).isEqualTo("no such project");
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.FAILED);
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("upstream-status-404");
  }

  @Test
  void answersComeAsTheyAre() {
    api.answers(FakeApi.json(200, "{\"big\": 12345678901234567890.10, \"a\":[1, 2]}"));
    assertThat(execute(CREATE).body())
        .contains("\"body\":{\"big\": 12345678901234567890.10, \"a\":[1, 2]}");

    api.answers(FakeApi.json(200, "{\"a\":1,\"a\":2}"));
    assertThat(json(execute(CREATE)).at("/result/body").asText()).isEqualTo("{\"a\":1,\"a\":2}");

    api.answers(FakeApi.with(200, "text/plain", "grüße".getBytes(StandardCharsets.UTF_8)));
    assertThat(json(execute(CREATE)).at("/result/body").asText()).isEqualTo("grüße");

    api.answers(FakeApi.with(200, "image/png", new byte[] {(byte) 0x89, 'P', 'N', 'G'}));
    var binary = json(execute(CREATE));
    assertThat(binary.at("/result/body_base64").asText()).isEqualTo("iVBORw==");
    assertThat(binary.at("/result").has("body")).isFalse();

    api.answers(FakeApi.json(200, " \n"));
    assertThat(json(execute(CREATE)).at("/result/body").isNull()).isTrue();

    api.answers(FakeApi.with(204, "text/plain", new byte[0]));
    assertThat(json(execute(CREATE)).at("/result/status").asInt()).isEqualTo(204);
  }

  @Test
  void anAnswerThatIsTooLargeOrEncodedIsNotPassedOn() {
    api.answers(FakeApi.json(200, "\"" + "x".repeat(5_000) + "\""));
    var large = execute(CREATE);
    refused(large, 502, "reply_too_large");
    assertThat(large.headers().firstValue("x-redoubt-decision")).contains("permit");
    assertThat(plane.outcomeOf(large).error()).isEqualTo("reply_too_large");

    api.answers(exchange -> {
      exchange.getResponseHeaders().set("Content-Encoding", "gzip");
      FakeApi.json(200, "{}").to(exchange);
    });
    refused(execute(CREATE), 502, "reply_unreadable");
  }

  @Test
  void anApiThatIsSilentOrAwayIsSaidToBe() throws Exception {
    var release = new CountDownLatch(1);
    api.answers(exchange -> {
      FakeApi.holdUntil(release);
    });
    put(api.base(), 1, FakeApi.SECRET);
    var silent = execute(CREATE);
    release.countDown();
    refused(silent, 504, "upstream_timeout");
    assertThat(api.asked).as("sent once, and never again by itself").hasSize(1);

    put(URI.create("http://127.0.0.1:1"), 2, FakeApi.SECRET);
    refused(execute(CREATE), 502, "upstream_unreachable");
    for (String denied : List.of("http://169.254.169.254", "http://127.0.0.9:1")) {
      put(URI.create(denied), 2, FakeApi.SECRET);
      refused(execute(CREATE), 502, "upstream_not_allowed");
    }
  }

  @Test
  void aStopOfTheAgentCutsWhatIsUnderWay() throws Exception {
    var asked = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    api.answers(exchange -> {
      asked.countDown();
      FakeApi.holdUntil(release);
    });
    put(api.base(), 30, FakeApi.SECRET);
    var answer = CompletableFuture.supplyAsync(() -> execute(CREATE));
    assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();

    assertThat(plane.streams.cut(LlmFixture.AGENT_KEY)).isEqualTo(1);

    refused(answer.get(10, TimeUnit.SECONDS), 403, "cut");
    release.countDown();
    assertThat(plane.outcomeOf(answer.join()).status()).isEqualTo(Outcome.Status.CUT);
    plane.agents.isolated = true;
    refused(execute(CREATE), 403, "agent_not_active");
  }

  /** An answer whose head and first bytes are here, and nothing else for a while. */
  private CompletableFuture<HttpResponse<String>> begun(CountDownLatch release) throws Exception {
    var began = new CountDownLatch(1);
    api.answers(exchange -> {
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().write('{');
      exchange.getResponseBody().flush();
      began.countDown();
      FakeApi.holdUntil(release);
    });
    put(api.base(), 30, FakeApi.SECRET);
    var answer = CompletableFuture.supplyAsync(() -> execute(CREATE));
    assertThat(began.await(10, TimeUnit.SECONDS)).isTrue();
    return answer;
  }

  @Test
  void aStopOfTheAgentCutsAnAnswerThatHasBegun() throws Exception {
    var release = new CountDownLatch(1);
    var answer = begun(release);

    plane.streams.cut(LlmFixture.AGENT_KEY);

    refused(answer.get(10, TimeUnit.SECONDS), 403, "cut");
    release.countDown();
    assertThat(plane.outcomeOf(answer.join()).status()).isEqualTo(Outcome.Status.CUT);
  }

  @Test
  void whatWentOutIsNotToBeRepeatedThoughTheNodeMayActNoMore() throws Exception {
    var release = new CountDownLatch(1);
    var answer = begun(release);

    plane.streams.cutAll(Cut.LEASE_LOST);

    var heard = answer.get(10, TimeUnit.SECONDS);
    release.countDown();
    refused(heard, 502, "nobody_knows");
    assertThat(heard.headers().firstValue("retry-after")).isEmpty();
    assertThat(heard.headers().firstValue("x-redoubt-decision")).contains("permit");
    assertThat(plane.outcomeOf(heard).error()).isEqualTo("lease-lost");
  }

  @Test
  void withoutALeaseOrFreshPoliciesNothingIsDone() {
    plane.lease.set(false);
    refused(execute(CREATE), 503, "out_of_service");
    plane.lease.set(true);
    plane.standing = Freshness.Standing.FROZEN;
    refused(execute(CREATE), 403, "enclave_frozen");
    plane.standing = Freshness.Standing.FRESH;
    plane.agents.silent(true);
    refused(execute(CREATE), 503, "unavailable");

    assertThat(api.asked).isEmpty();
  }

  private void contentIs(ContentAction action, Direction in) {
    plane.policies.runContent(
        7,
        new ContentDocument(
            "organization",
            new ContentPolicy(List.of(new Rule("pii", List.of(in), action, false)), List.of())));
  }

  @Test
  void whatIsFoundInParametersAndAnswersIsRecorded() {
    api.answers(FakeApi.json(200, "{\"who\":\"maria@keller.de\"}"));

    var answer = execute(CREATE.replace("It is broken", "write to bob@example.org"));

    assertThat(plane.agents.asked.getLast().action().findings()).contains("pii:email");
    assertThat(plane.recordOf(answer).findings()).contains("pii:email");
    plane.outcomeOf(answer);
    assertThat(
            plane.audit.conclusion(LlmFixture.actionOf(answer).auditId()).orElseThrow().findings())
        .contains("reply:pii:email");
  }

  @Test
  void contentPolicyRedactsAndBlocksWhatTheApiAnswers() {
    api.answers(FakeApi.json(200, "{\"who\":\"maria@keller.de\",\"n\":1}"));
    contentIs(ContentAction.REDACT, Direction.REPLY);
    var redacted = execute(CREATE);
    assertThat(json(redacted).at("/result/body/who").asText()).isEqualTo("[REDACTED:email]");
    assertThat(json(redacted).at("/result/body/n").asInt()).isEqualTo(1);

    contentIs(ContentAction.BLOCK, Direction.REPLY);
    var blocked = execute(CREATE);
    refused(blocked, 403, "reply_blocked");
    assertThat(blocked.body()).doesNotContain("keller");
    assertThat(plane.outcomeOf(blocked).error()).isEqualTo("content-blocked");

    api.answers(FakeApi.with(200, "image/png", new byte[] {(byte) 0x89, 'P', 'N', 'G'}));
    refused(execute(CREATE), 403, "content_not_inspected");
  }

  @Test
  void whatWasSaidIsKeptWhereTheOrganizationWantsThat() {
    plane.payloads(OrganizationSpec.Payloads.FULL);

    var answer = execute(CREATE);
    plane.outcomeOf(answer);

    var action = LlmFixture.actionOf(answer);
    var kept =
        LlmFixture.await(
            plane.payloads.list(LlmFixture.ORGANIZATION, action, plane.clock.instant()));
    assertThat(kept)
        .extracting(PayloadStore.Kept::part)
        .containsExactly(PayloadStore.Part.REQUEST, PayloadStore.Part.REPLY);
  }

  @Test
  void whereThereIsNoRoomForAnAnswerNothingIsDone() throws Exception {
    var release = new CountDownLatch(1);
    api.answers(exchange -> {
      FakeApi.holdUntil(release);
      FakeApi.json(200, "{}").to(exchange);
    });
    put(api.base(), 30, FakeApi.SECRET);
    var one = CompletableFuture.supplyAsync(() -> execute(CREATE));
    var two = CompletableFuture.supplyAsync(() -> execute(CREATE));
    soon().until(() -> api.asked.size() == 2);

    refused(execute(CREATE), 429, "too_many_streams");

    release.countDown();
    assertThat(one.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(two.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(execute(CREATE).statusCode()).isEqualTo(200);
  }

  @Test
  void aServerThatIsEndedByForceTellsNobodyToComeAgain() throws Exception {
    try (var ends =
        new LlmFixture(
            """
            redoubt.proxy.tools.denied-addresses = []
            pekko.loglevel = OFF
            """)) {
      var release = new CountDownLatch(1);
      api.answers(exchange -> {
        FakeApi.holdUntil(release);
        FakeApi.json(200, "{}").to(exchange);
      });
      put(ends, api.base(), 30, FakeApi.SECRET);
      var answer = CompletableFuture.supplyAsync(() -> ends.send(request(ends, CREATE)));
      soon().until(() -> !api.asked.isEmpty());

      ends.endServer();

      var cut = answer.get(10, TimeUnit.SECONDS);
      assertThat(cut.statusCode()).as(cut.body()).isEqualTo(502);
      assertThat(json(cut).path("reason").asText()).isEqualTo("nobody_knows");
      assertThat(json(cut).path("instance").asText()).isEqualTo("/v1/execute");
      assertThat(cut.headers().firstValue("retry-after")).isEmpty();
      release.countDown();
    }
  }
}
