package io.redoubt.proxy.tools;

import static io.redoubt.proxy.llm.LlmFixture.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.agent.Asking;
import io.redoubt.agent.Judgement;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.ConnectorSpec.Access;
import io.redoubt.protocol.link.ConnectorSpec.Method;
import io.redoubt.protocol.link.ConnectorSpec.Operation;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.proxy.llm.LlmFixture;
import io.redoubt.session.Risk;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Calls of operations by an agent, and the API that they are of. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
abstract class OperationCalls {
  static final List<Operation> OPERATIONS =
      List.of(
          new Operation("issue.read", Method.GET, "/issues/{id}", Access.READ),
          new Operation("issue.create", Method.POST, "/projects/{project}/issues", Access.WRITE),
          new Operation("issue.delete", Method.DELETE, "/issues/{id}", Access.WRITE));

  static final String CREATE =
      """
      {"connector": "tickets", "operation": "issue.create",
       "parameters": {"project": "core", "title": "It is broken", "priority": 2},
       "resource": "project core", "reason": "a customer asked for it"}
      """;

  final LlmFixture plane =
      new LlmFixture(
          """
          redoubt.proxy.tools {
            max-body-bytes = 2 KiB, max-reply-bytes = 4 KiB
            reply-memory { per-agent = 16 KiB, total = 16 KiB }
            denied-addresses = ["127.0.0.9/32"]
          }
          pekko.loglevel = OFF
          """);
  final FakeApi api = new FakeApi();
  long versions;

  @BeforeEach
  void start() {
    plane.reset();
    api.asked.clear();
    api.answers(FakeApi.json(200, "{\"ok\":true}"));
    put(api.base(), 2, FakeApi.SECRET);
  }

  @AfterEach
  void nothingIsLeftOver() {
    plane.assertNothingIsLeftOver();
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
    api.close();
  }

  final void put(URI base, int timeoutSeconds, String secret) {
    put(plane, base, timeoutSeconds, secret);
  }

  final void put(LlmFixture where, URI base, int timeoutSeconds, String secret) {
    LlmFixture.await(
        where.connectors.put(
            LlmFixture.ORGANIZATION,
            new ConnectorSpec(
                "tickets",
                base,
                new ConnectorSpec.Credential("authorization", "Bearer"),
                OPERATIONS,
                timeoutSeconds,
                ++versions,
                null,
                null),
            Secret.of(secret)));
  }

  final HttpRequest.Builder request(String body, String... headers) {
    return request(plane, body, headers);
  }

  static HttpRequest.Builder request(LlmFixture where, String body, String... headers) {
    var request =
        HttpRequest.newBuilder(where.uri("/v1/execute"))
            .header("authorization", "Bearer " + where.token())
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    return headers.length == 0 ? request : request.headers(headers);
  }

  final HttpResponse<String> execute(String body, String... headers) {
    return plane.send(request(body, headers));
  }

  static JsonNode json(HttpResponse<String> answer) {
    try {
      return Json.LENIENT.readTree(answer.body());
    } catch (IOException e) {
      throw new AssertionError(answer.body(), e);
    }
  }

  static Judgement says(Verdict verdict) {
    return new Judgement(
        7,
        new Decision(verdict, List.of("careful"), List.of("default"), List.of(), null, List.of()),
        Risk.NONE,
        verdict == Verdict.ESCALATE
            ? new Asking("tickets", List.of(ApprovalWorkflow.usual("default")), List.of())
            : null);
  }

  final void vote(ApprovalView.Decision decision) {
    soon().until(() -> pending().size() == 1);
    var id = pending().getFirst().id();
    LlmFixture.await(
        plane.voting.cast(
            new ApprovalKey(LlmFixture.ORGANIZATION, id),
            new Ballot(id + "/1", "mem_ann", "enclave", decision, "because")));
  }

  final List<ApprovalView> pending() {
    return LlmFixture.await(
        plane.board.list(LlmFixture.ORGANIZATION, ApprovalStatus.PENDING, null, 100));
  }

  static void refused(HttpResponse<String> answer, int status, String reason) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(json(answer).path("reason").asText()).isEqualTo(reason);
    assertThat(answer.headers().firstValue("content-type"))
        .hasValueSatisfying(it -> assertThat(it).startsWith("application/problem+json"));
    assertThat(json(answer).path("action_id").asText())
        .isEqualTo(LlmFixture.actionOf(answer).toString());
  }
}
