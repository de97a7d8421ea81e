package io.redoubt.proxy.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.agent.Judgement;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.audit.Coverage.Act;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.ContentPolicy.Layer;
import io.redoubt.protocol.policy.ContentPolicy.Rule;
import io.redoubt.protocol.policy.CustomPattern;
import io.redoubt.session.Risk;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What content policy wants done about findings is done, and on record. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmContentTest {
  private static final String MESSAGE =
      "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
  private static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"to maria@keller.de\"}],\"model\":\"gpt-4o\",\"stream\":true}";
  private static final String DELTA =
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
          + "\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}}\n\n";
  private static final String STOP =
      "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n";

  private final LlmFixture plane =
      new LlmFixture("redoubt.proxy.llm.inspection { max-bytes = 2 KiB }");

  @BeforeEach
  void reset() {
    plane.reset();
  }

  @AfterEach
  void nothingIsLeftOver() {
    await().until(() -> plane.audit.open().isEmpty());
    assertThat(plane.audit.strays()).isEmpty();
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
  }

  private void organizationWants(ContentAction action, Direction in, CustomPattern... patterns) {
    plane.policies.runContent(
        7,
        new ContentDocument(
            "organization",
            new ContentPolicy(
                List.of(
                    new Rule("pii", List.of(in), action, false),
                    new Rule("custom", List.of(in), action, false)),
                List.of(patterns))));
  }

  private void requestIs(ContentAction... actions) {
    var content =
        Arrays.stream(actions)
            .map(each -> new Decision.Handling("pii:email", each, Layer.ORGANIZATION))
            .toList();
    plane.agents.judgement =
        new Judgement(
            7,
            new Decision(
                Verdict.PERMIT, List.of("starter"), List.of(), List.of(), null, List.of(), content),
            Risk.NONE);
  }

  private HttpResponse<String> ask(String text) {
    return plane.send(plane.anthropic(MESSAGE.formatted(text)));
  }

  private AuditOutcome conclusionOf(HttpResponse<?> answer) {
    plane.outcomeOf(answer);
    return plane.audit.conclusion(LlmFixture.actionOf(answer).auditId()).orElseThrow();
  }

  private static List<Act> acted(@Nullable Coverage coverage) {
    return Objects.requireNonNull(coverage).acted();
  }

  private static String textOf(String events) {
    return Pattern.compile("\"text_delta\",\"text\":\"([^\"]*)\"")
        .matcher(events)
        .results()
        .map(each -> each.group(1))
        .collect(Collectors.joining());
  }

  private String heardBeforeItBreaks() throws IOException {
    var heard = new ByteArrayOutputStream();
    try (var socket = plane.connect()) {
      socket.getOutputStream().write(plane.onTheWire(MESSAGE.formatted("hello")));
      byte[] piece = new byte[1024];
      for (int n = 0; n >= 0; n = socket.getInputStream().read(piece)) {
        heard.write(piece, 0, n);
      }
    } catch (SocketException _) {
      // as it should
    }
    return heard.toString(StandardCharsets.UTF_8);
  }

  @Test
  void whatIsToBeRedactedInARequestDoesNotReachTheProvider() {
    organizationWants(ContentAction.REDACT, Direction.REQUEST);
    requestIs(ContentAction.REDACT);
    plane.provider.answers((_, line) -> line.json(200, "{}"));

    var answer = ask("write \\u00fc to maria\\u0040keller.de now");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(plane.provider.last().text())
        .isEqualTo(MESSAGE.formatted("write \\u00fc to [REDACTED:email] now"));
    var record = plane.recordOf(answer);
    assertThat(record.findings()).containsExactly("pii:email");
    assertThat(acted(record.coverage()))
        .containsExactly(new Act("pii:email", "redact", "organization"));
    assertThat(record.toString()).doesNotContain("keller");
  }

  /** Places in the body are others after it was redacted. */
  @Test
  void usageIsAskedForInARedactedBody() {
    organizationWants(ContentAction.REDACT, Direction.REQUEST);
    requestIs(ContentAction.REDACT);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk("data: [DONE]\n\n");
      line.end();
    });

    assertThat(plane.send(plane.openAi("/v1/chat/completions", CHAT)).statusCode()).isEqualTo(200);

    assertThat(plane.provider.last().text())
        .isEqualTo(
            "{\"stream_options\":{\"include_usage\":true},"
                + CHAT.substring(1).replace("maria@keller.de", "[REDACTED:email]"));
  }

  @Test
  void whatStandsWhereItCannotBeRedactedIsRefused() {
    organizationWants(ContentAction.REDACT, Direction.REQUEST);
    requestIs(ContentAction.REDACT);

    var answer =
        plane.send(
            plane.anthropic(
                "{\"model\":\"claude-sonnet-4-5\",\"metadata\":{\"maria@keller.de\":1}}"));

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("content_not_redacted");
    assertThat(plane.recordOf(answer).verdict()).isEqualTo(Verdict.DENY);
  }

  @Test
  void whatIsBeyondTheLimitOfInspectionIsRefusedOnlyWhereItIsEnforced() {
    plane.provider.answers((_, line) -> line.json(200, "{}"));
    String text = "x ".repeat(2000);
    assertThat(ask(text).statusCode()).isEqualTo(200);
    organizationWants(ContentAction.ALERT, Direction.REQUEST);
    assertThat(ask(text).statusCode()).isEqualTo(200);

    organizationWants(ContentAction.BLOCK, Direction.REQUEST);
    var answer = ask(text);

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("content_not_inspected");
  }

  @Test
  void whatIsDeniedForItsContentIsDeniedInTheProvidersWords() {
    organizationWants(ContentAction.BLOCK, Direction.REQUEST);
    plane.agents.judgement =
        new Judgement(
            7,
            new Decision(
                Verdict.DENY,
                List.of("content:organization"),
                List.of(),
                List.of(),
                null,
                List.of(),
                List.of(
                    new Decision.Handling("pii:email", ContentAction.BLOCK, Layer.ORGANIZATION))),
            Risk.NONE);

    var answer = ask("to maria@keller.de");

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body())
        .contains("permission_error", "Policy denies the call (content:organization)");
    var record = plane.recordOf(answer);
    assertThat(record.policyIds()).containsExactly("content:organization");
    assertThat(acted(record.coverage()))
        .containsExactly(new Act("pii:email", "block", "organization"));
  }

  @Test
  void customPatternsAreLookedForAndTold() {
    organizationWants(
        ContentAction.ALERT,
        Direction.REQUEST,
        new CustomPattern.Expression("project", "PRJ-[0-9]+", false));
    plane.provider.answers((_, line) -> line.json(200, "{}"));

    var answer = ask("about PRJ-4711");

    var record = plane.recordOf(answer);
    assertThat(record.findings()).containsExactly("custom:project");
    assertThat(Objects.requireNonNull(record.coverage()).inspected()).contains("request: custom");
  }

  @Test
  void whatIsToBeRedactedInAStreamIsAndTheRestFlows() {
    organizationWants(ContentAction.REDACT, Direction.REPLY);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(DELTA.formatted("write to maria@kel"));
      line.chunk(DELTA.formatted("ler.de today. "));
      line.chunk(STOP);
      line.end();
    });

    var answer = ask("hello");

    assertThat(answer.body()).doesNotContain("maria").endsWith(STOP);
    assertThat(textOf(answer.body())).isEqualTo("write to [REDACTED:email] today. ");
    var conclusion = conclusionOf(answer);
    assertThat(conclusion.outcome().status()).isEqualTo(Outcome.Status.SUCCEEDED);
    assertThat(conclusion.findings()).containsExactly("reply:pii:email");
    assertThat(acted(conclusion.coverage()))
        .containsExactly(new Act("reply:pii:email", "redact", "organization"));
  }

  @Test
  void whatIsToBeBlockedEndsAStreamWithAnErrorOfTheProviders() throws Exception {
    organizationWants(ContentAction.BLOCK, Direction.REPLY);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(DELTA.formatted("All of it: maria@keller.de and more"));
      line.chunk(STOP);
      line.end();
    });

    String heard = heardBeforeItBreaks();

    assertThat(heard).startsWith("HTTP/1.1 200").contains("event: error", "permission_error");
    assertThat(heard).contains("(pii:email)").doesNotContain("keller").doesNotContain("_stop");
    var id = plane.audit.records().getLast().id();
    await().until(() -> plane.audit.conclusion(id).isPresent());
    var conclusion = plane.audit.conclusion(id).orElseThrow();
    assertThat(conclusion.outcome().error()).isEqualTo("content-blocked");
    assertThat(acted(conclusion.coverage()))
        .containsExactly(new Act("reply:pii:email", "block", "organization"));
  }

  @Test
  void whoGoesAtTheWordThatItEndsIsNotWhyItEnded() throws Exception {
    organizationWants(ContentAction.BLOCK, Direction.REPLY);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(DELTA.formatted("All of it: maria@keller.de and more"));
      line.chunk(STOP);
      line.end();
    });

    try (var socket = plane.connect()) {
      socket.setSoLinger(true, 0);
      socket.getOutputStream().write(plane.onTheWire(MESSAGE.formatted("hello")));
      var heard = new ByteArrayOutputStream();
      while (!heard.toString(StandardCharsets.UTF_8).contains("event: error")) {
        heard.write(socket.getInputStream().read());
      }
    }

    var id = plane.audit.records().getLast().id();
    await().until(() -> plane.audit.conclusion(id).isPresent());
    assertThat(plane.audit.conclusion(id).orElseThrow().outcome().error())
        .isEqualTo("content-blocked");
  }

  @Test
  void aDocumentIsRedactedOrAnsweredWith403() {
    organizationWants(ContentAction.REDACT, Direction.REPLY);
    String reply = "{\"content\":[{\"type\":\"text\",\"text\":\"to %s.\"}]}";
    plane.provider.answers((_, line) -> line.json(200, reply.formatted("maria@keller.de")));
    assertThat(ask("hello").body()).isEqualTo(reply.formatted("[REDACTED:email]"));

    organizationWants(ContentAction.REQUIRE_APPROVAL, Direction.REPLY);
    var answer = ask("hello");

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("reply_blocked", "permission_error");
    assertThat(conclusionOf(answer).outcome().error()).isEqualTo("content-blocked");
  }

  @Test
  void whatIsOnlyToBeReportedPassesUntouched() {
    organizationWants(ContentAction.ALERT, Direction.REPLY);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(DELTA.formatted("write to maria@keller.de today"));
      line.end();
    });

    var answer = ask("hello");

    assertThat(answer.body()).isEqualTo(DELTA.formatted("write to maria@keller.de today"));
    var coverage = conclusionOf(answer).coverage();
    assertThat(acted(coverage))
        .containsExactly(new Act("reply:pii:email", "alert", "organization"));
  }
}
