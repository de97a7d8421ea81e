package io.redoubt.enclave.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.ApiDescription;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import io.redoubt.enclave.testing.TestAgent;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ApproverGroup;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.ClientId;
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
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.protocol.token.SecretKeyText;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole enclave asks people, hears them through either channel, and lets the call pass once. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApprovalTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final PolicyDocument ASK =
      new PolicyDocument(
          "ask",
          "@escalate(\"default\") forbid (principal, action, resource)"
              + " unless { context has approval };");

  private final EnclaveFixture fixture = EnclaveFixture.shared();
  private final OrganizationId organization = OrganizationId.next(CLOCK);
  private final ApiDescription api =
      new ApiDescription(Http.get(fixture.enclave().agentUrl().resolve("/openapi.json")).json());

  private static final String VERDICT =
      """
      {"type":"message","role":"assistant","stop_reason":"tool_use","content":[{"type":"tool_use",
       "id":"t","name":"verdict","input":{"verdict":"%s","reason":"as told","confidence":%d}}],
       "usage":{"input_tokens":700,"output_tokens":50}}\
      """;

  @BeforeAll
  void askForEverything() {
    fixture.introduce(organization);
    fixture.controlPlane.publish(organization, 2, Starter.DOCUMENT, ASK);
    fixture.controlPlane.awaitRunning(organization, 2);
  }

  /** An agent, and its access token. */
  private record Caller(TestAgent agent, String access) {
    Answer call() {
      return agent.message(access);
    }

    /** What its model proposes, as the test has told it. */
    Answer proposal() {
      return agent.message(
          access, List.of(Map.of("role", "user", "content", "pay", "tool_choice", "any")));
    }
  }

  private Caller caller() {
    var agent = fixture.agent(organization, List.of());
    return new Caller(agent, agent.bootstrap().text("access_token"));
  }

  private URI at(String path) {
    return fixture.enclave().agentUrl().resolve("/v1/operator/approvals" + path);
  }

  private String[] operator(OrganizationId of, String... permissions) {
    return new String[] {
      "Authorization", "Bearer " + fixture.controlPlane.operatorToken(of, permissions)
    };
  }

  private Answer decide(String approval, Map<String, ?> body) {
    return Http.post(
        at("/" + approval + "/decision"), body, operator(organization, "approvals:decide"));
  }

  private Answer show(String approval) {
    return Http.get(at("/" + approval), operator(organization, "approvals:read"));
  }

  private String asked(Caller caller) {
    var refused = caller.call();
    assertThat(refused.status()).as(refused.body()).isEqualTo(403);
    assertThat(refused.header("x-redoubt-decision")).isEqualTo("escalate");
    return refused.header("x-redoubt-approval");
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
    assertThat(shown.text("agent_id")).isEqualTo(caller.agent.id.toString());
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

  private static ApprovalTier people(String... approvers) {
    return new ApprovalTier(
        ApprovalTier.Kind.HUMAN,
        List.of(approvers),
        1,
        600,
        ApprovalTier.OnTimeout.DENY,
        true,
        false);
  }

  /** An organization whose calls are all asked about like that. */
  private OrganizationId asking(ApprovalTier... tiers) {
    var own = OrganizationId.next(CLOCK);
    fixture.introduce(own);
    publish(own, 2, List.of("mem_sre"), tiers);
    return own;
  }

  private void publish(OrganizationId own, long version, List<String> sre, ApprovalTier... tiers) {
    fixture.controlPlane.publish(
        own,
        version,
        List.of(new ApprovalWorkflow("default", List.of(tiers), 1, 600)),
        List.of(new ApproverGroup("sre", sre)),
        Starter.DOCUMENT,
        ASK);
    fixture.controlPlane.awaitRunning(own, version);
  }

  private LinkReport.ApprovalVoted says(OrganizationId own, String approval, String who) {
    return awaitVoted(
        fixture.controlPlane.say(
            own,
            new LinkCommand.DecideApproval(
                ApprovalId.parse(approval), ApprovalView.Decision.APPROVE, "fine", who, null)));
  }

  private Caller callerOf(OrganizationId own) {
    var agent = fixture.agent(own, List.of());
    return new Caller(agent, agent.bootstrap().text("access_token"));
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
  void whoIsInTheGroupAtThatMomentHasAVote() {
    var own = asking(people("group:sre"));
    var caller = callerOf(own);
    String approval = asked(caller);
    awaitSeen(approval, ApprovalStatus.PENDING);

    assertThat(says(own, approval, "mem_other").outcome()).isEqualTo(LinkReport.Hearing.NOT_ASKED);
    publish(own, 3, List.of("mem_other"), people("group:sre"));
    assertThat(says(own, approval, "mem_sre").outcome())
        .as("no longer in it")
        .isEqualTo(LinkReport.Hearing.NOT_ASKED);
    assertThat(says(own, approval, "mem_other").outcome()).isEqualTo(LinkReport.Hearing.HEARD);

    assertThat(caller.call().status()).isEqualTo(200);
    var refused =
        fixture.controlPlane.awaitAudit(
            own,
            record ->
                approval.equals(record.approvalId())
                    && record.operation().equals("approval:refused"));
    assertThat(refused.actor()).isEqualTo("mem_other");
    assertThat(refused.detail()).contains("not among those who are asked");
  }

  @Test
  void whoeverApprovesAtTheEnclaveHasAuthenticatedLatelyWhereThatIsAsked() {
    var own = asking(people().steppingUp(60, null));
    var caller = callerOf(own);
    String approval = asked(caller);
    var path = at("/" + approval + "/decision");
    var approve = Map.of("decision", "approve");

    for (var age : List.of(Optional.<Duration>empty(), Optional.of(Duration.ofSeconds(75)))) {
      var challenged =
          Http.post(
              path,
              approve,
              "Authorization",
              "Bearer "
                  + fixture.controlPlane.operatorToken(own, age.orElse(null), "approvals:decide"));
      api.describes(challenged);
      assertThat(challenged.status()).as(challenged.body()).isEqualTo(401);
      assertThat(challenged.problem()).isEqualTo("step-up-needed");
      assertThat(challenged.header("www-authenticate"))
          .contains("error=\"insufficient_user_authentication\"", "max_age=\"60\"");
    }
    assertThat(says(own, approval, "mem_slow").outcome()).isEqualTo(LinkReport.Hearing.NOT_FRESH);
    var approved =
        Http.post(
            path,
            approve,
            "Authorization",
            "Bearer "
                + fixture.controlPlane.operatorToken(
                    own, Duration.ofSeconds(5), "approvals:decide"));
    api.describes(approved);
    assertThat(approved.status()).as(approved.body()).isEqualTo(200);
    assertThat(approved.json().at("/votes/0/authentication_age").asInt()).isBetween(5, 30);
    assertThat(caller.call().status()).isEqualTo(200);
  }

  /** Whichever way somebody comes, they are one person, and asked as that person. */
  @Test
  void whoHasABreakGlassClientVotesAsThemselvesAndOnce() {
    var own =
        asking(
            new ApprovalTier(
                ApprovalTier.Kind.HUMAN,
                List.of("mem_glass", "mem_sre"),
                2,
                600,
                ApprovalTier.OnTimeout.DENY,
                true,
                false));
    var client = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    fixture.trust(own, client, Set.of("approvals:read", "approvals:decide"), "mem_glass");
    String approval = asked(callerOf(own));
    String token = fixture.token(client.owner(), client.reveal()).text("access_token");

    var first = decideWith(token, approval);
    var second = decideWith(token, approval);
    var relayed = says(own, approval, "mem_glass");

    for (Answer answer : List.of(first, second)) {
      api.describes(answer);
      assertThat(answer.status()).as(answer.body()).isEqualTo(200);
      assertThat(answer.text("status")).isEqualTo("pending");
      assertThat(answer.json().path("votes")).hasSize(1);
      assertThat(answer.json().at("/votes/0/by").asText()).isEqualTo("mem_glass");
    }
    assertThat(statusAfter(relayed)).isEqualTo(ApprovalStatus.PENDING);
    assertThat(statusAfter(says(own, approval, "mem_sre"))).isEqualTo(ApprovalStatus.APPROVED);
  }

  /** While the control plane was away, nobody could tell the enclave that the client was gone. */
  @Test
  void whatWasApprovedAtTheEnclaveByWhoHasLostTheirClientCountsNoMore() {
    var own = asking(people());
    var client = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    fixture.trust(own, client, Set.of("approvals:read", "approvals:decide"), "mem_glass");
    String token = fixture.token(client.owner(), client.reveal()).text("access_token");
    var caller = callerOf(own);
    String granted = asked(caller);
    assertThat(decideWith(token, granted).text("status")).isEqualTo("approved");
    String denied = asked(callerOf(own));
    var denial =
        Http.post(
            at("/" + denied + "/decision"),
            Map.of("decision", "deny", "reason", "no"),
            "Authorization",
            "Bearer " + token);
    assertThat(denial.text("status")).isEqualTo("denied");
    var another = callerOf(own);
    String relayed = asked(another);
    assertThat(says(own, relayed, "mem_glass").outcome()).isEqualTo(LinkReport.Hearing.HEARD);
    awaitSeen(granted, ApprovalStatus.APPROVED);

    fixture.trust(
        own,
        SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK)),
        Set.of("approvals:decide"),
        "mem_glass");

    assertThat(statusIn(own, granted)).isEqualTo("cancelled");
    assertThat(statusIn(own, denied)).isEqualTo("denied");
    assertThat(statusIn(own, relayed)).as("said elsewhere").isEqualTo("approved");
    assertThat(asked(caller)).isNotEqualTo(granted);
    assertThat(another.call().status()).isEqualTo(200);
    var record =
        fixture.controlPlane.awaitAudit(
            own,
            it -> granted.equals(it.approvalId()) && it.operation().equals("approval:cancelled"));
    assertThat(record.detail()).contains("a client of somebody who approved it at the enclave");
  }

  /** Who came with a token of the control plane, and is told to be gone. */
  @Test
  void whatAMemberApprovedAtTheEnclaveWhoIsGoneCountsNoMore() {
    var own = asking(people());
    String approval = asked(callerOf(own));
    var approved =
        Http.post(
            at("/" + approval + "/decision"),
            Map.of("decision", "approve"),
            operator(own, "approvals:decide"));
    assertThat(approved.text("status")).isEqualTo("approved");
    awaitSeen(approval, ApprovalStatus.APPROVED);
    var others = SecretKeyText.mint(SecretKeyText.Kind.CLIENT_SECRET, ClientId.next(CLOCK));
    var now = CLOCK.instant();

    fixture.trust(
        own,
        others,
        Set.of("approvals:read"),
        List.of(new LinkCommand.Withdrawal("cli_2", Set.of("agents:read"), now, "mem_1")),
        null);
    assertThat(statusIn(own, approval)).as("may do less through it").isEqualTo("approved");
    fixture.trust(
        own,
        others,
        Set.of("approvals:read"),
        List.of(new LinkCommand.Withdrawal("cli_1", Set.of(), now, "mem_1")),
        null);

    String reader = fixture.token(others.owner(), others.reveal()).text("access_token");
    assertThat(Http.get(at("/" + approval), "Authorization", "Bearer " + reader).text("status"))
        .isEqualTo("cancelled");
  }

  private String statusIn(OrganizationId own, String approval) {
    return Http.get(at("/" + approval), operator(own, "approvals:read")).text("status");
  }

  private static ApprovalStatus statusAfter(LinkReport.ApprovalVoted answer) {
    return Objects.requireNonNull(answer.approval()).status();
  }

  private Answer decideWith(String token, String approval) {
    return Http.post(
        at("/" + approval + "/decision"),
        Map.of("decision", "approve"),
        "Authorization",
        "Bearer " + token);
  }

  private static final String TRANSFER =
      """
      {"type":"message","role":"assistant","stop_reason":"tool_use","content":[{"type":"tool_use",
       "id":"t","name":"transfer","input":%s}],"usage":{"input_tokens":7,"output_tokens":5}}\
      """;

  private static final PolicyDocument ASK_FOR_TRANSFERS =
      new PolicyDocument(
          "ask-for-transfers",
          "@escalate(\"default\") forbid (principal, action == Action::\"tool:call\", resource)"
              + " unless { context has approval };");

  private static final PolicyDocument NEVER_THAT_MUCH =
      new PolicyDocument(
          "never-that-much",
          "forbid (principal, action == Action::\"tool:call\", resource)"
              + " when { context.args has amount && context.args.amount > 1000 };");

  private Answer edit(
      OrganizationId own, String approval, String arguments, String... permissions) {
    return Http.post(
        at("/" + approval + "/decision"),
        ("{\"decision\":\"approve\",\"reason\":\"less\",\"arguments\":" + arguments + "}")
            .getBytes(StandardCharsets.UTF_8),
        "application/json",
        operator(own, permissions));
  }

  @Test
  void whoeverApprovesChangesAToolCallAndItGoesOutChangedOnce() {
    var own = OrganizationId.next(CLOCK);
    fixture.introduce(own);
    fixture.controlPlane.publish(own, 2, Starter.DOCUMENT, ASK_FOR_TRANSFERS, NEVER_THAT_MUCH);
    fixture.controlPlane.awaitRunning(own, 2);
    var caller = callerOf(own);
    fixture.model.answers(TRANSFER.formatted("{\"to\": \"mallory\", \"amount\": 900}"));
    var waiting = CompletableFuture.supplyAsync(caller::proposal);
    var asked =
        await()
            .atMost(Duration.ofSeconds(10))
            .until(
                () ->
                    Http.get(at("?status=pending"), operator(own, "approvals:read"))
                        .json()
                        .at("/items/0"),
                it -> it.hasNonNull("id"));
    String approval = asked.path("id").asText();
    assertThat(asked.path("editable").asBoolean()).isTrue();

    var both = new String[] {"approvals:decide", "approvals:edit"};
    var without = edit(own, approval, "{\"amount\":5}", "approvals:decide");
    var forbidden = edit(own, approval, "{\"to\":\"ann\",\"amount\":5000}", both);
    var same = edit(own, approval, "{\"amount\":9e2,\"to\":\"mallory\"}", both);
    var list = edit(own, approval, "[]", both);
    var stranger = edit(fixture.organization, approval, "{\"amount\":5}", both);
    for (var answer : List.of(without, forbidden, same, list, stranger)) {
      api.describes(answer);
    }
    assertThat(without.status()).isEqualTo(403);
    assertThat(forbidden.status()).as(forbidden.body()).isEqualTo(422);
    assertThat(forbidden.body()).contains("never-that-much");
    assertThat(same.status()).isEqualTo(422);
    assertThat(list.status()).isEqualTo(422);
    assertThat(stranger.status()).isEqualTo(404);

    var edited = edit(own, approval, "{\"to\":\"ann\",\"amount\":5}", both);
    api.describes(edited);
    assertThat(edited.status()).as(edited.body()).isEqualTo(200);
    assertThat(edited.text("status")).isEqualTo("edited");
    String changed = edited.json().at("/edited_to/approval").asText();

    var reply = waiting.join();
    assertThat(reply.body()).contains("\"input\":{\"amount\":5,\"to\":\"ann\"}");
    assertThat(reply.body()).doesNotContain("mallory");
    var told =
        Http.get(
            caller.agent.at("approvals/" + approval), "Authorization", "Bearer " + caller.access);
    api.describes(told);
    assertThat(told.text("edited_to")).isEqualTo(changed);
    await()
        .untilAsserted(() -> {
          var now = Http.get(at("/" + changed), operator(own, "approvals:read"));
          api.describes(now);
          assertThat(now.text("status")).isEqualTo("consumed");
          assertThat(now.json().at("/edit_of/approval").asText()).isEqualTo(approval);
        });
    var ended =
        fixture.controlPlane.awaitAudit(
            own,
            record ->
                approval.equals(record.approvalId())
                    && record.operation().equals("approval:edited"));
    assertThat(ended.detail()).contains(changed, "/amount, /to").doesNotContain("mallory");
    awaitSeen(approval, ApprovalStatus.EDITED);
  }

  @Test
  void aChangeThatTheControlPlaneSendsIsReadHereAndNowhereElse() {
    var own = OrganizationId.next(CLOCK);
    fixture.introduce(own);
    fixture.controlPlane.publish(own, 2, Starter.DOCUMENT, ASK_FOR_TRANSFERS);
    fixture.controlPlane.awaitRunning(own, 2);
    var caller = callerOf(own);
    fixture.model.answers(TRANSFER.formatted("{\"amount\": 900}"));
    var waiting = CompletableFuture.supplyAsync(caller::proposal);
    var approval =
        await()
            .atMost(Duration.ofSeconds(10))
            .until(
                () ->
                    Http.get(at("?status=pending"), operator(own, "approvals:read"))
                        .json()
                        .at("/items/0/id")
                        .asText(),
                id -> !id.isEmpty());

    var garbled =
        fixture.controlPlane.say(
            own, fixture.controlPlane.edit(own, approval, "{\"amount\":5}", "apr_other"));
    fixture.controlPlane.awaitApplied(garbled);
    assertThat(show(own, approval).text("status")).isEqualTo("pending");
    var command = fixture.controlPlane.edit(own, approval, "{\"amount\":5}", approval);
    var heard = awaitVoted(fixture.controlPlane.say(own, command));

    assertThat(heard.outcome()).isEqualTo(LinkReport.Hearing.HEARD);
    assertThat(Objects.requireNonNull(heard.approval()).status()).isEqualTo(ApprovalStatus.EDITED);
    assertThat(waiting.join().body()).contains("\"input\":{\"amount\":5}");
  }

  private Answer show(OrganizationId own, String approval) {
    return Http.get(at("/" + approval), operator(own, "approvals:read"));
  }

  private static final ApprovalTier JUDGE =
      ApprovalTier.judge(
          "anthropic",
          "claude-judge",
          List.of(ApprovalView.Decision.APPROVE),
          100,
          50,
          20,
          ApprovalTier.OnTimeout.NEXT);

  /** One that a model could not settle, once people are asked. */
  private Answer awaitReferred(OrganizationId own, String approval) {
    return await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> show(own, approval), it -> it.json().path("tier").asInt() == 2);
  }

  @Test
  void aModelIsAskedFirstAndPeopleWhereItSettlesNothing() {
    var own = OrganizationId.next(CLOCK);
    fixture.introduce(own);
    fixture.controlPlane.publish(
        own,
        2,
        List.of(new ApprovalWorkflow("default", List.of(JUDGE, people()), 1, 600)),
        Starter.DOCUMENT,
        ASK_FOR_TRANSFERS);
    fixture.controlPlane.awaitRunning(own, 2);
    var caller = callerOf(own);
    fixture.model.answers(TRANSFER.formatted("{\"amount\": 900}"));
    fixture.model.judges(VERDICT.formatted("approve", 90));

    assertThat(caller.proposal().body()).contains("\"input\":{\"amount\": 900}");

    var judged =
        fixture.controlPlane.awaitAudit(own, record -> record.operation().equals("approval:judge"));
    String approval = Objects.requireNonNull(judged.approvalId());
    assertThat(judged.plane()).isEqualTo(Plane.APPROVAL);
    var approved = awaitSeen(approval, ApprovalStatus.CONSUMED);
    assertThat(approved.votes().getFirst().by()).isEqualTo("model:anthropic/claude-judge");

    fixture.model.judges(VERDICT.formatted("deny", 90));
    var waiting = CompletableFuture.supplyAsync(caller::proposal);
    String referred =
        await()
            .atMost(Duration.ofSeconds(10))
            .until(
                () ->
                    Http.get(at("?status=pending"), operator(own, "approvals:read"))
                        .json()
                        .at("/items/0/id")
                        .asText(),
                id -> !id.isEmpty());
    assertThat(referred).isNotEqualTo(approval);
    var shown = awaitReferred(own, referred);
    api.describes(shown);
    assertThat(shown.json().path("votes")).isEmpty();
    assertThat(shown.json().at("/opinions/0/opinion/said").asText()).isEqualTo("deny");
    assertThat(shown.json().at("/opinions/0/why").asText()).isEqualTo("it may not deny");
    assertThat(says(own, referred, "mem_any").outcome()).isEqualTo(LinkReport.Hearing.HEARD);
    assertThat(waiting.join().body()).contains("\"input\":{\"amount\": 900}");
  }

  @Test
  void noModelApprovesWhatItCannotSee() {
    var own = asking(JUDGE, people());
    var caller = callerOf(own);
    fixture.model.judges(VERDICT.formatted("approve", 100));

    String approval = asked(caller);

    var shown = awaitReferred(own, approval);
    api.describes(shown);
    assertThat(shown.json().path("votes")).isEmpty();
    assertThat(shown.json().at("/opinions/0/opinion/said").isNull()).isTrue();
    assertThat(shown.json().at("/opinions/0/opinion/reason").asText())
        .isEqualTo("it cannot see the content of the call");
    assertThat(says(own, approval, "mem_any").outcome()).isEqualTo(LinkReport.Hearing.HEARD);
    assertThat(caller.call().status()).isEqualTo(200);
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
    var own = caller.agent.at("approvals/" + approval);
    String[] credential = {"Authorization", "Bearer " + caller.access};

    var pending = Http.get(own, credential);
    api.describes(pending);
    assertThat(pending.text("status")).isEqualTo("pending");
    assertThat(caller.agent.self(caller.access).json().path("pending_approvals"))
        .extracting(JsonNode::asText)
        .containsExactly(approval);
    var waiting =
        CompletableFuture.supplyAsync(
            () -> Http.get(own, "Authorization", "Bearer " + caller.access, "Prefer", "wait=10"));
    decide(approval, Map.of("decision", "approve"));

    assertThat(waiting.join().text("status")).isEqualTo("approved");
    assertThat(waiting.join().body()).doesNotContain("mem_1");
    var other = caller();
    var foreign = Http.get(own, "Authorization", "Bearer " + other.access);
    api.describes(foreign);
    assertThat(foreign.status()).isEqualTo(404);
    assertThat(Http.get(own).status()).isEqualTo(401);
    var refused = awaitAudit(approval, record -> record.operation().equals("token:approval"));
    assertThat(refused.agentId()).isEqualTo(other.agent.id);
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
            caller.agent.at("approvals/" + approval), "Authorization", "Bearer " + caller.access)
        .status();
  }

  private static boolean isGuess(AuditRecord record, Caller caller) {
    return record.operation().equals("token:approval") && caller.agent.id.equals(record.agentId());
  }

  @Test
  void whatTheControlPlaneSaysCountsOnceHoweverOftenItSaysIt() {
    var caller = caller();
    String approval = asked(caller);
    var seen = awaitSeen(approval, ApprovalStatus.PENDING);
    assertThat(seen.agentId()).isEqualTo(caller.agent.id);

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

  private ApprovalView awaitSeen(String approval, ApprovalStatus status) {
    return await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                fixture.controlPlane.reports.stream()
                    .filter(LinkReport.ApprovalSeen.class::isInstance)
                    .map(report -> ((LinkReport.ApprovalSeen) report).approval())
                    .filter(it -> it.id().toString().equals(approval) && it.status() == status)
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private LinkReport.ApprovalVoted awaitVoted(long number) {
    return await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                fixture.controlPlane.reports.stream()
                    .filter(LinkReport.ApprovalVoted.class::isInstance)
                    .map(LinkReport.ApprovalVoted.class::cast)
                    .filter(it -> it.commandNumber() == number)
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
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
        organization, new LinkCommand.Isolate(caller.agent.id, isolation, "odd", "mem_admin"));

    await().untilAsserted(() -> assertThat(show(approval).text("status")).isEqualTo("cancelled"));
    awaitAudit(approval, record -> record.operation().equals("approval:cancelled"));
    fixture.controlPlane.proof(
        organization,
        new LinkCommand.Release(caller.agent.id, Set.of(isolation), "fine", "mem_admin"));
    assertThat(asked(caller)).isNotEqualTo(approval);
  }
}
