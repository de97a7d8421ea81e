package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.agent.Judgement;
import io.redoubt.payload.PayloadStore.Part;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.revocation.Revocation;
import io.redoubt.session.Risk;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What is kept of calls that do not go out. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmRefusedPayloadTest {
  private static final String MESSAGE =
      "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":1,\"messages\":[]}";

  private final LlmFixture plane =
      new LlmFixture("redoubt.proxy.llm.refused-payloads { per-second = 1, burst = 100 }");

  @BeforeEach
  void reset() {
    plane.reset();
    plane.payloads(OrganizationSpec.Payloads.FULL);
  }

  @AfterEach
  void nothingStaysOpen() {
    assertThat(plane.audit.open()).isEmpty();
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
  }

  private static Judgement judged(Verdict verdict) {
    return new Judgement(
        9,
        new Decision(
            verdict,
            List.of("p"),
            verdict == Verdict.ESCALATE ? List.of("models") : List.of(),
            List.of(),
            null,
            List.of()),
        Risk.NONE);
  }

  private static void isKept(LlmFixture at, HttpResponse<String> answer, String body) {
    var action = LlmFixture.actionOf(answer);
    var request = at.payloads.find(action, Part.REQUEST).orElseThrow();
    assertThat(request.body().utf8String()).isEqualTo(body);
    assertThat(request.agent()).isEqualTo(LlmFixture.AGENT);
    assertThat(request.organization()).isEqualTo(LlmFixture.ORGANIZATION);
    assertThat(request.deleteAfter()).isEqualTo(request.at().plus(Duration.ofDays(30)));
    assertThat(at.payloads.find(action, Part.REPLY)).isEmpty();
  }

  private void isKeptAndRefused(HttpResponse<String> answer, String body, String why) {
    isKept(plane, answer, body);
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.REFUSED);
    assertThat(plane.outcomeOf(answer).error()).isEqualTo(why);
    assertThat(plane.provider.seen()).isEmpty();
  }

  @Test
  void whatPolicyDeniesIsKept() {
    plane.agents.judgement = judged(Verdict.DENY);

    isKeptAndRefused(plane.send(plane.anthropic(MESSAGE)), MESSAGE, "policy_denied");
  }

  @Test
  void whatWaitsForAnApprovalIsKept() {
    plane.agents.judgement = judged(Verdict.ESCALATE);

    isKeptAndRefused(plane.send(plane.anthropic(MESSAGE)), MESSAGE, "approval_needed");
  }

  @Test
  void whatAStoppedAgentSaysIsKept() {
    plane.agents.isolated = true;

    isKeptAndRefused(plane.send(plane.anthropic(MESSAGE)), MESSAGE, "agent_not_active");
  }

  @Test
  void whatNobodyServesAndWhatNobodyCanReadIsKept() {
    String unserved = "{\"model\":\"gemini-3\"}";
    String unreadable = "{\"model\":";

    isKeptAndRefused(plane.send(plane.anthropic(unserved)), unserved, "model_not_found");
    isKeptAndRefused(plane.send(plane.anthropic(unreadable)), unreadable, "body_malformed");
  }

  @Test
  void whatWasPermittedAndDidNotGoOutIsKept() {
    plane.audit.outage.block();
    var pending =
        plane.client.sendAsync(
            plane.anthropic(MESSAGE).build(), HttpResponse.BodyHandlers.ofString());
    await().until(() -> plane.audit.outage.waiting() == 1);
    plane.streams.cut(LlmFixture.AGENT_KEY);
    plane.audit.outage.end();

    var answer = LlmFixture.await(pending);

    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.CUT);
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("cut");
    assertThat(plane.provider.seen()).isEmpty();
    isKept(plane, answer, MESSAGE);
  }

  @Test
  void withMetadataOnlyNothingOfItIsKept() {
    plane.payloads(OrganizationSpec.Payloads.METADATA);
    plane.agents.judgement = judged(Verdict.DENY);
    int before = plane.payloads.count();

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(plane.outcomeOf(answer).error()).isEqualTo("policy_denied");
    assertThat(plane.payloads.count()).isEqualTo(before);
  }

  @Test
  void ofWhoeverIsNotBelievedNothingIsKept() {
    int before = plane.payloads.count();

    var stranger =
        plane.send(
            HttpRequest.newBuilder(plane.uri("/v1/messages"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(MESSAGE)));
    var liar = plane.send(plane.anthropic(MESSAGE).setHeader("x-api-key", "nonsense"));

    assertThat(stranger.statusCode()).isEqualTo(401);
    assertThat(liar.statusCode()).isEqualTo(401);
    assertThat(plane.payloads.count()).isEqualTo(before);
  }

  /** Its body is whole by then, and its agent was believed when it began. */
  @Test
  void ofWhoeverIsNotBelievedAnyMoreNothingIsKept() throws IOException {
    int before = plane.payloads.count();
    var verifications = plane.metrics.counter("redoubt.authenticate.verifications");
    double verified = verifications.count();
    try (var socket = plane.connect()) {
      byte[] request =
          plane.onTheWireWith(tokenWithId("jti-withdrawn"), MESSAGE, "connection: close");
      socket.getOutputStream().write(request, 0, request.length - 10);
      await().until(() -> verifications.count() > verified);
      LlmFixture.await(
          plane.revocations.revoke(
              new Revocation.OfToken(
                  LlmFixture.ORGANIZATION,
                  "jti-withdrawn",
                  plane.clock.instant().plusSeconds(300))));
      socket.getOutputStream().write(request, request.length - 10, 10);

      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 401 ");
    }
    assertThat(plane.payloads.count()).isEqualTo(before);
  }

  private String tokenWithId(String jti) {
    var claims = plane.claims();
    return new AccessClaims(
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

  @Test
  void aRefusalIsRecordedThoughItsRequestCannotBeKeptAndSaysSo() {
    plane.agents.judgement = judged(Verdict.DENY);
    plane.payloads.outage.begin();
    double lost = plane.metrics.counter("redoubt.llm.payloads.lost").count();

    var answer = plane.send(plane.anthropic(MESSAGE));

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.REFUSED);
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("policy_denied,payload-not-kept");
    assertThat(plane.metrics.counter("redoubt.llm.payloads.lost").count()).isEqualTo(lost + 1);
  }

  @Test
  void anAgentThatIsRefusedAgainAndAgainHasOnlySoMuchKept() throws IOException {
    try (var narrow =
        new LlmFixture("redoubt.proxy.llm.refused-payloads { per-second = 1, burst = 2 }")) {
      narrow.payloads(OrganizationSpec.Payloads.FULL);
      narrow.provider.answers((_, line) -> line.json(200, "{}"));
      narrow.agents.judgement = judged(Verdict.DENY);

      var first = narrow.send(narrow.anthropic(MESSAGE));
      var second = narrow.send(narrow.anthropic(MESSAGE));
      var third = narrow.send(narrow.anthropic(MESSAGE));
      narrow.clock.advance(Duration.ofSeconds(1));
      var later = narrow.send(narrow.anthropic(MESSAGE));
      narrow.agents.judgement = FakeAgents.PERMITS;
      var permitted = narrow.send(narrow.anthropic(MESSAGE));

      for (var kept : List.of(first, second, later)) {
        isKept(narrow, kept, MESSAGE);
        assertThat(narrow.outcomeOf(kept).error()).isEqualTo("policy_denied");
      }
      assertThat(narrow.payloads.find(LlmFixture.actionOf(third), Part.REQUEST)).isEmpty();
      assertThat(narrow.outcomeOf(third).error()).isEqualTo("policy_denied,payload-not-kept");
      assertThat(narrow.outcomeOf(permitted).error()).as("that is another matter").isNull();
      assertThat(narrow.metrics.counter("redoubt.llm.payloads.beyond.rate").count()).isEqualTo(1);
      assertThat(narrow.metrics.counter("redoubt.llm.payloads.lost").count()).isEqualTo(1);
    }
  }

  @Test
  void ofALargeRequestThatIsRefusedTheBeginningIsKept() throws IOException {
    try (var narrow = new LlmFixture("redoubt.proxy.llm.refused-payloads.max-bytes = 10")) {
      narrow.payloads(OrganizationSpec.Payloads.FULL);
      narrow.agents.judgement = judged(Verdict.DENY);

      var refused = narrow.send(narrow.anthropic(MESSAGE));

      var kept = narrow.payloads.find(LlmFixture.actionOf(refused), Part.REQUEST).orElseThrow();
      assertThat(kept.body().utf8String()).isEqualTo(MESSAGE.substring(0, 10));
      assertThat(kept.truncated()).isTrue();
    }
  }

  @Test
  void refusedRequestsLeaveRoomForPermittedOnes() throws IOException {
    try (var small =
        new LlmFixture("redoubt.proxy.llm { payload-limit = 1 KiB, payload-memory = 2 KiB }")) {
      small.payloads(OrganizationSpec.Payloads.FULL);
      small.provider.answers((_, line) -> line.json(200, "{}"));
      small.agents.judgement = judged(Verdict.DENY);
      var gate = small.payloads.hold();
      var first =
          small.client.sendAsync(
              small
                  .anthropic("{\"model\":\"claude-x\",\"a\":\"" + "x".repeat(2000) + "\"}")
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      await().until(() -> small.payloads.held() > 0);

      var second = small.send(small.anthropic(MESSAGE));
      small.agents.judgement = FakeAgents.PERMITS;
      var permitted = small.send(small.anthropic(MESSAGE));
      gate.complete(null);

      assertThat(small.outcomeOf(second).error()).isEqualTo("policy_denied,payload-not-kept");
      assertThat(small.metrics.counter("redoubt.llm.payloads.lost").count()).isEqualTo(1);
      assertThat(small.metrics.counter("redoubt.llm.payloads.beyond.rate").count()).isZero();
      assertThat(small.outcomeOf(permitted).error()).isNull();
      var truncated = LlmFixture.await(first);
      assertThat(small.outcomeOf(truncated).error()).isEqualTo("policy_denied");
      var kept = small.payloads.find(LlmFixture.actionOf(truncated), Part.REQUEST).orElseThrow();
      assertThat(kept.truncated()).isTrue();
      assertThat(kept.body().size()).isEqualTo(1024);
    }
  }
}
