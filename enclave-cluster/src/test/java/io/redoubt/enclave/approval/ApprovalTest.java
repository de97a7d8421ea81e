package io.redoubt.enclave.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.Http;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AuditBatch;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.ContentPolicy.Rule;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole enclave asks people, hears them through either channel, and lets the call pass once. */
class ApprovalTest extends AskingEnclave {
  private final OrganizationId organization = OrganizationId.next(CLOCK);

  @BeforeAll
  void askForEverything() {
    fixture.introduce(organization);
    fixture.controlPlane.publish(organization, 2, Starter.DOCUMENT, ASK);
    fixture.controlPlane.awaitRunning(organization, 2);
  }

  private Caller caller() {
    return callerOf(organization);
  }

  private Answer decide(String approval, Map<String, ?> body) {
    return Http.post(
        at("/" + approval + "/decision"), body, operator(organization, "approvals:decide"));
  }

  private Answer show(String approval) {
    return show(organization, approval);
  }

  private AuditRecord awaitAudit(String approval, Predicate<AuditRecord> fits) {
    return fixture.controlPlane.awaitAudit(
        organization, record -> approval.equals(record.approvalId()) && fits.test(record));
  }

  @Test
  void anOperatorApprovesAtTheEnclaveAndTheCallPassesOnce() {
    var caller = caller();
    String approval = asked(caller);
    assertThat(asked(caller)).isEqualTo(approval);

    var shown = show(approval);
    api.describes(shown);
    assertThat(shown.text("status")).isEqualTo("pending");
    assertThat(shown.text("agent_id")).isEqualTo(caller.agent().id.toString());
    assertThat(shown.text("owner")).isEqualTo("mem_owner");
    assertThat(shown.json().at("/prompt/messages").asInt(-1)).isZero();
    assertThat(shown.json().at("/prompt/request").isMissingNode()).isTrue();
    var whole =
        Http.get(at("/" + approval), operator(organization, "approvals:read", "approvals:decide"));
    api.describes(whole);
    assertThat(whole.json().at("/prompt/request").asText()).contains("test-model");
    var approved = decide(approval, Map.of("decision", "approve", "reason", "looks right"));
    api.describes(approved);
    assertThat(approved.status()).isEqualTo(200);
    assertThat(approved.text("status")).isEqualTo("approved");
    assertThat(approved.json().at("/prompt/messages").asInt(-1)).isZero();
    assertThat(approved.json().at("/prompt/request").isMissingNode())
        .as("all of it is for those who decide, while there is something to decide")
        .isTrue();
    assertThat(show(approval).json().at("/prompt/request").isMissingNode()).isTrue();
    assertThat(approved.json().at("/votes/0/by").asText()).isEqualTo("mem_1");
    assertThat(approved.json().at("/votes/0/through").asText()).isEqualTo("enclave");

    assertThat(caller.call().status()).isEqualTo(200);
    assertThat(asked(caller)).isNotEqualTo(approval);
    await().untilAsserted(() -> assertThat(show(approval).text("status")).isEqualTo("consumed"));
    var permitted =
        awaitAudit(
            approval, record -> record.plane() == Plane.LLM && record.verdict() == Verdict.PERMIT);
    assertThat(permitted.policyIds()).containsExactly("starter");
    for (var step : List.of("asked", "voted", "granted", "used")) {
      awaitAudit(approval, record -> record.operation().equals("approval:" + step));
    }
    var voted = awaitAudit(approval, record -> record.operation().equals("approval:voted"));
    assertThat(voted.actor()).isEqualTo("mem_1");
    assertThat(voted.detail()).contains("looks right", "through enclave");
  }

  private Answer decide(String approval, String decision, String idempotencyKey) {
    return Http.post(
        at("/" + approval + "/decision"),
        Map.of("decision", decision, "reason", "looks right"),
        "Authorization",
        "Bearer " + fixture.controlPlane.operatorToken(organization, "approvals:decide"),
        "Idempotency-Key",
        idempotencyKey);
  }

  @Test
  void whoSaysItAgainWithTheSameKeyHearsTheSameAnswer() {
    String approval = asked(caller());

    var first = decide(approval, "approve", "key-1");
    var again = decide(approval, "approve", "key-1");

    assertThat(first.status()).as(first.body()).isEqualTo(200);
    api.describes(again);
    assertThat(again.status()).as(again.body()).isEqualTo(200);
    assertThat(again.text("status")).isEqualTo("approved");
    assertThat(again.json().path("votes")).isEqualTo(first.json().path("votes"));
    assertThat(decide(approval, "approve", "key-2").status()).as("another vote").isEqualTo(409);
    assertThat(decide(approval, "deny", "key-1").status()).as("another word").isEqualTo(409);
    assertThat(decide(asked(caller()), "approve", "key-1").text("status"))
        .as("of another request")
        .isEqualTo("approved");
    assertThat(decide(approval, "approve", "x".repeat(256)).status()).isEqualTo(400);
  }

  @Test
  void whatContentPolicyWantsApprovedPassesOnceAndIsRedactedStill() {
    var own = OrganizationId.next(CLOCK);
    fixture.introduce(own);
    fixture.controlPlane.publish(
        own,
        2,
        new ContentDocument(
            "organization",
            new ContentPolicy(
                List.of(
                    new Rule(
                        "iban", List.of(Direction.REQUEST), ContentAction.REQUIRE_APPROVAL, false),
                    new Rule("email", List.of(Direction.REQUEST), ContentAction.REDACT, false)),
                List.of())));
    fixture.controlPlane.awaitRunning(own, 2);
    var agent = fixture.agent(own, List.of());
    String access = agent.bootstrap().text("access_token");
    var said =
        List.of(
            Map.of("role", "user", "content", "pay DE89370400440532013000, tell maria@keller.de"));

    var asked = agent.message(access, said);
    assertThat(asked.header("x-redoubt-decision")).as(asked.body()).isEqualTo("escalate");
    String approval = asked.header("x-redoubt-approval");
    var shown = Http.get(at("/" + approval), operator(own, "approvals:read"));
    var approved =
        Http.post(
            at("/" + approval + "/decision"),
            Map.of("decision", "approve"),
            operator(own, "approvals:decide"));
    var passed = agent.message(access, said);
    String sent = fixture.model.body.get();
    var again = agent.message(access, said);

    assertThat(shown.json().at("/policy_ids/0").asText()).isEqualTo("content:organization");
    assertThat(shown.text("workflow")).isEqualTo("default");
    assertThat(approved.status()).isEqualTo(200);
    assertThat(passed.status()).as(passed.body()).isEqualTo(200);
    assertThat(sent)
        .contains("pay DE89370400440532013000, tell [REDACTED:email]")
        .doesNotContain("keller");
    assertThat(again.status()).isEqualTo(403);
    assertThat(again.header("x-redoubt-approval")).isNotEqualTo(approval);
  }

  @Test
  void whatIsNoDecisionIsOnRecordWithoutWhatItSays() {
    String approval = asked(caller());
    awaitSeen(approval, ApprovalStatus.PENDING);

    for (var body : List.of(Map.of("hunter2", "1"), Map.of("decision", "deny"))) {
      var answer = decide(approval, body);
      api.describes(answer);
      assertThat(answer.status()).as(answer.body()).isEqualTo(422);
    }

    var unknown =
        awaitAudit(
            approval,
            record -> "no decision, through enclave: invalid-request".equals(record.detail()));
    assertThat(unknown.operation()).isEqualTo("approval:refused");
    assertThat(unknown.verdict()).isEqualTo(Verdict.DENY);
    assertThat(unknown.actor()).isEqualTo("mem_1");
    awaitAudit(
        approval,
        record -> "no decision, through enclave: invalid-request, /reason".equals(record.detail()));
  }

  @Test
  void whatIsDecidedCannotBeDecidedAgain() {
    var caller = caller();
    String approval = asked(caller);
    assertThat(decide(approval, Map.of("decision", "deny", "reason", "no")).status())
        .isEqualTo(200);

    var late = decide(approval, Map.of("decision", "approve"));

    api.describes(late);
    assertThat(late.status()).isEqualTo(409);
    assertThat(late.problem()).isEqualTo("conflict");
    assertThat(late.body()).contains("denied already");
    awaitAudit(approval, record -> record.operation().equals("approval:denied"));
    var refused = awaitAudit(approval, record -> record.operation().equals("approval:refused"));
    assertThat(refused.actor()).isEqualTo("mem_1");
    assertThat(refused.verdict()).isEqualTo(Verdict.DENY);
    assertThat(refused.detail()).contains("approve, through enclave", "it is denied already");
    assertThat(asked(caller)).as("asks anew").isNotEqualTo(approval);
  }

  @Test
  void whoMayDecideHasSeenItAndThatIsOnRecordOnce() {
    String approval = asked(caller());
    String[] approver = operator(organization, "approvals:read", "approvals:decide");

    show(approval); // by somebody who may not decide
    assertThat(
            Http.get(
                    at("/" + approval),
                    operator(fixture.organization, "approvals:read", "approvals:decide"))
                .status())
        .isEqualTo(404);
    for (int i = 0; i < 3; i++) {
      assertThat(Http.get(at("/" + approval), approver).status()).isEqualTo(200);
    }
    decide(approval, Map.of("decision", "approve"));
    assertThat(Http.get(at("/" + approval), approver).text("status")).isEqualTo("approved");

    awaitAudit(approval, record -> record.operation().equals("approval:granted"));
    var seen =
        fixture.controlPlane.auditOf(organization).stream()
            .map(AuditBatch.Line::record)
            .filter(record -> record != null && approval.equals(record.approvalId()))
            .filter(record -> record.operation().equals("approval:seen"))
            .toList();
    assertThat(seen).hasSize(1);
    assertThat(seen.getFirst().actor()).isEqualTo("mem_1");
    assertThat(seen.getFirst().detail()).isEqualTo("through enclave");
    assertThat(seen.getFirst().plane()).isEqualTo(Plane.APPROVAL);
  }

  @Test
  void badDecisionsAreRefused() {
    String approval = asked(caller());

    for (var body :
        List.<Map<String, ?>>of(
            Map.of(),
            Map.of("decision", "maybe"),
            Map.of("decision", "deny"),
            Map.of("decision", "approve", "reason", "x".repeat(501)),
            Map.of("decision", "approve", "reason", "a\u0000b"),
            Map.of("decision", "approve", "by", "mem_2"))) {
      var answer = decide(approval, body);
      api.describes(answer);
      assertThat(answer.status()).as(body.toString()).isEqualTo(422);
    }
    assertThat(show(approval).text("status")).isEqualTo("pending");
  }

  @Test
  void aReasonOfAMegabyteIsRefusedAndNothingOfItIsOnRecord() {
    String approval = asked(caller());
    awaitSeen(approval, ApprovalStatus.PENDING);

    var huge =
        decide(approval, Map.of("decision", "approve", "reason", "hunter2 ".repeat(1 << 17)));

    assertThat(huge.status()).isIn(413, 422);
    assertThat(show(approval).text("status")).isEqualTo("pending");
    var record = awaitAudit(approval, it -> it.operation().equals("approval:refused"));
    assertThat(record.verdict()).isEqualTo(Verdict.DENY);
    assertThat(record.actor()).isEqualTo("mem_1");
    assertThat(record.detail())
        .startsWith("no decision, through enclave: ")
        .doesNotContain("hunter2");
  }

  @Test
  void onlyThosePermittedSeeAndDecideThem() {
    String approval = asked(caller());

    var mayOnlyRead =
        Http.post(
            at("/" + approval + "/decision"),
            Map.of("decision", "approve"),
            operator(organization, "approvals:read"));
    var mayOnlyDecide = Http.get(at(""), operator(organization, "approvals:decide"));

    api.describes(mayOnlyRead);
    api.describes(mayOnlyDecide);
    assertThat(mayOnlyRead.status()).isEqualTo(403);
    assertThat(mayOnlyDecide.status()).isEqualTo(403);
    assertThat(Http.get(at("")).status()).isEqualTo(401);
    assertThat(Http.post(at("/" + approval + "/decision"), Map.of("decision", "approve")).status())
        .isEqualTo(401);
    assertThat(show(approval).text("status")).isEqualTo("pending");
  }

  @Test
  void anotherOrganizationsRequestsDoNotExist() {
    String approval = asked(caller());
    var stranger = fixture.organization;

    var shown = Http.get(at("/" + approval), operator(stranger, "approvals:read"));
    var decided =
        Http.post(
            at("/" + approval + "/decision"),
            Map.of("decision", "approve"),
            operator(stranger, "approvals:decide"));
    var listed = Http.get(at("?limit=200"), operator(stranger, "approvals:read"));
    var missing = Http.get(at("/" + ApprovalId.next(CLOCK)), operator(stranger, "approvals:read"));

    assertThat(shown.status()).isEqualTo(404);
    assertThat(decided.status()).isEqualTo(404);
    assertThat(shown.problem()).isEqualTo(missing.problem());
    assertThat(listed.body()).doesNotContain(approval);
    assertThat(show("apr_nonsense").status()).isEqualTo(404);
    assertThat(show(approval).text("status")).isEqualTo("pending");
  }

  @Test
  void whatIsPendingIsListedPageByPage() {
    var caller = caller();
    String approval = asked(caller);

    var all = Http.get(at("?status=pending&limit=200"), operator(organization, "approvals:read"));
    api.describes(all);
    assertThat(all.json().path("items").findValuesAsText("id")).contains(approval);
    var first = Http.get(at("?status=pending&limit=1"), operator(organization, "approvals:read"));
    assertThat(first.json().path("items")).hasSize(1);
    var next =
        Http.get(
            at("?status=pending&limit=1&cursor=" + first.text("next_cursor")),
            operator(organization, "approvals:read"));
    assertThat(next.body()).doesNotContain("\"id\":\"" + first.json().at("/items/0/id").asText());
    for (var wrong : List.of("?status=odd", "?limit=0", "?cursor=odd")) {
      var answer = Http.get(at(wrong), operator(organization, "approvals:read"));
      api.describes(answer);
      assertThat(answer.status()).isEqualTo(400);
    }
  }

  @Test
  void anAgentFollowsItsOwnRequestsAndNobodyElses() {
    var caller = caller();
    String approval = asked(caller);
    var own = caller.agent().at("approvals/" + approval);
    String[] credential = {"Authorization", "Bearer " + caller.access()};

    var pending = Http.get(own, credential);
    api.describes(pending);
    assertThat(pending.text("status")).isEqualTo("pending");
    assertThat(caller.agent().self(caller.access()).json().path("pending_approvals"))
        .extracting(JsonNode::asText)
        .containsExactly(approval);
    var waiting =
        CompletableFuture.supplyAsync(
            () -> Http.get(own, "Authorization", "Bearer " + caller.access(), "Prefer", "wait=10"));
    decide(approval, Map.of("decision", "approve"));

    assertThat(waiting.join().text("status")).isEqualTo("approved");
    assertThat(waiting.join().body()).doesNotContain("mem_1");
    var other = caller();
    var foreign = Http.get(own, "Authorization", "Bearer " + other.access());
    api.describes(foreign);
    assertThat(foreign.status()).isEqualTo(404);
    assertThat(Http.get(own).status()).isEqualTo(401);
    var refused = awaitAudit(approval, record -> record.operation().equals("token:approval"));
    assertThat(refused.agentId()).isEqualTo(other.agent().id);
    assertThat(refused.verdict()).isEqualTo(Verdict.DENY);
    assertThat(refused.detail()).isEqualTo("not-found");
  }

  @Test
  void anAgentThatGuessesIsOnRecordInPart() {
    var caller = caller();
    var other = caller();
    for (int i = 0; i < 50; i++) {
      assertThat(guess(caller, ApprovalId.next(CLOCK).toString())).isEqualTo(404);
    }
    assertThat(guess(caller, "apr_none")).as("nor is it told apart").isEqualTo(404);

    assertThat(guess(other, "apr_none")).isEqualTo(404);

    // Records arrive in the order in which they were written.
    fixture.controlPlane.awaitAudit(organization, record -> isGuess(record, other));
    assertThat(
            fixture.controlPlane.auditOf(organization).stream()
                .filter(line -> {
                  var record = line.record();
                  return record != null && isGuess(record, caller);
                }))
        .hasSizeBetween(30, 49);
  }

  private static int guess(Caller caller, String approval) {
    return Http.get(
            caller.agent().at("approvals/" + approval),
            "Authorization",
            "Bearer " + caller.access())
        .status();
  }

  private static boolean isGuess(AuditRecord record, Caller caller) {
    return record.operation().equals("token:approval")
        && caller.agent().id.equals(record.agentId());
  }

  @Test
  void whatTheControlPlaneSaysCountsOnceHoweverOftenItSaysIt() {
    var caller = caller();
    String approval = asked(caller);
    var seen = awaitSeen(approval, ApprovalStatus.PENDING);
    assertThat(seen.agentId()).isEqualTo(caller.agent().id);

    var decision =
        new LinkCommand.DecideApproval(
            ApprovalId.parse(approval), ApprovalView.Decision.APPROVE, "fine", "mem_far", "slack");
    long number = fixture.controlPlane.say(organization, decision);
    var heard = awaitVoted(number);
    long again = fixture.controlPlane.say(organization, decision);

    assertThat(heard.outcome()).isEqualTo(LinkReport.Hearing.HEARD);
    var view = Objects.requireNonNull(heard.approval());
    assertThat(view.status()).isEqualTo(ApprovalStatus.APPROVED);
    assertThat(view.votes().getFirst().by()).isEqualTo("mem_far");
    assertThat(view.votes().getFirst().through()).isEqualTo("slack");
    assertThat(awaitVoted(again).outcome()).isEqualTo(LinkReport.Hearing.DECIDED);
    awaitSeen(approval, ApprovalStatus.APPROVED);
    assertThat(caller.call().status()).isEqualTo(200);
    awaitSeen(approval, ApprovalStatus.CONSUMED);
  }

  @Test
  void aDecisionThatWasWithdrawnOnTheWayDoesNotCount() {
    String approval = asked(caller());
    var decision =
        new LinkCommand.DecideApproval(
            ApprovalId.parse(approval), ApprovalView.Decision.APPROVE, "fine", "mem_gone", null);

    long number = fixture.controlPlane.say(organization, decision.asWithdrawn());

    assertThat(awaitVoted(number).outcome()).isEqualTo(LinkReport.Hearing.NOT_ASKED);
    assertThat(show(approval).text("status")).isEqualTo("pending");
    var refused = awaitAudit(approval, record -> record.operation().equals("approval:refused"));
    assertThat(refused.actor()).isEqualTo("mem_gone");
    assertThat(refused.detail()).contains("may not decide any more");
  }

  @Test
  void aDecisionAboutAnotherOrganizationsRequestIsNotHeard() {
    String approval = asked(caller());

    long number =
        fixture.controlPlane.say(
            fixture.organization,
            new LinkCommand.DecideApproval(
                ApprovalId.parse(approval),
                ApprovalView.Decision.APPROVE,
                "fine",
                "mem_far",
                null));

    assertThat(awaitVoted(number).outcome()).isEqualTo(LinkReport.Hearing.UNKNOWN);
    assertThat(show(approval).text("status")).isEqualTo("pending");
  }

  /**
   * Of a release that differs, say. What was said together with it is to be decided all the same.
   */
  @Test
  void oneThatTheControlPlaneCannotTakeHidesNoOther() {
    var one = caller();
    var other = caller();
    fixture.controlPlane.stop();
    String refused;
    String taken;
    try {
      refused = asked(one);
      taken = asked(other);
      fixture.controlPlane.refuses(report ->
          report instanceof LinkReport.ApprovalSeen seen
              && seen.approval().id().toString().equals(refused));
    } finally {
      fixture.controlPlane.start();
    }

    try {
      awaitSeen(taken, ApprovalStatus.PENDING);
    } finally {
      fixture.controlPlane.refuses(_ -> false);
    }
    assertThat(fixture.controlPlane.reports)
        .noneMatch(report ->
            report instanceof LinkReport.ApprovalSeen seen
                && seen.approval().id().toString().equals(refused));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anIsolationEndsWhatWasAskedAndGranted(boolean granted) {
    var caller = caller();
    String approval = asked(caller);
    if (granted) {
      decide(approval, Map.of("decision", "approve"));
    }
    var isolation = IsolationId.next(CLOCK);

    fixture.controlPlane.proof(
        organization, new LinkCommand.Isolate(caller.agent().id, isolation, "odd", "mem_admin"));

    await().untilAsserted(() -> assertThat(show(approval).text("status")).isEqualTo("cancelled"));
    awaitAudit(approval, record -> record.operation().equals("approval:cancelled"));
    fixture.controlPlane.proof(
        organization,
        new LinkCommand.Release(caller.agent().id, Set.of(isolation), "fine", "mem_admin"));
    assertThat(asked(caller)).isNotEqualTo(approval);
  }
}
