package io.redoubt.enclave.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.Http;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.policy.PolicyDocument;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A call that is changed by whoever approves it goes out changed, and only so. */
class EditedCallTest extends AskingEnclave {
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
    var asked = awaitPending(own);
    String approval = asked.path("id").asText();
    assertThat(asked.path("editable").asBoolean()).isTrue();

    var both = new String[] {"approvals:decide", "approvals:edit"};
    var without = edit(own, approval, "{\"amount\":5}", "approvals:decide");
    var forbidden = edit(own, approval, "{\"to\":\"ann\",\"amount\":5000}", both);
    var same = edit(own, approval, "{\"amount\":9e2,\"to\":\"mallory\"}", both);
    var list = edit(own, approval, "[]", both);
    var rounded = edit(own, approval, "{\"amount\":1000000000000000000000000}", both);
    var stranger = edit(fixture.organization, approval, "{\"amount\":5}", both);
    for (var answer : List.of(without, forbidden, same, list, rounded, stranger)) {
      api.describes(answer);
    }
    assertThat(without.status()).isEqualTo(403);
    assertThat(forbidden.status()).as(forbidden.body()).isEqualTo(422);
    assertThat(forbidden.body()).contains("never-that-much");
    assertThat(same.status()).isEqualTo(422);
    assertThat(list.status()).isEqualTo(422);
    assertThat(rounded.status()).isEqualTo(422);
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
            caller.agent().at("approvals/" + approval),
            "Authorization",
            "Bearer " + caller.access());
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
    String approval = awaitPending(own).path("id").asText();

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
}
