package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.agent.Judgement;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.proxy.stream.LiveStream;
import io.redoubt.revocation.Revocation;
import io.redoubt.session.Risk;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmRefusalTest {
  private static final String MESSAGE = "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":1}";
  private static final String CHAT = "{\"model\":\"gpt-4o\",\"messages\":[]}";

  private final LlmFixture plane =
      new LlmFixture(
          """
          redoubt.proxy.llm {
            max-body-bytes = 64 KiB, body-deadline = 1 s
            body-memory { per-agent = 96 KiB, total = 128 KiB }
          }
          redoubt.proxy.streams { per-agent = 3, total = 4 }
          """);

  @BeforeEach
  void reset() {
    plane.reset();
  }

  @AfterEach
  void nothingStaysOpen() {
    assertThat(plane.streams.open()).isZero();
    assertThat(plane.audit.open()).isEmpty();
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
  }

  private static JsonNode json(HttpResponse<String> answer) {
    try {
      return Json.LENIENT.readTree(answer.body());
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + answer.body(), e);
    }
  }

  private void isRefused(HttpResponse<String> answer, int status, String type) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("deny");
    assertThat(answer.headers().firstValue("x-redoubt-action"))
        .hasValueSatisfying(action -> assertThat(action).startsWith("act_"));
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(json(answer).path("error").path("type").asText()).isEqualTo(type);
    assertThat(plane.provider.seen()).isEmpty();
  }

  private void isRecorded(HttpResponse<String> answer, String why) {
    var record = plane.recordOf(answer);
    assertThat(record.verdict()).isEqualTo(Verdict.DENY);
    assertThat(record.detail()).isEqualTo(why);
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.REFUSED);
  }

  @Test
  void withoutACredentialTheAnswerIsAnAuthenticationError() {
    var anthropic =
        plane.send(
            HttpRequest.newBuilder(plane.uri("/v1/messages"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(MESSAGE)));
    var openAi =
        plane.send(
            HttpRequest.newBuilder(plane.uri("/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(CHAT)));

    isRefused(anthropic, 401, "authentication_error");
    assertThat(json(anthropic).path("type").asText()).isEqualTo("error");
    isRefused(openAi, 401, "authentication_error");
    assertThat(json(openAi).path("error").path("code").asText()).isEqualTo("credential_missing");
    assertThat(json(openAi).path("error").has("param")).isTrue();
  }

  /** A refusal says which policies decided, to the caller and to the record. */
  @Test
  void whatPolicyDeniesIsRefusedInTheProvidersWords() {
    plane.agents.judgement =
        new Judgement(
            9,
            new Decision(
                Verdict.DENY,
                List.of("no-models"),
                List.of(),
                List.of(new Decision.Alert("no-models", "tried")),
                new Decision.Shadow(Verdict.PERMIT, List.of("draft"), List.of(), List.of()),
                List.of()),
            new Risk(40, List.of(new Risk.Contribution("off-intent", 40))));

    var answer = plane.send(plane.anthropic(MESSAGE));

    isRefused(answer, 403, "permission_error");
    assertThat(json(answer).path("error").path("message").asText())
        .contains("(no-models)")
        .contains("[policy_denied]");
    isRecorded(
        answer,
        "policy_denied; risk 40: off-intent 40; alert of no-models: tried; in shadow permit by draft");
    assertThat(plane.recordOf(answer).policyIds()).containsExactly("no-models");
    assertThat(plane.recordOf(answer).bundleVersion()).isEqualTo("9");
    assertThat(plane.recordOf(answer).riskScore()).isEqualTo(40);
  }

  @Test
  void theRecordSaysThatNoPolicyPermits() {
    plane.agents.judgement =
        new Judgement(
            9,
            new Decision(Verdict.DENY, List.of(), List.of(), List.of(), null, List.of()),
            Risk.NONE);

    var answer = plane.send(plane.anthropic(MESSAGE));

    isRefused(answer, 403, "permission_error");
    isRecorded(answer, "policy_denied; no policy permits it");
  }

  /** While releases change, an agent may still live on a node that asked no policies (G5). */
  @Test
  void aPermitThatNoPolicyWasAskedForIsNone() {
    plane.agents.unjudged = true;

    var answer = plane.send(plane.anthropic(MESSAGE));

    isRefused(answer, 503, "overloaded_error");
    isRecorded(answer, "policies_unknown");
  }

  @Test
  void whatNeedsAnApprovalIsNotSentAndSaysSo() {
    plane.agents.judgement =
        new Judgement(
            9,
            new Decision(
                Verdict.ESCALATE, List.of("ask"), List.of("models"), List.of(), null, List.of()),
            Risk.NONE);

    var answer = plane.send(plane.openAi("/v1/chat/completions", CHAT));

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("escalate");
    assertThat(json(answer).path("error").path("code").asText()).isEqualTo("approval_needed");
    assertThat(plane.recordOf(answer).verdict()).isEqualTo(Verdict.ESCALATE);
    assertThat(plane.recordOf(answer).detail()).isEqualTo("approval_needed; workflow models");
    assertThat(plane.provider.seen()).isEmpty();
  }

  @Test
  void whatIsPermittedIsRecordedWithItsPolicies() {
    plane.provider.answers((_, line) -> line.json(200, "{}"));

    var answer = plane.send(plane.anthropic(MESSAGE));
    plane.outcomeOf(answer);

    assertThat(plane.recordOf(answer).policyIds()).containsExactly("starter");
    assertThat(plane.recordOf(answer).bundleVersion()).isEqualTo("7");
  }

  @Test
  void aRevokedTokenIsRefusedAlthoughItWasVerifiedBefore() {
    plane.provider.answers((_, line) -> line.json(200, "{}"));
    var request = plane.anthropic(MESSAGE);
    var before = plane.send(request.copy());
    plane.outcomeOf(before);
    plane.provider.forget();

    LlmFixture.await(
        plane.revocations.revoke(
            new Revocation.OfToken(
                LlmFixture.ORGANIZATION, "jti-revoked", plane.clock.instant().plusSeconds(300))));
    var answer =
        plane.send(plane.anthropic(MESSAGE).setHeader("x-api-key", tokenWithId("jti-revoked")));

    assertThat(before.statusCode()).isEqualTo(200);
    isRefused(answer, 401, "authentication_error");
    isRecorded(answer, "credential_invalid");
  }

  private String tokenWithId(String jti) {
    var claims = plane.claims();
    return new io.redoubt.protocol.jwt.AccessClaims(
            claims.issuer(),
            claims.audience(),
            claims.agent(),
            claims.organization(),
            claims.family(),
            jti,
            claims.issuedAt(),
            claims.expiresAt(),
            List.of(),
            null)
        .sign(plane.signingKey);
  }

  /** Between the look at its token and its registration nothing of it is there to be cut. */
  @Test
  void aTokenRevokedWhileItsRequestComesInIsRefused() throws IOException {
    plane.provider.answers((_, line) -> line.json(200, "{}"));
    plane.provider.forget();
    var verifications = plane.metrics.counter("redoubt.authenticate.verifications");
    double before = verifications.count();
    try (var socket = plane.connect()) {
      byte[] request = plane.onTheWireWith(tokenWithId("jti-late"), MESSAGE, "connection: close");
      socket.getOutputStream().write(request, 0, request.length - 10);
      org.awaitility.Awaitility.await().until(() -> verifications.count() > before);

      LlmFixture.await(
          plane.revocations.revoke(
              new Revocation.OfToken(
                  LlmFixture.ORGANIZATION, "jti-late", plane.clock.instant().plusSeconds(300))));
      socket.getOutputStream().write(request, request.length - 10, 10);

      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 401 ");
    }
    assertThat(plane.provider.seen()).isEmpty();
  }

  @Test
  void ofTwoCredentialsThatDifferNeitherIsTaken() {
    var anthropic =
        plane.send(plane.anthropic(MESSAGE).setHeader("authorization", "Bearer something-else"));

    isRefused(anthropic, 401, "authentication_error");
    assertThat(json(anthropic).at("/error/message").asText()).contains("[credential_ambiguous]");
  }

  @Test
  void aModelThatTheAgentMayNotUseIsRefused() {
    plane.agentMayUse(new ModelAccess(List.of("claude-*"), List.of("*-opus-*")), false);

    var blocked = plane.send(plane.anthropic(MESSAGE.replace("sonnet", "opus")));
    var other = plane.send(plane.openAi("/v1/chat/completions", CHAT));

    isRefused(blocked, 403, "permission_error");
    isRecorded(blocked, "model_not_allowed");
    assertThat(plane.recordOf(blocked).resource()).isEqualTo("claude-opus-4-5");
    isRefused(other, 403, "permission_error");
    assertThat(json(other).path("error").path("param").asText()).isEqualTo("model");
    isRecorded(other, "model_not_allowed");
  }

  @Test
  void aModelThatNobodyServesIsNotFound() {
    var answer = plane.send(plane.anthropic("{\"model\":\"gemini-3\"}"));

    isRefused(answer, 404, "not_found_error");
    isRecorded(answer, "model_not_found");
  }

  @Test
  void anIsolatedAgentIsRefused() {
    plane.agents.isolated = true;

    var answer = plane.send(plane.anthropic(MESSAGE));

    isRefused(answer, 403, "permission_error");
    isRecorded(answer, "agent_not_active");
    assertThat(plane.recordOf(answer).owner()).isEqualTo("ann@example.com");
  }

  @Test
  void aFenceRaisedSinceTheDecisionRefuses() {
    try (var other = new LlmFixture("")) {
      LlmFixture.await(other.fences.raise(LlmFixture.AGENT_KEY, FakeAgents.FENCE + 1));

      var answer = other.send(other.anthropic(MESSAGE));

      assertThat(answer.statusCode()).isEqualTo(403);
      assertThat(other.recordOf(answer).verdict()).isEqualTo(Verdict.DENY);
      assertThat(other.provider.seen()).isEmpty();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aCutBetweenDecisionAndFirstByteIsSeen() {
    plane.audit.outage.block();
    var pending =
        plane.client.sendAsync(
            plane.anthropic(MESSAGE).build(), HttpResponse.BodyHandlers.ofString());
    org.awaitility.Awaitility.await().until(() -> plane.audit.outage.waiting() == 1);

    int cut = plane.streams.cut(LlmFixture.AGENT_KEY);
    plane.audit.outage.end();

    assertThat(cut).isEqualTo(1);
    var answer = LlmFixture.await(pending);
    isRefused(answer, 403, "permission_error");
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.CUT);
  }

  @Test
  void aLeaseThatRunsOutBetweenIntentAndFirstByteIsSeen() {
    plane.audit.outage.block();
    var pending =
        plane.client.sendAsync(
            plane.anthropic(MESSAGE).build(), HttpResponse.BodyHandlers.ofString());
    org.awaitility.Awaitility.await().until(() -> plane.audit.outage.waiting() == 1);

    plane.lease.set(false);
    plane.audit.outage.end();

    var answer = LlmFixture.await(pending);
    isRefused(answer, 503, "overloaded_error");
    assertThat(answer.headers().firstValue("retry-after")).hasValue("1");
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.CUT);
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("out_of_service");
    assertThat(plane.provider.seen()).isEmpty();
  }

  @Test
  void withoutALeaseNothingIsEvenLookedAt() {
    int records = plane.audit.records().size();
    plane.lease.set(false);

    var anthropic = plane.send(plane.anthropic(MESSAGE));
    var openAi = plane.send(plane.openAi("/v1/chat/completions", CHAT));
    var models =
        plane.send(
            java.net.http.HttpRequest.newBuilder(plane.uri("/v1/models"))
                .header("authorization", "Bearer nonsense"));

    isRefused(anthropic, 503, "overloaded_error");
    isRefused(openAi, 503, "server_error");
    isRefused(models, 503, "server_error");
    assertThat(List.of(anthropic, openAi, models))
        .allSatisfy(answer -> assertThat(answer.headers().firstValue("retry-after")).hasValue("1"));
    assertThat(plane.audit.records()).hasSize(records);
    assertThat(plane.provider.seen()).isEmpty();
  }

  @Test
  void whatCannotBeRecordedIsNotPermitted() {
    plane.audit.outage.begin();

    var answer = plane.send(plane.anthropic(MESSAGE));
    var refusal = plane.send(plane.anthropic("{"));

    isRefused(answer, 503, "overloaded_error");
    assertThat(answer.headers().firstValue("retry-after")).hasValue("1");
    isRefused(refusal, 503, "overloaded_error");
    plane.audit.outage.end();
    plane.provider.answers((_, line) -> line.json(200, "{}"));
    var recovered = plane.send(plane.anthropic(MESSAGE));
    assertThat(recovered.statusCode()).isEqualTo(200);
    plane.outcomeOf(recovered);
  }

  @Test
  void whatWasNotPermittedHasNoOutcome() {
    plane.audit.full(true);

    var answer = plane.send(plane.anthropic(MESSAGE));

    isRefused(answer, 503, "overloaded_error");
    assertThat(plane.audit.strays()).isEmpty();
    assertThat(plane.provider.seen()).isEmpty();
  }

  @Test
  void anAgentThatDoesNotAnswerMeansUnavailable() {
    plane.agents.silent(true);

    var answer = plane.send(plane.openAi("/v1/chat/completions", CHAT));

    isRefused(answer, 503, "server_error");
    assertThat(answer.headers().firstValue("retry-after")).hasValue("1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "\"model\"",
        "{\"model\":\"claude-x\"} {}",
        "{\"model\":\"claude-x\",}",
        "{'model':'claude-x'}",
        "{\"model\":\"claude-x\",\"stream\":\"yes\"}",
        "{\"model\":\"claude-x\",\"stream\":true,\"stream\":false}",
        "{\"model\":\"claude-x\",\"a\":NaN}",
      })
  void aBodyThatIsNotTheRightJsonIsRefused(String body) {
    var answer = plane.send(plane.anthropic(body));

    isRefused(answer, 400, "invalid_request_error");
    isRecorded(answer, "body_malformed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"model\":null}",
        "{\"model\":7}",
        "{\"model\":\"\"}",
        "{\"model\":[\"claude-x\"]}",
        "{\"model\":\"claude-x\",\"model\":\"claude-y\"}",
        "{\"model\":\"claude-x\",\"mod\\u0065l\":\"claude-y\"}",
        "{\"model\":\"claude-x\",\"Model\":\"claude-y\"}",
        "{\"model\":\"claude-x\\r\\nx-evil: 1\"}",
        "{\"message\":{\"model\":\"claude-x\"}}",
      })
  void aModelMustBeNamedExactlyOnce(String body) {
    var answer = plane.send(plane.anthropic(body));

    isRefused(answer, 400, "invalid_request_error");
    isRecorded(answer, "model_missing");
  }

  @Test
  void deepNestingIsRefused() {
    var answer = plane.send(plane.anthropic("{\"model\":\"claude-x\",\"a\":" + "[".repeat(5000)));

    isRefused(answer, 400, "invalid_request_error");
  }

  @Test
  void anotherEncodingOfTheTextIsRefused() {
    var utf16 =
        plane.send(
            plane
                .anthropic("")
                .POST(
                    HttpRequest.BodyPublishers.ofByteArray(
                        MESSAGE.getBytes(StandardCharsets.UTF_16LE))));

    isRefused(utf16, 400, "invalid_request_error");
  }

  @Test
  void onlyPlainJsonIsRead() {
    var form = plane.send(plane.anthropic(MESSAGE).setHeader("content-type", "text/plain"));
    var zipped = plane.send(plane.anthropic(MESSAGE).header("content-encoding", "gzip"));

    isRefused(form, 415, "invalid_request_error");
    isRecorded(form, "media_type_unsupported");
    isRefused(zipped, 415, "invalid_request_error");
  }

  @Test
  void aBodyThatIsTooLargeIsRefused() {
    String large = "{\"model\":\"claude-x\",\"a\":\"" + "x".repeat(70_000) + "\"}";

    var announced = plane.send(plane.anthropic(large));
    var chunked =
        plane.send(
            plane
                .anthropic("")
                .POST(
                    HttpRequest.BodyPublishers.fromPublisher(
                        HttpRequest.BodyPublishers.ofString(large))));

    isRefused(announced, 413, "request_too_large");
    isRecorded(announced, "body_too_large");
    isRefused(chunked, 413, "request_too_large");
  }

  /** Many a sender does not listen before it has sent everything. */
  @Test
  void anAgentWhoseBodyIsTooLargeIsHeardOutBeforeItIsTold() throws IOException {
    byte[] request =
        plane.onTheWire("{\"model\":\"claude-x\",\"a\":\"" + "x".repeat(100_000) + "\"}");
    try (var socket = plane.connect()) {
      socket.getOutputStream().write(request, 0, 10_000);
      socket.setSoTimeout(200);
      assertThatThrownBy(() -> socket.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request, 10_000, request.length - 10_000);
      socket.shutdownOutput();

      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answer).startsWith("HTTP/1.1 413 ").contains("body_too_large");
    }
  }

  @Test
  void aSenderThatDripsItsHeadIsToldSoAndCutOff() throws IOException {
    try (var patient = new LlmFixture("redoubt.http.head-deadline = 200 ms");
        var socket = patient.connect()) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write("POST /v1/messages HT".getBytes(StandardCharsets.US_ASCII));

      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answer)
          .startsWith("HTTP/1.1 408 Request Timeout\r\n")
          .contains("\r\nConnection: close\r\n")
          .contains("\r\nx-redoubt-decision: deny\r\n")
          .containsPattern("\r\nx-redoubt-action: act_[0-9a-f]{32}\r\n");
      JsonNode error = Json.LENIENT.readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
      assertThat(error.at("/error/code").asText()).isEqualTo("head_too_slow");
    }
  }

  @Test
  void aSenderThatDripsItsBodyIsCutOff() throws IOException {
    try (var socket = plane.connect()) {
      byte[] request = plane.onTheWire(MESSAGE);
      socket.getOutputStream().write(request, 0, request.length - 10);

      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answer).startsWith("HTTP/1.1 408 ").contains("body_too_slow");
    }
  }

  @Test
  void tooManyAtOnceAreRefused() {
    var gate = plane.agents.hold();
    var pending =
        IntStream.range(0, 3)
            .mapToObj(_ ->
                plane.client.sendAsync(
                    plane.anthropic(MESSAGE).build(), HttpResponse.BodyHandlers.ofString()))
            .toList();
    org.awaitility.Awaitility.await().until(() -> plane.streams.open() == 3);

    var ofAgent = plane.send(plane.anthropic(MESSAGE));
    var somebody =
        (LiveStream)
            plane.streams.register(
                new io.redoubt.agent.AgentKey(
                    LlmFixture.ORGANIZATION,
                    new io.redoubt.protocol.id.AgentId(new java.util.UUID(9, 9))),
                LlmFixture.FAMILY,
                "jti");
    var ofNode = plane.send(plane.openAi("/v1/chat/completions", CHAT));

    isRefused(ofAgent, 429, "rate_limit_error");
    isRecorded(ofAgent, "too_many_streams");
    assertThat(ofAgent.headers().firstValue("retry-after")).hasValue("1");
    isRefused(ofNode, 503, "server_error");
    somebody.close();
    plane.streams.cutAll(io.redoubt.proxy.stream.Cut.NODE_ENDS);
    gate.complete(null);
    pending.forEach(LlmFixture::await);
  }

  @Test
  void anAgentsRequestsTakeBoundedMemory() {
    String large = "{\"model\":\"claude-x\",\"a\":\"" + "x".repeat(60_000) + "\"}";
    var chunked =
        HttpRequest.BodyPublishers.fromPublisher(HttpRequest.BodyPublishers.ofString(large));
    var gate = plane.agents.hold();
    var pending =
        plane.client.sendAsync(
            plane.anthropic(large).build(), HttpResponse.BodyHandlers.ofString());
    org.awaitility.Awaitility.await().until(() -> plane.streams.open() == 1);

    var another = plane.send(plane.anthropic(large));
    var ofUnknownLength = plane.send(plane.anthropic("").POST(chunked));

    isRefused(another, 429, "rate_limit_error");
    isRecorded(another, "too_many_streams");
    isRefused(ofUnknownLength, 429, "rate_limit_error");
    gate.complete(null);
    plane.provider.answers((_, line) -> line.json(200, "{}"));
    plane.outcomeOf(LlmFixture.await(pending));
    for (int i = 0; i < 5; i++) {
      var answer = plane.send(plane.anthropic("").POST(chunked));
      assertThat(answer.statusCode()).as("what is over holds nothing").isEqualTo(200);
      plane.outcomeOf(answer);
    }
  }

  @Test
  void theUpstreamBeingAwayIsABadGateway() {
    plane.provide(
        "anthropic",
        ProviderSpec.Kind.ANTHROPIC,
        java.net.URI.create("http://127.0.0.1:1"),
        List.of(),
        5);

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(json(answer).path("error").path("type").asText()).isEqualTo("api_error");
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("permit");
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.FAILED);
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("upstream_unreachable");
  }

  @Test
  void aSilentUpstreamIsAGatewayTimeoutAndIsLeft() {
    plane.provide("anthropic", ProviderSpec.Kind.ANTHROPIC, plane.provider.base(""), List.of(), 1);
    plane.provider.answers((_, line) -> line.awaitPeerGone());

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(answer.statusCode()).isEqualTo(504);
    assertThat(json(answer).path("error").path("type").asText()).isEqualTo("timeout_error");
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("upstream_timeout");
    org.awaitility.Awaitility.await().until(() -> plane.provider.closedByPeer.get() == 1);
    assertThat(plane.provider.seen()).hasSize(1);
  }

  @Test
  void anUpstreamThatBreaksOffBeforeItsReplyIsNotAskedTwice() {
    plane.provider.answers((_, line) -> line.breakOff());

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(plane.provider.seen()).hasSize(1);
  }

  @Test
  void anotherMethodIsNotAllowed() {
    var anthropic = plane.send(HttpRequest.newBuilder(plane.uri("/v1/messages")).GET());
    var openAi = plane.send(HttpRequest.newBuilder(plane.uri("/v1/responses")).DELETE());
    var models =
        plane.send(
            HttpRequest.newBuilder(plane.uri("/v1/models"))
                .POST(HttpRequest.BodyPublishers.noBody()));

    isRefused(anthropic, 405, "invalid_request_error");
    isRefused(openAi, 405, "invalid_request_error");
    isRefused(models, 405, "invalid_request_error");
    assertThat(anthropic.headers().firstValue("allow")).hasValue("POST");
    assertThat(models.headers().firstValue("allow")).hasValue("GET");
  }

  @Test
  void anUnknownPathIsMarkedLikeEveryRefusal() {
    var answer = plane.send(HttpRequest.newBuilder(plane.uri("/nothing")).GET());

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("deny");
    assertThat(answer.headers().firstValue("x-redoubt-action").orElseThrow()).startsWith("act_");
  }

  @Test
  void anUnknownCallIsRefusedInTheWordsOfItsProvider() {
    var openAi = plane.send(HttpRequest.newBuilder(plane.uri("/v1/files")).GET());
    var batches = plane.send(HttpRequest.newBuilder(plane.uri("/v1/messages/batches")).GET());
    var files =
        plane.send(
            HttpRequest.newBuilder(plane.uri("/v1/files"))
                .header("anthropic-version", "2023-06-01")
                .GET());

    isRefused(openAi, 404, "invalid_request_error");
    assertThat(json(openAi).has("type")).isFalse();
    assertThat(json(openAi).at("/error/code").asText()).isEqualTo("path_unknown");
    assertThat(json(openAi).at("/error").has("param")).isTrue();
    for (var anthropic : List.of(batches, files)) {
      isRefused(anthropic, 404, "not_found_error");
      assertThat(json(anthropic).path("type").asText()).isEqualTo("error");
    }
  }

  @Test
  void whatIsNoRequestIsAnsweredInTheWordsOfProvidersAndMarked() throws IOException {
    var heads =
        java.util.Map.of(
            "POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-long: " + "a".repeat(20_000),
            431,
            "POST /v1/messages HTTP/1.1\r\nhost: x" + "\r\nx-many: 1".repeat(100),
            431,
            "POST /" + "a".repeat(10_000) + " HTTP/1.1\r\nhost: x",
            414,
            "POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: nine",
            400);
    for (var head : heads.entrySet()) {
      try (var socket = plane.connect()) {
        socket
            .getOutputStream()
            .write((head.getKey() + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(answer)
            .startsWith("HTTP/1.1 " + head.getValue())
            .containsIgnoringCase("x-redoubt-decision: deny")
            .containsPattern("(?i)x-redoubt-action: act_[0-9a-f]{32}");
        JsonNode error = Json.LENIENT.readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
        assertThat(error.at("/type").asText()).isEqualTo("error");
        assertThat(error.at("/error/message").asText()).startsWith("Redoubt: ");
        assertThat(error.at("/error/code").asText()).isNotEmpty();
      }
    }
  }

  /** Nobody knows then whose words it asked in, so the answer is good in either. */
  @Test
  void aCallThatIsCutByTheEndOfItsNodeHearsAnErrorThatBothKindsOfSdkRead() throws IOException {
    var answer = LlmRoutes.stopping();

    var entity = (HttpEntity.Strict) answer.entity();
    JsonNode error = Json.LENIENT.readTree(entity.getData().toArray());
    assertThat(answer.status().intValue()).isEqualTo(503);
    assertThat(answer.getHeader("retry-after").orElseThrow().value()).isEqualTo("1");
    assertThat(error.path("type").asText()).isEqualTo("error");
    assertThat(error.path("error").path("type").asText()).isEqualTo("overloaded_error");
    assertThat(error.path("error").path("message").asText()).isNotBlank();
  }
}
