package io.redoubt.enclave.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkReport;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A whole enclave asks a model first, and people where that settles nothing. */
class JudgedCallTest extends AskingEnclave {
  private static final String VERDICT =
      """
      {"type":"message","role":"assistant","stop_reason":"tool_use","content":[{"type":"tool_use",
       "id":"t","name":"verdict","input":{"verdict":"%s","reason":"as told","confidence":%d}}],
       "usage":{"input_tokens":700,"output_tokens":50}}\
      """;

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
    String referred = awaitPending(own).path("id").asText();
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
}
