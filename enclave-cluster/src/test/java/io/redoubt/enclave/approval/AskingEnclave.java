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
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.policy.PolicyDocument;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.TestInstance;

/** A whole enclave whose agents wait for those who are asked. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AskingEnclave {
  static final Clock CLOCK = Clock.systemUTC();
  static final PolicyDocument ASK =
      new PolicyDocument(
          "ask",
          "@escalate(\"default\") forbid (principal, action, resource)"
              + " unless { context has approval };");

  static final PolicyDocument ASK_FOR_TRANSFERS =
      new PolicyDocument(
          "ask-for-transfers",
          "@escalate(\"default\") forbid (principal, action == Action::\"tool:call\", resource)"
              + " unless { context has approval };");

  static final String TRANSFER =
      """
      {"type":"message","role":"assistant","stop_reason":"tool_use","content":[{"type":"tool_use",
       "id":"t","name":"transfer","input":%s}],"usage":{"input_tokens":7,"output_tokens":5}}\
      """;

  final EnclaveFixture fixture = EnclaveFixture.shared();
  final ApiDescription api =
      new ApiDescription(Http.get(fixture.enclave().agentUrl().resolve("/openapi.json")).json());

  /** An agent, and its access token. */
  record Caller(TestAgent agent, String access) {
    Answer call() {
      return agent.message(access);
    }

    /** What its model proposes, as the test has told it. */
    Answer proposal() {
      return agent.message(
          access, List.of(Map.of("role", "user", "content", "pay", "tool_choice", "any")));
    }
  }

  Caller callerOf(OrganizationId own) {
    var agent = fixture.agent(own, List.of());
    return new Caller(agent, agent.bootstrap().text("access_token"));
  }

  URI at(String path) {
    return fixture.enclave().agentUrl().resolve("/v1/operator/approvals" + path);
  }

  String[] operator(OrganizationId of, String... permissions) {
    return new String[] {
      "Authorization", "Bearer " + fixture.controlPlane.operatorToken(of, permissions)
    };
  }

  Answer show(OrganizationId own, String approval) {
    return Http.get(at("/" + approval), operator(own, "approvals:read"));
  }

  String asked(Caller caller) {
    var refused = caller.call();
    assertThat(refused.status()).as(refused.body()).isEqualTo(403);
    assertThat(refused.header("x-redoubt-decision")).isEqualTo("escalate");
    return refused.header("x-redoubt-approval");
  }

  static ApprovalTier people(String... approvers) {
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
  OrganizationId asking(ApprovalTier... tiers) {
    var own = OrganizationId.next(CLOCK);
    fixture.introduce(own);
    publish(own, 2, List.of("mem_sre"), tiers);
    return own;
  }

  void publish(OrganizationId own, long version, List<String> sre, ApprovalTier... tiers) {
    fixture.controlPlane.publish(
        own,
        version,
        List.of(new ApprovalWorkflow("default", List.of(tiers), 1, 600)),
        List.of(new ApproverGroup("sre", sre)),
        Starter.DOCUMENT,
        ASK);
    fixture.controlPlane.awaitRunning(own, version);
  }

  LinkReport.ApprovalVoted says(OrganizationId own, String approval, String who) {
    return awaitVoted(
        fixture.controlPlane.say(
            own,
            new LinkCommand.DecideApproval(
                ApprovalId.parse(approval), ApprovalView.Decision.APPROVE, "fine", who, null)));
  }

  /** The one that waits in an organization, once it does. */
  JsonNode awaitPending(OrganizationId own) {
    return await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                Http.get(at("?status=pending"), operator(own, "approvals:read"))
                    .json()
                    .at("/items/0"),
            it -> it.hasNonNull("id"));
  }

  ApprovalView awaitSeen(String approval, ApprovalStatus status) {
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

  LinkReport.ApprovalVoted awaitVoted(long number) {
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
}
