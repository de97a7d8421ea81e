package io.redoubt.proxy.llm;

import static io.redoubt.proxy.llm.LlmFixture.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.agent.Judgement;
import io.redoubt.link.Freshness;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.CustomPattern;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import io.redoubt.proxy.llm.reply.Samples;
import io.redoubt.proxy.sdk.SdkAgent;
import io.redoubt.proxy.sdk.SdkAgent.Heard;
import io.redoubt.session.Risk;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tool calls in replies go out only when they are permitted and on record (G4). The agents are the
 * vendors' own SDKs.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmToolCallTest {
  private static final String BODY = "{\"model\":\"claude-sonnet-4-5\",\"stream\":true}";
  private static final Decision.Alert ALERT = new Decision.Alert("watch", "somebody reads files");

  private final LlmFixture plane =
      new LlmFixture(
          """
          redoubt.proxy.llm.tool-calls { max-held = 2 MiB, keep-alive = 50 ms }
          pekko.loglevel = OFF
          """);
  private final SdkAgent agent = plane.sdkAgent();

  @BeforeEach
  void reset() {
    plane.reset();
  }

  @AfterEach
  void nothingIsLeftOver() {
    plane.assertNothingIsLeftOver();
    assertThat(plane.metrics.get("redoubt.llm.tool.calls.memory.free").gauge().value())
        .isEqualTo(64 << 20);
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
  }

  /** The provider says this, in pieces that know nothing of events; before that, something else. */
  private void replies(boolean streamed, String reply, Runnable before) {
    plane.provider.answers((_, line) -> {
      before.run();
      if (!streamed) {
        line.json(200, reply);
        return;
      }
      line.beginEvents();
      for (int from = 0; from < reply.length(); from += 700) {
        line.chunk(reply.substring(from, Math.min(reply.length(), from + 700)));
      }
      line.end();
    });
  }

  private void replies(Way way) {
    replies(way, () -> {});
  }

  private void replies(Way way, Runnable before) {
    replies(way.streamed(), way.reply(), before);
  }

  private Heard ask(Way way) {
    return LlmFixture.ask(agent, way.style(), way.streamed());
  }

  private static Judgement says(Verdict verdict, String policy, List<String> workflows) {
    var decision =
        new Decision(verdict, List.of(policy), workflows, List.of(ALERT), null, List.of());
    return new Judgement(7, decision, Risk.NONE);
  }

  /** To the first of the two; the other is permitted. */
  private void saysToReading(Judgement judgement) {
    plane.agents.ofTools =
        action -> action.resource().equals("read_file") ? judgement : FakeAgents.PERMITS;
  }

  private List<AuditRecord> toolCalls(int howMany) {
    var all = plane.audit.records().stream().filter(each -> each.plane() == Plane.TOOL).toList();
    return all.subList(all.size() - howMany, all.size());
  }

  private AuditRecord modelCall() {
    return plane.audit.records().stream()
        .filter(each -> each.plane() == Plane.LLM)
        .reduce((_, last) -> last)
        .orElseThrow();
  }

  private static String actionOf(AuditRecord record) {
    return new ActionId(record.id().uuid()).toString();
  }

  private Outcome outcomeOf(AuditRecord record) {
    soon().until(() -> plane.audit.outcome(record.id()).isPresent());
    return plane.audit.outcome(record.id()).orElseThrow();
  }

  private AuditRecord recordOf(String tool) {
    return toolCalls(2).stream()
        .filter(each -> tool.equals(each.resource()))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void permittedCallsComeThroughAndAreOnRecord(Way way) {
    replies(way);

    var heard = ask(way);

    assertThat(heard.calls()).containsExactly("read_file", "weather");
    assertThat(heard.text()).contains("Let me look").doesNotContain("Redoubt");
    var question = plane.agents.proposed.getLast();
    assertThat(question.actions())
        .extracting(each -> new String(each.arguments().json(), StandardCharsets.UTF_8))
        .containsExactly(Samples.FIRST_ARGUMENTS, Samples.SECOND_ARGUMENTS);
    assertThat(question.family()).isEqualTo(LlmFixture.FAMILY);
    var model = modelCall();
    for (var record : toolCalls(2)) {
      assertThat(record.operation()).isEqualTo("tool:call");
      assertThat(record.verdict()).isEqualTo(Verdict.PERMIT);
      assertThat(record.agentId()).isEqualTo(LlmFixture.AGENT);
      assertThat(record.owner()).isEqualTo("ann@example.com");
      assertThat(record.policyIds()).containsExactly("starter");
      assertThat(record.bundleVersion()).isEqualTo("7");
      assertThat(record.riskScore()).isZero();
      assertThat(record.actionDigest()).hasSize(64);
      assertThat(record.traceId()).isEqualTo(model.traceId());
      assertThat(record.detail()).contains(actionOf(model));
      assertThat(outcomeOf(record).status()).isEqualTo(Outcome.Status.SUCCEEDED);
    }
    assertThat(recordOf("read_file").actionDigest())
        .isNotEqualTo(recordOf("weather").actionDigest());
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void aDeniedCallIsReplacedAndTheOtherIsNot(Way way) {
    replies(way);
    saysToReading(says(Verdict.DENY, "no-files", List.of()));

    var heard = ask(way);

    var record = recordOf("read_file");
    assertThat(heard.calls()).containsExactly("weather");
    assertThat(heard.text())
        .contains("Let me look", "\"read_file\"", "Policy denies", "no-files")
        .contains(actionOf(record))
        .doesNotContain("sswd");
    assertThat(record.verdict()).isEqualTo(Verdict.DENY);
    assertThat(record.policyIds()).containsExactly("no-files");
    assertThat(record.detail())
        .startsWith("policy_denied; in the reply to act_")
        .contains("alert of watch: somebody reads files");
    assertThat(outcomeOf(record).status()).isEqualTo(Outcome.Status.REFUSED);
    assertThat(outcomeOf(recordOf("weather")).status()).isEqualTo(Outcome.Status.SUCCEEDED);
    assertThat(outcomeOf(modelCall()).status()).isEqualTo(Outcome.Status.SUCCEEDED);
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void whatNeedsAnApprovalIsRefusedAndSaysSo(Way way) {
    replies(way);
    plane.agents.ofTools = _ -> says(Verdict.ESCALATE, "ask-first", List.of("deploys"));

    var heard = ask(way);

    assertThat(heard.calls()).isEmpty();
    assertThat(heard.text()).contains("approved first", "ask-first");
    assertThat(heard.stop()).isIn("end_turn", "stop", "completed");
    for (var record : toolCalls(2)) {
      assertThat(record.verdict()).isEqualTo(Verdict.ESCALATE);
      assertThat(record.detail()).contains("workflow deploys");
      assertThat(outcomeOf(record).error()).isEqualTo("approval_needed");
    }
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void anAlertIsReportedAndTheCallGoesOut(Way way) {
    replies(way);
    saysToReading(says(Verdict.PERMIT, "watch", List.of()));

    assertThat(ask(way).calls()).containsExactly("read_file", "weather");

    assertThat(recordOf("read_file").detail()).contains("alert of watch: somebody reads files");
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void whatTwoVersionsDecidedTogetherIsReleasedByNeither(Way way) {
    replies(way);
    saysToReading(new Judgement(8, FakeAgents.PERMITS.decision(), Risk.NONE));

    var heard = ask(way);

    assertThat(heard.calls()).isEmpty();
    assertThat(heard.text()).contains("not known here yet");
    assertThat(toolCalls(2))
        .allSatisfy(record -> {
          assertThat(record.verdict()).isEqualTo(Verdict.DENY);
          assertThat(record.detail()).startsWith("policies_unknown");
        });
  }

  private void looksFor(long version, String word) {
    plane.policies.runContent(
        version,
        new ContentDocument(
            "organization",
            new ContentPolicy(
                List.of(), List.of(new CustomPattern.Words("ours", List.of(word), true, true)))));
  }

  /** While the calls are asked about, policies of another version begin to look for these. */
  private void beginsToLookFor(String... words) {
    var version = new AtomicInteger(7);
    plane.agents.ofTools =
        action -> {
          if (action.resource().equals("read_file")) {
            int next = version.incrementAndGet();
            if (next - 8 < words.length) {
              looksFor(next, words[next - 8]);
            } else {
              version.set(7 + words.length);
            }
          }
          var decision =
              action.findings().isEmpty()
                  ? FakeAgents.PERMITS.decision()
                  : says(Verdict.DENY, "no-ours", List.of()).decision();
          return new Judgement(version.get(), decision, Risk.NONE);
        };
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void whatPoliciesThatBeginToDecideMeanwhileFindIsDecidedByThem(Way way) {
    replies(way);
    beginsToLookFor("etc");

    var heard = ask(way);

    assertThat(heard.calls()).containsExactly("weather");
    assertThat(plane.agents.proposed).hasSize(2);
    assertThat(recordOf("read_file").policyIds()).containsExactly("no-ours");
    assertThat(recordOf("read_file").findings()).containsExactly("custom:ours");
    assertThat(toolCalls(2)).allSatisfy(it -> assertThat(it.bundleVersion()).isEqualTo("8"));
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void wherePoliciesThatBeginToDecideMeanwhileFindTheSameNothingIsDecidedAnew(Way way) {
    replies(way);
    beginsToLookFor("kestrel");

    var heard = ask(way);

    assertThat(heard.calls()).containsExactly("read_file", "weather");
    assertThat(plane.agents.proposed).hasSize(1);
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void whoPublishesAgainAndAgainHoldsNoCallForEver(Way way) {
    replies(way);
    beginsToLookFor("etc", "kestrel", "etc", "kestrel");

    var heard = ask(way);

    assertThat(heard.calls()).isEmpty();
    assertThat(heard.text()).contains("not known here yet");
    assertThat(plane.agents.proposed).hasSize(3);
    assertThat(toolCalls(2))
        .allSatisfy(record -> assertThat(record.detail()).startsWith("policies_unknown"));
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void whereTheAgentsActorIsSilentNothingIsReleased(Way way) {
    replies(way, () -> plane.agents.silent(true));

    var heard = ask(way);

    assertThat(heard.calls()).isEmpty();
    assertThat(heard.text()).contains("cannot be decided and recorded");
    assertThat(toolCalls(2))
        .allSatisfy(record -> {
          assertThat(record.verdict()).isEqualTo(Verdict.DENY);
          assertThat(record.detail()).startsWith("unavailable; in the reply to act_");
        });
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void whatCannotBeRecordedIsNotReleased(Way way) {
    replies(way, () -> plane.audit.full(true));

    assertThat(ask(way).calls()).isEmpty();

    assertThat(outcomeOf(modelCall()).error()).isEqualTo("tool-call-not-recorded");
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void whatFailsUnforeseenReleasesNothingAndHoldsNothingUp(Way way) {
    replies(way, () -> plane.standingFails = true);

    var heard = ask(way);

    assertThat(heard.calls()).isEmpty();
    assertThat(heard.text()).contains("cannot be decided and recorded");
    assertThat(outcomeOf(modelCall()).error()).isEqualTo("tool-call-not-recorded");
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void aFrozenEnclaveReleasesNothing(Way way) {
    replies(way, () -> plane.standing = Freshness.Standing.FROZEN);

    assertThat(ask(way).calls()).isEmpty();

    assertThat(toolCalls(2))
        .extracting(each -> outcomeOf(each).error())
        .containsOnly("enclave_frozen");
  }

  /** As when it was isolated and released again between the decision and the record. */
  @ParameterizedTest
  @MethodSource(Way.ALL)
  void anOldDecisionReleasesNothing(Way way) {
    replies(way, () -> LlmFixture.await(plane.fences.raise(LlmFixture.AGENT_KEY, 2)));
    try {
      assertThat(ask(way).calls()).isEmpty();

      assertThat(toolCalls(2)).extracting(AuditRecord::verdict).containsOnly(Verdict.DENY);
      assertThat(toolCalls(2))
          .extracting(each -> outcomeOf(each).error())
          .containsOnly("agent_not_active");
    } finally {
      plane.fences.clear();
    }
  }

  private HttpResponse<InputStream> begin() throws IOException, InterruptedException {
    return plane.client.send(
        plane.anthropic(BODY).timeout(Duration.ofSeconds(20)).build(),
        HttpResponse.BodyHandlers.ofInputStream());
  }

  private static String read(InputStream body, String upTo) throws IOException {
    var text = new StringBuilder();
    while (text.indexOf(upTo) < 0) {
      int b = body.read();
      assertThat(b).as("after %s", text).isNotNegative();
      text.append((char) b);
    }
    return text.toString();
  }

  /** The verdict is held back until what is returned is run. */
  private Runnable heldUp(Way way) {
    var gate = new CompletableFuture<CompletableFuture<Void>>();
    replies(way, () -> gate.complete(plane.agents.hold()));
    return () -> gate.join().complete(null);
  }

  @Test
  void nothingOfACallIsOutBeforeItsVerdictAndTheClientHearsPings() throws Exception {
    var answer = heldUp(new Way(Style.MESSAGES, true));

    var reply = begin();
    var before = read(reply.body(), "event: ping\ndata: {\"type\": \"ping\"}\n\nevent: ping");

    assertThat(before).contains("Let me look").doesNotContain("read_file");
    assertThat(toolCallsOfLatestModelCall()).isEmpty();
    answer.run();
    var rest = new String(reply.body().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(rest).contains("read_file", "weather", "message_stop");
  }

  private List<AuditRecord> toolCallsOfLatestModelCall() {
    var detail = actionOf(modelCall());
    return plane.audit.records().stream()
        .filter(each -> each.plane() == Plane.TOOL)
        .filter(each -> String.valueOf(each.detail()).contains(detail))
        .toList();
  }

  @Test
  void anAgentThatIsStoppedWhileACallIsHeldGetsNothingOfIt() throws Exception {
    var answer = heldUp(new Way(Style.MESSAGES, true));
    var reply = begin();
    var before = read(reply.body(), "event: ping\ndata: {\"type\": \"ping\"}\n\nevent: ping");

    plane.streams.cut(LlmFixture.AGENT_KEY);

    assertThatThrownBy(() -> reply.body().readAllBytes()).isInstanceOf(IOException.class);
    assertThat(before).doesNotContain("read_file");
    assertThat(plane.outcomeOf(reply).status()).isEqualTo(Outcome.Status.CUT);
    // The answer comes too late; what is recorded under it, is recorded as never released.
    answer.run();
    soon().until(() -> toolCallsOfLatestModelCall().size() == 2);
    assertThat(toolCallsOfLatestModelCall())
        .extracting(each -> outcomeOf(each).status())
        .containsOnly(Outcome.Status.CUT);
  }

  @Test
  void aDocumentIsNotEvenBegunIfTheAgentIsStopped() {
    var verdict = heldUp(new Way(Style.MESSAGES, false));
    var pending =
        plane.client.sendAsync(plane.anthropic(BODY).build(), HttpResponse.BodyHandlers.ofString());
    soon().until(() -> plane.agents.proposed.size() == 1);

    plane.streams.cut(LlmFixture.AGENT_KEY);
    verdict.run();

    var answer = LlmFixture.await(pending);
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).doesNotContain("read_file");
    assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("deny");
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.CUT);
  }

  @Test
  void aClientThatGoesWhileACallIsHeldGetsNothingOfIt() throws Exception {
    var answer = heldUp(new Way(Style.MESSAGES, true));
    var reply = begin();
    read(reply.body(), "event: ping");

    reply.body().close();

    assertThat(plane.outcomeOf(reply).status()).isEqualTo(Outcome.Status.CANCELLED);
    answer.run();
    soon().until(() -> toolCallsOfLatestModelCall().size() == 2);
    assertThat(toolCallsOfLatestModelCall())
        .extracting(each -> outcomeOf(each).error())
        .containsOnly("client-gone");
  }

  @Test
  void whatIsFoundInArgumentsIsForPoliciesAndTheRecord() {
    var way = new Way(Style.CHAT, false);
    String reply = Samples.document(way.style()).replace("Zürich", "maria@keller.de");
    replies(false, reply, () -> {});

    ask(way);

    assertThat(plane.agents.proposed.getLast().actions().get(1).findings())
        .isEqualTo(Set.of("pii:email"));
    assertThat(recordOf("weather").findings()).containsExactly("pii:email");
    assertThat(recordOf("weather").coverage())
        .isEqualTo(
            new Coverage(
                List.of("arguments: pii", "arguments: secret", "arguments: injection"), List.of()));
    assertThat(recordOf("weather").toString()).doesNotContain("keller");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "not JSON|not JSON",
        "[1]|not a JSON object",
        "{'a':1,'a':2}|a name twice",
        "{'a':DEEP}|nested too deep",
        "{'a':9223372036854775808}|beyond 64 bits",
        "{'a':'LARGE'}|larger than",
      })
  void argumentsThatNobodyCanJudgeAreDenied(String arguments, String why) {
    var text =
        arguments
            .replace('\'', '"')
            .replace("DEEP", "[".repeat(10_000) + "]".repeat(10_000))
            .replace("LARGE", "x".repeat(1_200_000));
    var escaped = text.replace("\"", "\\\"");
    var way = new Way(Style.CHAT, false);
    var reply =
        Samples.document(way.style())
            .replace(Samples.FIRST_ARGUMENTS.replace("\"", "\\\""), escaped);
    replies(false, reply, () -> {});
    // Whoever knows only the call itself would permit it.
    plane.agents.ofTools = _ -> FakeAgents.PERMITS;

    var heard = ask(way);

    assertThat(heard.calls()).containsExactly("weather");
    assertThat(heard.text()).contains("cannot be judged", why);
    assertThat(recordOf("read_file").verdict()).isEqualTo(Verdict.DENY);
    assertThat(plane.agents.proposed.getLast().actions().getFirst().arguments().refusal())
        .contains(why);
  }

  @Test
  void moreArgumentsThanNodesTellEachOtherAtOnceAreDenied() {
    var way = new Way(Style.CHAT, false);
    replies(
        false,
        Samples.document(way.style())
            .replace("ässwd", "x".repeat(300_000))
            .replace("Zürich", "y".repeat(300_000)),
        () -> {});

    var heard = ask(way);

    assertThat(heard.calls()).containsExactly("read_file");
    assertThat(heard.text()).contains("with those of the calls beside it larger than");
  }

  static Stream<Consumer<LlmToolCallTest>> brokenStreams() {
    String start = Samples.stream(Style.MESSAGES);
    int second = start.indexOf("toolu_2");
    return Stream.of(
        it ->
            it.breaks(
                start.substring(0, start.lastIndexOf("event:", second)), "tool-call-unfinished"),
        it ->
            it.breaks(
                start.replace(
                    "\"type\":\"content_block_stop\",\"index\":1",
                    "\"type\":\"novelty\",\"x\":{\"type\":\"tool_use\"}"),
                "reply-not-understood"),
        it -> it.breaks(start.replace("ässwd", "x".repeat(3 << 20)), "tool-call-too-large"));
  }

  @ParameterizedTest
  @MethodSource("brokenStreams")
  void aStreamThatCannotBeDecidedEndsWithAnErrorAndBreaks(Consumer<LlmToolCallTest> scenario) {
    scenario.accept(this);
  }

  private void breaks(String stream, String error) {
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      for (int from = 0; from < stream.length(); from += 60_000) {
        line.chunk(stream.substring(from, Math.min(stream.length(), from + 60_000)));
      }
      line.end();
    });
    var text = new StringBuilder();
    try {
      var reply = begin();
      assertThatThrownBy(
              () -> {
                for (int b = reply.body().read(); b >= 0; b = reply.body().read()) {
                  text.append((char) b);
                }
              })
          .isInstanceOf(IOException.class);
      assertThat(plane.outcomeOf(reply).status()).isEqualTo(Outcome.Status.FAILED);
      assertThat(plane.outcomeOf(reply).error()).isEqualTo(error);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
    assertThat(text)
        .contains("Let me look", "event: error", "Redoubt: ")
        .doesNotContain("toolu_", "input_json_delta");
  }

  @Test
  void aProviderThatBreaksOffInTheMiddleOfACallShowsNothingOfIt() throws Exception {
    String stream = Samples.stream(Style.MESSAGES);
    var go = new CountDownLatch(1);
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(stream.substring(0, stream.indexOf("toolu_2")));
      assertThat(go.await(10, TimeUnit.SECONDS)).isTrue();
      line.breakOff();
    });
    var reply = begin();
    var before = read(reply.body(), "Let me look");
    go.countDown();

    assertThatThrownBy(() -> reply.body().readAllBytes()).isInstanceOf(IOException.class);
    assertThat(before).doesNotContain("toolu_1");
    assertThat(plane.outcomeOf(reply).error()).isEqualTo("upstream-broke-off");
    assertThat(plane.agents.proposed).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'content':[],'content':[{'type':'tool_use','name':'evil'}]}|reply_not_understood",
        "{'content':[{'type':'tool_use','name':'evil'}|reply_not_understood",
        "{'content':'LARGE'}|reply_too_large",
      })
  void aDocumentThatCannotBeDecidedIsNotPassedOn(String document, String code) {
    String reply = document.replace('\'', '"').replace("LARGE", "x".repeat(3 << 20));
    for (boolean sized : new boolean[] {true, false}) {
      plane.provider.answers((_, line) -> {
        if (sized) {
          line.json(200, reply);
        } else {
          line.raw(
              "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
          line.chunk(reply);
          line.end();
        }
      });

      var answer = plane.send(plane.anthropic(BODY));

      assertThat(answer.statusCode()).isEqualTo(502);
      assertThat(answer.body()).contains(code, "api_error").doesNotContain("evil");
      assertThat(answer.headers().firstValue("x-redoubt-decision")).hasValue("permit");
      assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.FAILED);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "content-type: application/json\r\ncontent-encoding: gzip",
        "content-type: text/event-stream; charset=iso-8859-1",
        "content-type: application/json\r\ncontent-type: text/event-stream",
        "content-type: application/json;charset=\"UTF-16\"",
      })
  void aReplyThatCannotBeReadIsNotPassedOn(String head) {
    plane.provider.answers(
        (_, line) -> line.raw("HTTP/1.1 200 OK\r\n" + head + "\r\ncontent-length: 2\r\n\r\n{}"));

    var answer = plane.send(plane.anthropic(BODY));

    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body()).contains("reply_unreadable");
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("reply_unreadable");
  }

  /** SDKs follow redirects, and would carry the agent's token past the enclave. */
  @ParameterizedTest
  @ValueSource(ints = {300, 301, 302, 303, 307, 308, 399})
  void aRedirectIsNotPassedOn(int status) {
    plane.provider.answers((_, line) ->
        line.raw(
            "HTTP/1.1 "
                + status
                + " Elsewhere\r\nlocation: https://elsewhere.example/v1/messages\r\n"
                + "content-length: 2\r\n\r\n{}"));

    var answer = plane.send(plane.anthropic(BODY));

    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body()).contains("upstream_redirects").doesNotContain("elsewhere.example");
    assertThat(answer.headers().firstValue("location")).isEmpty();
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.FAILED);
    assertThat(plane.outcomeOf(answer).error()).isEqualTo("upstream_redirects");
  }

  /** Clients of documents read them whatever they are called. */
  @Test
  void aDocumentThatIsCalledAStreamIsNotTakenForOne() throws Exception {
    plane.provider.answers((_, line) -> {
      line.beginEvents();
      line.chunk(Samples.document(Style.MESSAGES));
      line.end();
    });

    var reply =
        plane.client.send(
            plane.anthropic(BODY.replace("true", "false")).build(),
            HttpResponse.BodyHandlers.ofInputStream());

    assertThatThrownBy(
            () -> {
              var body = new String(reply.body().readAllBytes(), StandardCharsets.UTF_8);
              assertThat(body).doesNotContain("toolu_1");
            })
        .isInstanceOf(IOException.class);
    assertThat(plane.outcomeOf(reply).error()).isEqualTo("reply-not-understood");
  }

  @Test
  void aLongDocumentComesThroughWhole() {
    String reply = Samples.document(Style.MESSAGES).replace("Let me look", "x".repeat(1_500_000));
    plane.provider.answers((_, line) -> {
      line.raw(
          "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
      for (int from = 0; from < reply.length(); from += 60_000) {
        line.chunk(reply.substring(from, Math.min(reply.length(), from + 60_000)));
      }
      line.end();
    });

    var answer = plane.send(plane.anthropic(BODY.replace("true", "false")));

    assertThat(answer.body()).isEqualTo(reply);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(plane.outcomeOf(answer).status()).isEqualTo(Outcome.Status.SUCCEEDED);
    assertThat(toolCalls(2))
        .allSatisfy(
            each -> assertThat(outcomeOf(each).status()).isEqualTo(Outcome.Status.SUCCEEDED));
  }

  @Test
  void aReplyWithoutCallsAsksNobody() {
    var chunks = new ArrayList<>(Streams.RESPONSES);
    replies(true, String.join("", chunks), () -> {});

    var answer =
        plane.send(plane.openAi("/v1/responses", "{\"model\":\"gpt-4o\",\"stream\":true}"));

    assertThat(answer.body()).isEqualTo(String.join("", chunks));
    plane.outcomeOf(answer);
    assertThat(plane.agents.proposed).isEmpty();
  }
}
