package io.redoubt.enclave.approval;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalTier.OnTimeout;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.PolicyDocument;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Deadlines pass on time although nobody asks and nobody holds the request in memory. */
class DeadlineTest {
  private static final PolicyDocument ASK =
      new PolicyDocument(
          "ask",
          "@escalate(\"quick\") forbid (principal, action, resource)"
              + " unless { context has approval };");

  private final EnclaveFixture fixture = new EnclaveFixture(Map.of());

  @AfterEach
  void close() {
    fixture.close();
  }

  private static ApprovalTier tier(OnTimeout onTimeout) {
    return new ApprovalTier(ApprovalTier.Kind.HUMAN, List.of(), 1, 2, onTimeout, true, false);
  }

  @Test
  void theyPassAlsoWhereEveryNodeWasRestartedMeanwhile() {
    var quick =
        new ApprovalWorkflow("quick", List.of(tier(OnTimeout.NEXT), tier(OnTimeout.DENY)), 1, 60);
    fixture.controlPlane.publish(fixture.organization, 2, List.of(quick), Starter.DOCUMENT, ASK);
    fixture.controlPlane.awaitRunning(fixture.organization, 2);
    var agent = fixture.agent();
    String access = agent.bootstrap().text("access_token");
    String approval = agent.message(access).header("x-redoubt-approval");
    assertThat(approval).startsWith("apr_");

    fixture.stop();
    fixture.start();

    var escalated =
        fixture.controlPlane.awaitAudit(
            fixture.organization,
            record ->
                approval.equals(record.approvalId())
                    && record.operation().equals("approval:escalated"));
    var expired =
        fixture.controlPlane.awaitAudit(
            fixture.organization,
            record ->
                approval.equals(record.approvalId())
                    && record.operation().equals("approval:expired"));
    assertThat(expired.verdict()).isEqualTo(Verdict.DENY);
    assertThat(Duration.between(escalated.time(), expired.time())).isEqualTo(Duration.ofSeconds(2));
  }
}
