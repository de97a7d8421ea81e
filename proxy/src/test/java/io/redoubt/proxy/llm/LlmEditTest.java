package io.redoubt.proxy.llm;

import static io.redoubt.proxy.llm.LlmFixture.soon;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.agent.Asking;
import io.redoubt.agent.Judgement;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.approval.Voting;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import io.redoubt.session.Risk;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A tool call that is held goes out as whoever approves has changed it, once, and never as it was.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlmEditTest {
  private static final String EDITED = "{\"path\":\"/tmp/notes\"}";

  private final LlmFixture plane =
      new LlmFixture(
          """
          redoubt.proxy.llm.tool-calls { keep-alive = 50 ms, approval-wait = 10 s }
          pekko.loglevel = OFF
          """);

  private static final Way STREAM = new Way(Style.MESSAGES, true);

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
    var decision =
        new Decision(
            Verdict.ESCALATE, List.of("ask"), List.of("default"), List.of(), null, List.of());
    return new Judgement(
        7,
        decision,
        Risk.NONE,
        new Asking(identity, List.of(ApprovalWorkflow.usual("default")), List.of()));
  }

  private static Judgement denies() {
    return new Judgement(
        7,
        new Decision(Verdict.DENY, List.of("never"), List.of(), List.of(), null, List.of()),
        Risk.NONE);
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

  private HttpResponse<String> send(Way way, String wait) {
    String stream = way.streamed() ? ",\"stream\":true" : "";
    var request =
        switch (way.style()) {
          case MESSAGES -> plane.anthropic("{\"model\":\"claude-sonnet-4-5\"" + stream + "}");
          case CHAT -> plane.openAi("/v1/chat/completions", "{\"model\":\"gpt-4o\"" + stream + "}");
          case RESPONSES -> plane.openAi("/v1/responses", "{\"model\":\"gpt-4o\"" + stream + "}");
        };
    return plane.send(request.header("prefer", "wait=" + wait));
  }

  private CompletableFuture<HttpResponse<String>> held(Way way) {
    return CompletableFuture.supplyAsync(() -> send(way, "10"));
  }

  private List<ApprovalView> pending() {
    return LlmFixture.await(
        plane.board.list(LlmFixture.ORGANIZATION, ApprovalStatus.PENDING, null, 100));
  }

  private ApprovalView awaitPending() {
    soon().until(() -> pending().size() == 1);
    return pending().getFirst();
  }

  private static ApprovalKey key(ApprovalId id) {
    return new ApprovalKey(LlmFixture.ORGANIZATION, id);
  }

  private Voting.Outcome edit(ApprovalId id, String arguments) {
    return LlmFixture.await(
        plane.voting.edit(
            key(id),
            new Ballot(
                "edit/" + id, "mem_ann", "enclave", ApprovalView.Decision.APPROVE, "not there"),
            arguments.getBytes(StandardCharsets.UTF_8)));
  }

  private ApprovalView.Edit edited(ApprovalId id) {
    var outcome = edit(id, EDITED);
    assertThat(outcome).isInstanceOf(Voting.Heard.class);
    return Objects.requireNonNull(((Voting.Heard) outcome).view().editedTo());
  }

  private ApprovalView find(ApprovalId id) {
    return LlmFixture.await(plane.voting.find(key(id))).orElseThrow();
  }

  private List<AuditRecord> readings() {
    return plane.audit.records().stream()
        .filter(record -> record.plane() == Plane.TOOL && "read_file".equals(record.resource()))
        .toList();
  }

  @ParameterizedTest
  @MethodSource(Way.ALL)
  void aHeldCallGoesOutAsItWasChangedAndBothAreOnRecord(Way way) {
    replies(way);
    int before = readings().size();
    var held = held(way);
    var asked = awaitPending();

    var to = edited(asked.id());

    var reply = held.join();
    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(reply.body()).contains("/tmp/notes", "Zürich").doesNotContain("sswd");
    assertThat(reply.body()).doesNotContain("Redoubt denied");
    soon().until(() -> find(to.approval()).status() == ApprovalStatus.CONSUMED);
    assertThat(find(asked.id()).status()).isEqualTo(ApprovalStatus.EDITED);
    var records = readings().subList(before, readings().size());
    assertThat(records).hasSize(2);
    var refused = records.getFirst();
    var permitted = records.getLast();
    assertThat(refused.verdict()).isEqualTo(Verdict.DENY);
    assertThat(refused.actionDigest()).isEqualTo(asked.actionDigest());
    assertThat(refused.detail()).contains("approval_edited");
    assertThat(permitted.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(permitted.actionDigest()).isEqualTo(to.actionDigest());
    assertThat(permitted.approvalId()).isEqualTo(to.approval().toString());
    assertThat(permitted.detail())
        .contains(asked.actionDigest(), "mem_ann", "/path")
        .doesNotContain("/tmp/notes");
  }

  @Test
  void whoComesAgainWithTheCallAsItWasIsToldOfTheOther() {
    replies(STREAM);
    assertThat(send(STREAM, "0").body()).contains("is pending");
    var asked = awaitPending();
    var to = edited(asked.id());

    var again = send(STREAM, "0").body();

    assertThat(again)
        .contains("was changed by whoever was to approve it", to.approval().toString())
        .contains("{\\\"path\\\":\\\"/tmp/notes\\\"}")
        .doesNotContain("\"partial_json\":\"{\\\"path");
    assertThat(find(to.approval()).status()).as("unspent").isEqualTo(ApprovalStatus.APPROVED);
    assertThat(pending()).isEmpty();
    assertThat(readings().getLast().verdict()).isEqualTo(Verdict.DENY);
  }

  @Test
  void whoComesWithTheChangedCallPassesOnceByItsGrant() {
    replies(STREAM);
    send(STREAM, "0");
    var to = edited(awaitPending().id());

    plane.provider.answers((_, line) ->
        line.json(
            200,
            """
            {"content":[{"type":"tool_use","id":"t","name":"read_file","input":%s}],
             "stop_reason":"tool_use"}
            """
                .formatted(EDITED)));
    var first = send(new Way(Style.MESSAGES, false), "0").body();
    var second = send(new Way(Style.MESSAGES, false), "0").body();

    assertThat(first).contains("\"tool_use\"").doesNotContain("Redoubt denied");
    assertThat(second).contains("is pending");
    assertThat(find(to.approval()).status()).isEqualTo(ApprovalStatus.CONSUMED);
  }

  @Test
  void ofManyWhoWaitForTheSameCallOneGetsTheChangedOne() {
    replies(STREAM);
    var waiting = IntStream.range(0, 4).mapToObj(_ -> held(STREAM)).toList();
    var asked = awaitPending();
    soon()
        .until(() ->
            plane.agents.proposed.stream().filter(each -> each.actions().size() == 2).count() >= 4);

    edited(asked.id());

    var bodies = waiting.stream().map(CompletableFuture::join).map(HttpResponse::body).toList();
    assertThat(bodies)
        .filteredOn(body -> body.contains("\"partial_json\":\"{\\\"path\\\":\\\"/tmp/notes"))
        .hasSize(1);
    assertThat(bodies).noneMatch(body -> body.contains("/etc/p"));
  }

  @Test
  void whatPoliciesForbidByThenDoesNotGoOutAndSpendsNothing() {
    replies(STREAM);
    int before = readings().size();
    var held = held(STREAM);
    var asked = awaitPending();
    var ofTools = plane.agents.ofTools;
    plane.agents.ofTools =
        action ->
            action.approved() != null && action.digest().equals(asked.actionDigest())
                ? ofTools.apply(action)
                : action.approved() == null ? ofTools.apply(action) : denies();

    var to = edited(asked.id());

    assertThat(held.join().body()).contains("Policy denies").doesNotContain("/tmp/notes");
    assertThat(find(to.approval()).status()).isEqualTo(ApprovalStatus.APPROVED);
    var records = readings().subList(before, readings().size());
    assertThat(records)
        .extracting(AuditRecord::actionDigest)
        .as("each as what it is")
        .containsExactly(asked.actionDigest(), to.actionDigest());
    assertThat(records.getFirst().detail()).startsWith("approval_edited");
    assertThat(records.getFirst().policyIds()).containsExactly("ask");
    assertThat(records.getLast().detail()).startsWith("policy_denied");
    assertThat(records.getLast().policyIds()).containsExactly("never");
  }

  @Test
  void whatPoliciesPermitByThemselvesGoesOutByItsGrantAllTheSame() {
    replies(STREAM);
    var held = held(STREAM);
    var asked = awaitPending();
    plane.agents.ofTools =
        action ->
            action.digest().equals(asked.actionDigest())
                ? asks("call-" + action.digest())
                : FakeAgents.PERMITS;

    var to = edited(asked.id());

    assertThat(held.join().body()).contains("/tmp/notes");
    soon().until(() -> find(to.approval()).status() == ApprovalStatus.CONSUMED);
  }

  @Test
  void whatPoliciesForbidIsRefusedToWhoeverApprovesAndTheCallWaits() {
    replies(STREAM);
    var held = held(STREAM);
    var asked = awaitPending();
    var ofTools = plane.agents.ofTools;
    plane.agents.ofTools =
        action -> action.digest().equals(asked.actionDigest()) ? ofTools.apply(action) : denies();

    var outcome = edit(asked.id(), EDITED);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            Voting.NotEdited.class, it -> assertThat(it.why()).contains("never"));
    assertThat(held.isDone()).isFalse();
    LlmFixture.await(
        plane.voting.cast(
            key(asked.id()),
            new Ballot("deny", "mem_ann", "enclave", ApprovalView.Decision.DENY, "no")));
    assertThat(held.join().body()).contains("not approved");
  }

  @Test
  void aCallToAModelIsNotChanged() {
    plane.agents.judgement = asks("model-call");
    send(new Way(Style.MESSAGES, false), "0");
    var asked = awaitPending();

    assertThat(asked.editable()).isFalse();
    assertThat(edit(asked.id(), EDITED)).isInstanceOf(Voting.NotEdited.class);
  }
}
