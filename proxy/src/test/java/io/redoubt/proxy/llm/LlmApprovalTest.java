package io.redoubt.proxy.llm;

import static io.redoubt.proxy.llm.LlmFixture.soon;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Asking;
import io.redoubt.agent.Judgement;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Cancel;
import io.redoubt.approval.Approval.Vote;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ModelPrompt;
import io.redoubt.protocol.approval.PolicyClause;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.ContentPolicy.Rule;
import io.redoubt.protocol.policy.CustomPattern;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import io.redoubt.proxy.llm.reply.Samples;
import io.redoubt.proxy.sdk.SdkAgent;
import io.redoubt.proxy.sdk.SdkAgent.Heard;
import io.redoubt.session.Risk;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What policies want approved first waits, passes once it is, and passes as often as granted. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmApprovalTest {
  private static final String BODY = "{\"model\":\"claude-sonnet-4-5\"}";

  private final LlmFixture plane =
      new LlmFixture(
          """
          redoubt.proxy.llm.tool-calls { keep-alive = 50 ms, approval-wait = 10 s }
          redoubt.approval { pending-per-agent = 4, pending-per-organization = 20 }
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
  }

  @AfterAll
  void close() throws IOException {
    plane.close();
  }

  private static Judgement asks(String identity) {
    return asks(identity, 7);
  }

  private static Judgement asks(String identity, long version) {
    var decision =
        new Decision(
            Verdict.ESCALATE, List.of("ask"), List.of("default"), List.of(), null, List.of());
    return new Judgement(
        version,
        decision,
        Risk.NONE,
        new Asking(
            identity,
            List.of(ApprovalWorkflow.usual("default")),
            List.of(new PolicyClause("ask", "forbid (principal, action, resource);"))));
  }

  private void asksForModels() {
    plane.agents.judgement = asks("model-call");
    plane.provider.answers((_, line) -> line.json(200, "{\"usage\":{}}"));
  }

  private HttpResponse<String> call(String... headers) {
    var request = plane.anthropic(BODY);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return plane.send(request);
  }

  private List<ApprovalView> pending() {
    return LlmFixture.await(
        plane.board.list(LlmFixture.ORGANIZATION, ApprovalStatus.PENDING, null, 100));
  }

  private ApprovalView find(ApprovalId id) {
    var entry =
        LlmFixture.await(plane.board.find(new ApprovalKey(LlmFixture.ORGANIZATION, id)))
            .orElseThrow();
    return entry.now(Objects.requireNonNull(entry.view()));
  }

  private ModelPrompt whole(ApprovalId id) {
    var key = new ApprovalKey(LlmFixture.ORGANIZATION, id);
    return Objects.requireNonNull(LlmFixture.await(plane.board.find(key)).orElseThrow().prompt());
  }

  private void awaitNonePending() {
    soon().until(() -> pending().isEmpty());
  }

  private ApprovalView awaitPending(int count) {
    soon().until(() -> pending().size() == count);
    return pending().getFirst();
  }

  private void decide(ApprovalId id, ApprovalView.Decision decision) {
    LlmFixture.await(
        plane.approvals.ask(
            new ApprovalKey(LlmFixture.ORGANIZATION, id),
            replyTo ->
                new Vote(
                    new Ballot(id + "/" + decision, "mem_ann", "enclave", decision, "because"),
                    replyTo)));
  }

  private void approve(ApprovalId id) {
    decide(id, ApprovalView.Decision.APPROVE);
  }

  @Test
  void aProviderThatIsChangedMeanwhileSpendsNoApprovalAndGetsNoNewKeyAtItsOldAddress()
      throws Exception {
    asksForModels();
    var waits = CompletableFuture.supplyAsync(() -> call("Prefer", "wait=30"));
    var asked = awaitPending(1).id();

    plane.provideWithKey(FakeProvider.KEY);
    approve(asked);

    var refused = waits.get(20, TimeUnit.SECONDS);
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).contains("settings_changed");
    assertThat(call().statusCode()).isEqualTo(200);
  }

  private static ApprovalId approvalOf(HttpResponse<?> response) {
    return ApprovalId.parse(response.headers().firstValue("x-redoubt-approval").orElse(null));
  }

  private static String decision(HttpResponse<?> response) {
    return response.headers().firstValue("x-redoubt-decision").orElseThrow();
  }

  @Test
  void aCallThatNeedsAnApprovalIsRefusedAndSaysWhichOneItWaitsFor() {
    asksForModels();

    var refused = call();

    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(decision(refused)).isEqualTo("escalate");
    var view = awaitPending(1);
    assertThat(approvalOf(refused)).isEqualTo(view.id());
    assertThat(refused.body()).contains(view.id() + " is pending", "ask", "approval_needed");
    assertThat(view.resource()).isEqualTo("claude-sonnet-4-5");
    assertThat(view.policyIds()).containsExactly("ask");
    var record = plane.recordOf(refused);
    assertThat(record.verdict()).isEqualTo(Verdict.ESCALATE);
    assertThat(record.approvalId()).isEqualTo(view.id().toString());
  }

  private static final String TO_JANE =
      """
      {"model":"claude-sonnet-4-5","system":"Be brief.","tools":[{"name":"transfer"}],
       "messages":[{"role":"user","content":"tell jane.doe@example.com"}]}\
      """;

  @Test
  void thoseWhoDecideAreShownWhatTheModelIsAsked() {
    asksForModels();
    plane.policies.runContent(7);

    plane.send(plane.anthropic(TO_JANE));

    var prompt = whole(awaitPending(1).id());
    assertThat(prompt)
        .isEqualTo(
            new ModelPrompt(
                1,
                "Be brief.",
                "tell jane.doe@example.com",
                List.of("transfer"),
                List.of(),
                TO_JANE.length(),
                TO_JANE));
    var listed = Objects.requireNonNull(pending().getFirst().prompt());
    assertThat(listed).isEqualTo(prompt.excerpt());
    assertThat(find(awaitPending(1).id()).prompt()).isEqualTo(prompt.excerpt());
  }

  @Test
  void whatContentPolicyRedactsIsShownRedactedAndTheDigestIsOfWhatWasSent() {
    asksForModels();
    plane.policies.runContent(
        7,
        new ContentDocument(
            "organization",
            new ContentPolicy(
                List.of(new Rule("pii", List.of(Direction.REQUEST), ContentAction.REDACT, false)),
                List.of())));

    plane.send(plane.anthropic(TO_JANE));

    var view = find(awaitPending(1).id());
    var prompt = Objects.requireNonNull(view.prompt());
    assertThat(prompt.user()).isEqualTo("tell [REDACTED:email]");
    assertThat(whole(view.id()).request()).contains("[REDACTED:email]").doesNotContain("jane.doe");
    assertThat(view.actionDigest())
        .isEqualTo(HexFormat.of().formatHex(sha256(TO_JANE.getBytes(StandardCharsets.UTF_8))));
  }

  /** What chats redact of it is not only what is built in. */
  @Test
  void whatIsShownEndsBeforeWhatTheOrganizationLooksForAndNotInsideOfIt() {
    asksForModels();
    plane.policies.runContent(
        7,
        new ContentDocument(
            "organization",
            new ContentPolicy(
                List.of(),
                List.of(new CustomPattern.Expression("customer", "K-[0-9]{6}", false)))));
    String before = "a ".repeat(PromptReader.MOST_USER / 2 - 2);

    plane.send(
        plane.anthropic(
            """
            {"model":"claude-sonnet-4-5",
             "messages":[{"role":"user","content":"%sK-123456 again"}]}\
            """
                .formatted(before)));

    var prompt = Objects.requireNonNull(find(awaitPending(1).id()).prompt());
    assertThat(prompt.user()).isEqualTo(before);
    assertThat(prompt.cut()).containsExactly("user");
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whyItIsAskedAboutIsTold() {
    asksForModels();
    var asks = asks("model-call");
    plane.agents.judgement =
        new Judgement(
            asks.bundleVersion(),
            asks.decision(),
            new Risk(30, List.of(new Risk.Contribution("off-intent", 30))),
            asks.asking());

    plane.send(
        plane.anthropic(
            """
            {"model":"claude-sonnet-4-5",
             "messages":[{"role":"user","content":"tell jane.doe@example.com"}]}\
            """));

    var view = awaitPending(1);
    assertThat(find(view.id()).arguments()).isNull();
    assertThat(view.riskScore()).isEqualTo(30);
    assertThat(view.riskReasons()).containsExactly("off-intent 30");
    assertThat(view.findings()).containsExactly("pii:email");
    assertThat(view.clauses()).extracting(PolicyClause::policy).containsExactly("ask");
  }

  @Test
  void onceApprovedTheSameCallPassesOnceAndThenAsksAgain() {
    asksForModels();
    var asked = approvalOf(call());
    assertThat(approvalOf(call())).as("joins").isEqualTo(asked);

    approve(asked);
    var passed = call();
    var again = call();

    assertThat(passed.statusCode()).isEqualTo(200);
    assertThat(decision(passed)).isEqualTo("permit");
    assertThat(plane.recordOf(passed).verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(plane.recordOf(passed).approvalId()).isEqualTo(asked.toString());
    assertThat(again.statusCode()).isEqualTo(403);
    assertThat(approvalOf(again)).isNotEqualTo(asked);
  }

  @Test
  void manyAtOnceSpendOneGrantOnce() {
    asksForModels();
    var asked = approvalOf(call());
    approve(asked);

    var answers =
        IntStream.range(0, 16)
            .mapToObj(_ -> CompletableFuture.supplyAsync(this::call))
            .toList()
            .stream()
            .map(CompletableFuture::join)
            .toList();

    assertThat(answers).filteredOn(answer -> answer.statusCode() == 200).hasSize(1);
    assertThat(answers).filteredOn(answer -> answer.statusCode() == 403).hasSize(15);
  }

  @Test
  void whoLosesTheRaceForAGrantGivesItsBudgetBack() {
    asksForModels();
    plane.agents.reserved = new Reserved(7, LocalDate.of(2026, 11, 20), 50_000, 900_000);
    var asked = approvalOf(call());
    approve(asked);
    plane.agents.asked.clear();
    var go = plane.agents.holdGranted();

    var calls =
        IntStream.range(0, 2).mapToObj(_ -> CompletableFuture.supplyAsync(this::call)).toList();
    soon()
        .until(() ->
            plane.agents.asked.stream().filter(it -> it.action().approved() != null).count() == 2);
    go.complete(null);
    var answers = calls.stream().map(CompletableFuture::join).toList();

    var lost = answers.stream().filter(it -> it.statusCode() == 403).toList();
    assertThat(lost).hasSize(1);
    assertThat(answers).filteredOn(it -> it.statusCode() == 200).hasSize(1);
    assertThat(approvalOf(lost.getFirst())).isNotEqualTo(asked);
    soon().until(() -> plane.agents.settled.size() == 2);
    assertThat(plane.agents.settled)
        .filteredOn(it -> it.charged().equals(Spend.ZERO))
        .extracting(Agent.Settle::action)
        .contains(LlmFixture.actionOf(lost.getFirst()));
  }

  private void looksForMore(long version) {
    looksFor("kestrel", version);
  }

  private void looksFor(String word, long version) {
    plane.policies.runContent(
        version,
        new ContentDocument(
            "organization",
            new ContentPolicy(
                List.of(new Rule("custom", List.of(Direction.REQUEST), ContentAction.ALERT, false)),
                List.of(new CustomPattern.Words("birds", List.of(word), true, true)))));
  }

  @Test
  void whereSomethingElseIsLookedForByThenNoGrantIsSpent() {
    asksForModels();
    plane.policies.runContent(7);
    var waiting =
        CompletableFuture.supplyAsync(() ->
            plane.send(
                plane
                    .anthropic(
                        "{\"model\":\"claude-sonnet-4-5\",\"messages\":"
                            + "[{\"role\":\"user\",\"content\":\"kestrel\"}]}")
                    .header("prefer", "wait=10")));
    var asked = awaitPending(1).id();

    looksForMore(8);
    plane.agents.judgement = asks("model-call", 8);
    approve(asked);

    assertThat(waiting.join().statusCode()).as(waiting.join().body()).isEqualTo(503);
    assertThat(waiting.join().body()).contains("policies_unknown");
    assertThat(plane.provider.seen()).isEmpty();
    soon().until(() -> find(asked).status() == ApprovalStatus.APPROVED);
  }

  @Test
  void anotherCallDoesNotPassByTheGrant() {
    asksForModels();
    approve(approvalOf(call()));
    plane.agents.judgement = asks("other-call");

    var other = call();

    assertThat(other.statusCode()).isEqualTo(403);
    assertThat(decision(other)).isEqualTo("escalate");
  }

  @Test
  void whoPrefersToWaitIsAnsweredOnceItIsDecided() {
    asksForModels();

    var waiting = CompletableFuture.supplyAsync(() -> call("prefer", "wait=10"));
    approve(awaitPending(1).id());

    assertThat(waiting.join().statusCode()).isEqualTo(200);
  }

  @Test
  void aDeniedCallSaysSoAndTheNextAsksAnew() {
    asksForModels();

    var waiting = CompletableFuture.supplyAsync(() -> call("prefer", "wait=10"));
    var asked = awaitPending(1).id();
    decide(asked, ApprovalView.Decision.DENY);

    var denied = waiting.join();
    assertThat(denied.statusCode()).isEqualTo(403);
    assertThat(decision(denied)).isEqualTo("deny");
    assertThat(denied.body()).contains("not approved", asked.toString());
    assertThat(plane.recordOf(denied).verdict()).isEqualTo(Verdict.DENY);
    assertThat(approvalOf(call())).isNotEqualTo(asked);
  }

  @Test
  void whatIsCancelledIsNotApproved() {
    asksForModels();
    var waiting = CompletableFuture.supplyAsync(() -> call("prefer", "wait=10"));
    var asked = awaitPending(1).id();

    LlmFixture.await(
        plane.approvals.ask(
            new ApprovalKey(LlmFixture.ORGANIZATION, asked),
            replyTo -> new Cancel("it was stopped", "mem_ann", replyTo)));

    assertThat(waiting.join().statusCode()).isEqualTo(403);
  }

  @Test
  void tooManyPendingRequestsAreRefused() {
    plane.provider.answers((_, line) -> line.json(200, "{}"));
    for (int i = 0; i < 4; i++) {
      plane.agents.judgement = asks("call-" + i);
      assertThat(call().statusCode()).isEqualTo(403);
    }
    plane.agents.judgement = asks("one-more");

    var refused = call();

    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("retry-after")).isPresent();
    assertThat(refused.body()).contains("[too_many_approvals]");
    assertThat(plane.recordOf(refused).detail()).contains("too_many_approvals");
    plane.agents.judgement = asks("call-0");
    assertThat(call().statusCode()).as("joining is no further request").isEqualTo(403);
  }

  /** Which limit it is about is said: the one the agent can do something about, the other not. */
  @Test
  void tooManyPendingRequestsOfTheOrganizationAreRefused() {
    asksForModels();
    for (int i = 0; i < 20; i++) {
      LlmFixture.await(
          plane.board.open(
              new ApprovalBoard.Opening(
                  new AgentKey(LlmFixture.ORGANIZATION, AgentId.next(Clock.systemUTC())),
                  "another's",
                  ApprovalId.next(Clock.systemUTC()),
                  null,
                  null,
                  Instant.MAX),
              new ApprovalBoard.Limits(1, 20)));
    }

    var refused = call();

    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("retry-after")).isPresent();
    assertThat(refused.body()).contains("[too_many_approvals_of_organization]");
    assertThat(plane.recordOf(refused).detail()).contains("too_many_approvals_of_organization");
  }

  /** The agent's own limit; 0: nothing of it may wait. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void anAgentHasNoMorePendingThanItMayHaveItself(int limit) {
    plane.provider.answers((_, line) -> line.json(200, "{}"));
    plane.agentMayWaitFor(limit);
    for (int i = 0; i < limit; i++) {
      plane.agents.judgement = asks("call-" + i);
      assertThat(call().statusCode()).isEqualTo(403);
    }
    plane.agents.judgement = asks("one-more");

    var refused = call();

    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("retry-after")).isPresent();
    assertThat(refused.body()).contains("[too_many_approvals]");
    assertThat(plane.recordOf(refused).detail()).contains("too_many_approvals");
    assertThat(pending()).hasSize(limit);
  }

  @Test
  void whereNobodyCanBeAskedNothingPasses() {
    asksForModels();
    plane.board.outage.begin();

    var refused = call();

    assertThat(refused.statusCode()).isEqualTo(503);
  }

  private void replies(Way way) {
    String reply = way.reply();
    plane.provider.answers((_, line) -> {
      if (!way.streamed()) {
        line.json(200, reply);
        return;
      }
      line.beginEvents();
      line.chunk(reply);
      line.end();
    });
    plane.agents.ofTools =
        action ->
            action.resource().equals("read_file")
                ? asks("call-" + action.digest())
                : FakeAgents.PERMITS;
  }

  private CompletableFuture<Heard> ask(Way way) {
    return CompletableFuture.supplyAsync(() -> LlmFixture.ask(agent, way.style(), way.streamed()));
  }

  private AuditRecord reading() {
    return plane.audit.records().stream()
        .filter(record -> record.plane() == Plane.TOOL && "read_file".equals(record.resource()))
        .reduce((_, last) -> last)
        .orElseThrow();
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void aToolCallIsHeldUntilItIsApprovedAndThenGoesOut(Way way) {
    replies(way);

    var heard = ask(way);
    var view = awaitPending(1);
    assertThat(view.arguments()).as("exactly what would go out").isNotNull();
    assertThat(heard.isDone()).isFalse();
    approve(view.id());

    assertThat(heard.join().calls()).containsExactly("read_file", "weather");
    assertThat(reading().verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(reading().approvalId()).isEqualTo(view.id().toString());
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void aToolCallThatIsDeniedIsExplained(Way way) {
    replies(way);

    var heard = ask(way);
    var view = awaitPending(1);
    decide(view.id(), ApprovalView.Decision.DENY);

    assertThat(heard.join().calls()).containsExactly("weather");
    assertThat(heard.join().text()).contains("not approved", view.id().toString());
    assertThat(reading().verdict()).isEqualTo(Verdict.DENY);
  }

  @Test
  void whereTooManyRequestsWaitAToolCallIsExplainedAtOnce() {
    replies(new Way(Style.MESSAGES, true));
    plane.agentMayWaitFor(0);

    var heard = ask(new Way(Style.MESSAGES, true)).join();

    assertThat(heard.calls()).containsExactly("weather");
    assertThat(heard.text()).contains("Too many of the agent's requests for approval");
    assertThat(reading().detail()).contains("too_many_approvals");
    assertThat(pending()).isEmpty();
  }

  @Test
  void whereSomethingElseIsFoundByThenAToolCallDoesNotGoOutEvenIfItIsPermitted() {
    var way = new Way(Style.MESSAGES, true);
    plane.policies.runContent(7);
    replies(way);
    var heard = ask(way);
    var view = awaitPending(1);

    looksFor("pässwd", 8);
    plane.agents.ofTools = _ -> new Judgement(8, FakeAgents.PERMITS.decision(), Risk.NONE);
    approve(view.id());

    assertThat(heard.join().calls()).containsExactly("weather");
    assertThat(reading().verdict()).isEqualTo(Verdict.DENY);
    soon().until(() -> find(view.id()).status() == ApprovalStatus.APPROVED);
  }

  @Test
  void whereSomethingElseIsLookedForByThenAndNotFoundAToolCallGoesOut() {
    var way = new Way(Style.MESSAGES, true);
    plane.policies.runContent(7);
    replies(way);
    var heard = ask(way);
    var view = awaitPending(1);

    looksForMore(8);
    plane.agents.ofTools = _ -> new Judgement(8, FakeAgents.PERMITS.decision(), Risk.NONE);
    approve(view.id());

    assertThat(heard.join().calls()).containsExactly("read_file", "weather");
    assertThat(reading().verdict()).isEqualTo(Verdict.PERMIT);
  }

  @Test
  void aToolCallThatNobodyDecidesInTimeIsReportedPending() {
    var way = new Way(Style.MESSAGES, true);
    replies(way);

    var response =
        plane.send(
            plane
                .anthropic("{\"model\":\"claude-sonnet-4-5\",\"stream\":true}")
                .header("prefer", "wait=0"));

    var view = awaitPending(1);
    assertThat(response.body()).contains(view.id() + " is pending");
    assertThat(reading().verdict()).isEqualTo(Verdict.ESCALATE);

    approve(view.id());
    assertThat(LlmFixture.ask(agent, way.style(), way.streamed()).calls())
        .as("the same call, asked again")
        .containsExactly("read_file", "weather");
  }

  /** A model wants to read a file with those arguments, and nobody waits. */
  private void proposes(String arguments) {
    var way = new Way(Style.CHAT, false);
    replies(way);
    var theirs = '"' + Samples.FIRST_ARGUMENTS.replace("\"", "\\\"") + '"';
    var ours = new String(Json.write(arguments), StandardCharsets.UTF_8);
    String reply = Samples.document(way.style()).replace(theirs, ours);
    assertThat(reply).contains(ours);
    plane.provider.answers((_, line) -> line.json(200, reply));
    plane.send(
        plane.openAi("/v1/chat/completions", "{\"model\":\"gpt-4o\"}").header("prefer", "wait=0"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "{\"a\":\"x\",\"b\":[]}|{ \"b\" : [ ], \"a\" : \"x\" }",
        "{\"path\":\"é/\"}|{\"\\u0070ath\":\"\\u00e9\\/\"}",
        "{\"a\":\"😀\"}|{\"a\":\"\\uD83D\\ude00\"}",
        "{\"a\":\"\\b\\u001f\"}|{\"a\":\"\\u0008\\u001F\"}",
        "{\"a\":100}|{\"a\":1e2}",
        "{\"a\":1}|{\"a\":1.0}",
        "{\"a\":1.1}|{\"a\":1.10}",
        "{\"a\":0}|{\"a\":-0.0}",
        "{\"a\":0.000001}|{\"a\":1E-6}",
      })
  void callsThatOnlyLookDifferentAreOneRequest(String one, String other) {
    proposes(one);
    var asked = awaitPending(1).id();

    proposes(other);
    assertThat(pending()).extracting(ApprovalView::id).containsExactly(asked);
    approve(asked);
    proposes(other);

    assertThat(reading().verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(reading().approvalId()).isEqualTo(asked.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "{\"a\":\"pay\"}|{\"a\":\"p\\u0430y\"}", // of another script
        "{\"a\":\"\\u00e9\"}|{\"a\":\"e\\u0301\"}", // composed, and not
        "{\"a\":\"ab\"}|{\"a\":\"a\\u200bb\"}",
        "{\"a\":\"ab\"}|{\"a\":\"a\\u202eb\"}",
        "{\"a\":\"ab\"}|{\"a\":\"ab \"}",
        "{\"a\":\"ab\"}|{\"a\":\"ab\\u0000\"}",
        "{\"a\":1}|{\"a\":\"1\"}",
        "{\"a\":1}|{\"A\":1}",
        "{\"a\":\"1.1\"}|{\"a\":\"1.10\"}",
        "{\"a\":null}|{}",
        "{\"a\":[]}|{\"a\":{}}",
        "{\"a\":[1,2]}|{\"a\":[2,1]}",
        "{\"a\":9007199254740992}|{\"a\":9007199254740993}", // one double
        "{\"a\":0.1}|{\"a\":0.10000000000000000001}", // one double, too
      })
  void callsThatOnlyLookAlikeAreTwoRequests(String one, String other) {
    proposes(one);
    var asked = awaitPending(1);
    approve(asked.id());
    awaitNonePending();

    proposes(other);

    var another = awaitPending(1);
    assertThat(another.actionDigest()).isNotEqualTo(asked.actionDigest());
    assertThat(another.arguments()).isNotEqualTo(asked.arguments());
    assertThat(reading().verdict()).isEqualTo(Verdict.ESCALATE);
    soon().until(() -> find(asked.id()).status() == ApprovalStatus.APPROVED);
  }

  /** Of a name that comes twice, one reader takes the first, and another one the last. */
  @ParameterizedTest
  @ValueSource(strings = {"{\"a\":1,\"a\":2}", "{\"a\":2,\"\\u0061\":1}"})
  void callsThatMayBeReadInTwoWaysAreRefusedWhateverWasApproved(String arguments) {
    proposes("{\"a\":1}");
    var asked = awaitPending(1).id();
    approve(asked);
    awaitNonePending();

    proposes(arguments);

    assertThat(reading().verdict()).isEqualTo(Verdict.DENY);
    assertThat(pending()).isEmpty();
    soon().until(() -> find(asked).status() == ApprovalStatus.APPROVED);
  }

  @Test
  void whoIsStoppedWhileItWaitsSpendsNothing() {
    var way = new Way(Style.MESSAGES, false);
    replies(way);
    var heard = ask(way);
    var view = awaitPending(1);

    plane.streams.cut(LlmFixture.AGENT_KEY);
    approve(view.id());

    assertThat(heard).failsWithin(Duration.ofSeconds(10));
    soon().until(() -> find(view.id()).status() == ApprovalStatus.APPROVED);
  }
}
