package io.redoubt.proxy.tools;

import static io.redoubt.proxy.llm.LlmFixture.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Asking;
import io.redoubt.agent.Judgement;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.approval.Voting;
import io.redoubt.payload.PayloadStore;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.proxy.llm.EditedToolCalls;
import io.redoubt.proxy.llm.FakeAgents;
import io.redoubt.proxy.llm.LlmConfig;
import io.redoubt.proxy.llm.LlmFixture;
import io.redoubt.session.Risk;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An operation is done as whoever approves has changed it, once, and never as it was. */
class EditedOperationTest extends OperationCalls {
  private static final String EDITED =
      """
      {"parameters": {"project": "sandbox", "title": "It is broken", "priority": 9},
       "resource": "project sandbox"}
      """;

  @BeforeEach
  void everyOperationIsAskedAbout() {
    plane.agents.ofOperations = action -> asks("call-" + action.digest());
  }

  private static Judgement asks(String identity) {
    return asks(identity, ApprovalWorkflow.usual("default"));
  }

  private static Judgement asks(String identity, ApprovalWorkflow workflow) {
    return new Judgement(
        7,
        new Decision(
            Verdict.ESCALATE, List.of("ask"), List.of("default"), List.of(), null, List.of()),
        Risk.NONE,
        new Asking(identity, List.of(workflow), List.of()));
  }

  /** It takes two to approve, and one to deny. */
  private static ApprovalWorkflow two() {
    var tier =
        new ApprovalTier(
            ApprovalTier.Kind.HUMAN, List.of(), 2, 900, ApprovalTier.OnTimeout.DENY, true, false);
    return new ApprovalWorkflow("default", List.of(tier), 1, 900);
  }

  private static boolean isEdited(GovernedAction action) {
    return action.arguments().values().path("project").asText().equals("sandbox");
  }

  private CompletableFuture<HttpResponse<String>> held() {
    return CompletableFuture.supplyAsync(() -> execute(CREATE, "Prefer", "wait=30"));
  }

  private static ApprovalKey key(ApprovalId id) {
    return new ApprovalKey(LlmFixture.ORGANIZATION, id);
  }

  private ApprovalView awaitPending() {
    soon().until(() -> pending().size() == 1);
    return pending().getFirst();
  }

  private ApprovalView find(ApprovalId id) {
    return LlmFixture.await(plane.voting.find(key(id))).orElseThrow();
  }

  private Voting.Outcome edit(ApprovalId id, String arguments) {
    return edit(id, "mem_ann", arguments);
  }

  private Voting.Outcome edit(ApprovalId id, String who, String arguments) {
    return LlmFixture.await(
        plane.voting.edit(
            key(id),
            new Ballot("edit/" + id, who, "enclave", ApprovalView.Decision.APPROVE, "not there"),
            arguments.getBytes(StandardCharsets.UTF_8)));
  }

  private ApprovalView.Edit editedBy(ApprovalId id, String who, String arguments) {
    var outcome = edit(id, who, arguments);
    assertThat(outcome).isInstanceOf(Voting.Heard.class);
    return Objects.requireNonNull(((Voting.Heard) outcome).view().editedTo());
  }

  private String kept(ActionId action, PayloadStore.Part part) {
    return LlmFixture.await(
            plane.payloads.open(LlmFixture.ORGANIZATION, action, part, plane.clock.instant()))
        .map(payload -> payload.body().utf8String())
        .orElse("");
  }

  private ApprovalView.Edit edited(ApprovalId id) {
    return editedBy(id, "mem_ann", EDITED);
  }

  /** What the same request has left of its plane besides. */
  private List<AuditRecord> others(AuditRecord than) {
    return plane.audit.records().stream()
        .filter(record -> Objects.equals(record.traceId(), than.traceId()))
        .filter(record -> record.plane() == Plane.CONNECTOR && !record.id().equals(than.id()))
        .toList();
  }

  @Test
  void whoWaitsGetsTheResultOfTheChangedCallAndIsToldSo() throws Exception {
    plane.payloads(OrganizationSpec.Payloads.FULL);
    var held = held();
    var asked = awaitPending();
    assertThat(asked.editable()).isTrue();

    var to = edited(asked.id());

    var answer = held.get(20, TimeUnit.SECONDS);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(api.asked).hasSize(1);
    assertThat(api.last().target()).isEqualTo("/api/projects/sandbox/issues");
    assertThat(api.last().body()).isEqualTo("{\"priority\":9,\"title\":\"It is broken\"}");
    var told = json(answer).path("edited");
    assertThat(told.path("approval_id").asText()).isEqualTo(to.approval().toString());
    assertThat(told.at("/arguments/parameters/project").asText()).isEqualTo("sandbox");
    assertThat(told.at("/arguments/resource").asText()).isEqualTo("project sandbox");
    assertThat(answer.body()).doesNotContain("mem_ann");
    soon().until(() -> find(to.approval()).status() == ApprovalStatus.CONSUMED);
    assertThat(find(asked.id()).status()).isEqualTo(ApprovalStatus.EDITED);

    var permitted = plane.recordOf(answer);
    assertThat(permitted.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(permitted.actionDigest()).isEqualTo(to.actionDigest());
    assertThat(permitted.approvalId()).isEqualTo(to.approval().toString());
    assertThat(permitted.detail())
        .contains(asked.actionDigest(), "mem_ann", "/parameters/priority")
        .doesNotContain("sandbox");
    assertThat(others(permitted))
        .singleElement()
        .satisfies(refused -> {
          assertThat(refused.verdict()).isEqualTo(Verdict.DENY);
          assertThat(refused.detail()).contains("approval_edited");
          assertThat(refused.actionDigest()).isEqualTo(asked.actionDigest());
        });
    plane.outcomeOf(answer);
    assertThat(kept(LlmFixture.actionOf(answer), PayloadStore.Part.REQUEST))
        .contains("\"operation\":\"issue.create\"", "sandbox")
        .doesNotContain("a customer asked");
    assertThat(kept(LlmFixture.actionOf(answer), PayloadStore.Part.REPLY)).contains("ok");
    assertThat(
            kept(new ActionId(others(permitted).getFirst().id().uuid()), PayloadStore.Part.REQUEST))
        .contains("a customer asked");
  }

  @Test
  void whoComesAgainWithTheCallAsItWasIsToldOfTheOtherAndAsksForThat() {
    assertThat(execute(CREATE).statusCode()).isEqualTo(202);
    var to = edited(awaitPending().id());

    var again = execute(CREATE);

    refused(again, 403, "approval_edited");
    var told = json(again).path("edited");
    assertThat(told.path("approval_id").asText()).isEqualTo(to.approval().toString());
    assertThat(api.asked).isEmpty();
    assertThat(find(to.approval()).status()).as("unspent").isEqualTo(ApprovalStatus.APPROVED);

    var instead =
        ((ObjectNode) told.path("arguments"))
            .put("connector", "tickets")
            .put("operation", "issue.create")
            .toString();
    assertThat(execute(instead).statusCode()).isEqualTo(200);
    assertThat(api.last().target()).isEqualTo("/api/projects/sandbox/issues");
    assertThat(execute(instead).statusCode()).as("once").isEqualTo(202);
  }

  @Test
  void ofThoseWhoWaitForTheSameCallOneGetsTheChangedOneAndTheOtherIsToldOfIt() {
    int before = plane.agents.asked.size();
    var waiting = IntStream.range(0, 2).mapToObj(_ -> held()).toList();
    var asked = awaitPending();
    soon().until(() -> plane.agents.asked.size() >= before + 2);

    var to = edited(asked.id());

    var answers = waiting.stream().map(CompletableFuture::join).toList();
    assertThat(answers).filteredOn(answer -> answer.statusCode() == 200).hasSize(1);
    assertThat(answers)
        .filteredOn(answer -> answer.statusCode() != 200)
        .singleElement()
        .satisfies(answer -> {
          refused(answer, 403, "approval_edited");
          assertThat(json(answer).at("/edited/approval_id").asText())
              .isEqualTo(to.approval().toString());
          assertThat(json(answer).path("edited").has("arguments")).as("it is spent").isFalse();
        });
    assertThat(api.asked).hasSize(1);
    assertThat(api.last().target()).isEqualTo("/api/projects/sandbox/issues");
  }

  @Test
  void whatPoliciesPermitByThemselvesIsDoneByItsGrantAllTheSame() throws Exception {
    plane.agents.ofOperations =
        action -> isEdited(action) ? FakeAgents.PERMITS : asks("call-" + action.digest());
    var held = held();

    var to = edited(awaitPending().id());

    assertThat(held.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    soon().until(() -> find(to.approval()).status() == ApprovalStatus.CONSUMED);
  }

  /** As where a node of an older release has looked at it, which knows tool calls alone. */
  @Test
  void aGrantForSomethingElseIsNotSpentThoughPoliciesPermitTheCall() throws Exception {
    plane.agents.ofOperations =
        action ->
            action.plane() == Plane.CONNECTOR && isEdited(action)
                ? FakeAgents.PERMITS
                : asks("call-" + action.digest());
    plane.operations = new EditedToolCalls(LlmConfig.from(ConfigFactory.load()), plane.clock);
    var held = held();

    var to = edited(awaitPending().id());

    refused(held.get(20, TimeUnit.SECONDS), 503, "settings_changed");
    assertThat(api.asked).isEmpty();
    assertThat(find(to.approval()).status()).isEqualTo(ApprovalStatus.APPROVED);
  }

  @Test
  void whatPoliciesForbidByThenIsRefusedAsWhatItIs() throws Exception {
    plane.agents.ofOperations =
        action ->
            action.approved() != null && isEdited(action)
                ? says(Verdict.DENY)
                : asks("call-" + action.digest());
    var held = held();
    var asked = awaitPending();

    var to = edited(asked.id());

    var answer = held.get(20, TimeUnit.SECONDS);
    refused(answer, 403, "policy_denied");
    assertThat(json(answer).path("policy_ids").path(0).asText()).isEqualTo("careful");
    assertThat(json(answer).at("/edited/approval_id").asText()).isEqualTo(to.approval().toString());
    assertThat(find(to.approval()).status()).as("unspent").isEqualTo(ApprovalStatus.APPROVED);
    var denied = plane.recordOf(answer);
    assertThat(denied.actionDigest()).isEqualTo(to.actionDigest());
    assertThat(denied.policyIds()).containsExactly("careful");
    assertThat(denied.detail()).startsWith("policy_denied; in the place of");
    assertThat(others(denied))
        .singleElement()
        .satisfies(original -> {
          assertThat(original.actionDigest()).isEqualTo(asked.actionDigest());
          assertThat(original.policyIds()).containsExactly("ask");
          assertThat(original.detail()).startsWith("approval_edited");
        });
  }

  @Test
  void whatIsChangedOnceMoreIsByBothAndSaysSo() throws Exception {
    plane.agents.ofOperations = action -> asks("call-" + action.digest(), two());
    var held = held();
    var asked = awaitPending();

    var first = edited(asked.id());
    var second =
        editedBy(
            first.approval(),
            "mem_bob",
            """
            {"parameters": {"project": "sandbox", "title": "It squeaks", "priority": 9},
             "resource": "project sandbox"}
            """);
    LlmFixture.await(
        plane.voting.cast(
            key(second.approval()),
            new Ballot(
                "ann", "mem_ann", "enclave", ApprovalView.Decision.APPROVE, "that as well")));

    var answer = held.get(20, TimeUnit.SECONDS);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(api.last().body()).isEqualTo("{\"priority\":9,\"title\":\"It squeaks\"}");
    assertThat(plane.recordOf(answer).detail())
        .contains(
            asked.actionDigest(), "mem_ann, mem_bob", "/parameters/project", "/parameters/title");
    assertThat(execute(CREATE).statusCode()).as("asked anew").isEqualTo(202);
  }

  @Test
  void whatIsNullIsAbsentInWhatIsApprovedToo() throws Exception {
    var held = held();

    var to =
        editedBy(
            awaitPending().id(),
            "mem_ann",
            """
            {"parameters": {"project": "core", "title": null, "priority": 3}, "resource": null}
            """);

    var answer = held.get(20, TimeUnit.SECONDS);
    assertThat(api.last().body()).isEqualTo("{\"priority\":3}");
    var told = json(answer).at("/edited/arguments");
    assertThat(told.toString()).isEqualTo("{\"parameters\":{\"priority\":3,\"project\":\"core\"}}");
    assertThat(find(to.approval()).arguments()).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"parameters":{"title":"x"}}                                      | /parameters/project:
          {"parameters":{"project":"..","title":"x"}}                       | /parameters: the path has no segment . or ..
          {"parameters":{"project":"a/b","title":"x"}}                      | /parameters/project:
          {"parameters":{"project":"core"},"connector":"billing"}           | /connector: is not known
          {"parameters":{"project":"core"},"resource":""}                   | /resource
          {"parameters":[]}                                                 | /parameters: is an object
          {"project":"core","title":"x"}                                    | /project: is not known
          """)
  void whatCannotBeMeantIsRefusedToWhoeverApprovesAndTheCallWaits(String instead, String why)
      throws Exception {
    var held = held();
    var asked = awaitPending();

    assertThat(edit(asked.id(), instead))
        .isInstanceOfSatisfying(Voting.NotEdited.class, it -> assertThat(it.why()).contains(why));

    assertThat(find(asked.id()).status()).isEqualTo(ApprovalStatus.PENDING);
    vote(ApprovalView.Decision.DENY);
    refused(held.get(20, TimeUnit.SECONDS), 403, "approval_denied");
    assertThat(api.asked).isEmpty();
  }

  @Test
  void otherWordsOfTheAgentAboutTheSameCallAreNoOtherCall() throws Exception {
    var held = held();
    var asked = awaitPending();
    String reasoned =
        """
        {"parameters": {"priority": 2.0, "title": "It is broken", "project": "core", "x": null},
         "resource": "project core", "reason": "because I say so"}
        """;

    assertThat(edit(asked.id(), reasoned))
        .isInstanceOfSatisfying(
            Voting.NotEdited.class, it -> assertThat(it.why()).contains("the same call"));

    vote(ApprovalView.Decision.APPROVE);
    assertThat(held.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(json(held.join()).has("edited")).isFalse();
  }

  @Test
  void whatPoliciesForbidIsRefusedToWhoeverApproves() throws Exception {
    plane.agents.ofOperations =
        action ->
            action.arguments().values().path("project").asText().equals("sandbox")
                ? says(Verdict.DENY)
                : asks("call-" + action.digest());
    var held = held();

    assertThat(edit(awaitPending().id(), EDITED))
        .isInstanceOfSatisfying(
            Voting.NotEdited.class, it -> assertThat(it.why()).contains("careful"));

    vote(ApprovalView.Decision.DENY);
    refused(held.get(20, TimeUnit.SECONDS), 403, "approval_denied");
  }

  /** They would approve another address than was asked about, without seeing that. */
  @Test
  void anOperationThatGoesElsewhereByThenCannotBeChanged() throws Exception {
    var held = held();
    var asked = awaitPending();
    put(URI.create("http://127.0.0.1:1"), 2, "another-secret");

    assertThat(edit(asked.id(), EDITED))
        .isInstanceOfSatisfying(
            Voting.NotEdited.class, it -> assertThat(it.why()).contains("was changed since"));

    vote(ApprovalView.Decision.DENY);
    refused(held.get(20, TimeUnit.SECONDS), 403, "approval_denied");
  }

  @Test
  void aConnectorThatIsAnotherAfterTheChangeIsNotAskedAndNothingIsSpent() throws Exception {
    plane.agents.ofOperations =
        action -> {
          if (action.approved() == null && isEdited(action)) {
            put(URI.create("http://127.0.0.1:1"), 2, "another-secret");
          }
          return asks("call-" + action.digest());
        };
    var held = held();

    var to = edited(awaitPending().id());

    var answer = held.get(20, TimeUnit.SECONDS);
    refused(answer, 503, "settings_changed");
    assertThat(json(answer).path("approval_id").asText()).isEqualTo(to.approval().toString());
    assertThat(api.asked).isEmpty();
    assertThat(find(to.approval()).status()).isEqualTo(ApprovalStatus.APPROVED);
  }

  @Test
  void anOperationThatIsGoneCannotBeChanged() throws Exception {
    var held = held();
    var asked = awaitPending();
    LlmFixture.await(plane.connectors.delete(LlmFixture.ORGANIZATION, "tickets", ++versions));

    assertThat(edit(asked.id(), EDITED))
        .isInstanceOfSatisfying(
            Voting.NotEdited.class, it -> assertThat(it.why()).contains("not there"));

    vote(ApprovalView.Decision.DENY);
    refused(held.get(20, TimeUnit.SECONDS), 403, "approval_denied");
  }

  @Test
  void whereTheRefusalOfTheOriginalCannotBeRecordedNothingIsDone() throws Exception {
    plane.audit.refuse(
        record -> record.plane() == Plane.CONNECTOR && record.verdict() == Verdict.DENY);
    var held = held();

    var to = edited(awaitPending().id());

    refused(held.get(20, TimeUnit.SECONDS), 503, "unavailable");
    assertThat(api.asked).isEmpty();
    assertThat(find(to.approval()).status()).isEqualTo(ApprovalStatus.CONSUMED);
  }

  @Test
  void whatIsWrongWithALotOfNamesIsSaidShortly() {
    var names =
        IntStream.range(0, 2_000)
            .mapToObj(i -> "\"n\u202e" + i + "\": 1")
            .collect(Collectors.joining(",", "{", "}"));
    var held = held();
    var asked = awaitPending();

    assertThat(edit(asked.id(), names))
        .isInstanceOfSatisfying(
            Voting.NotEdited.class,
            it -> assertThat(it.why()).hasSizeLessThan(600).doesNotContain("\u202e"));

    vote(ApprovalView.Decision.DENY);
    held.join();
  }
}
