package io.redoubt.enclave.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.session.Drift;
import io.redoubt.testing.FakeFences;
import io.redoubt.testing.InMemoryAuditLog;
import io.redoubt.testing.ManualClock;
import java.util.List;
import org.junit.jupiter.api.Test;

/** That an agent has left its usual operations can be found in the record, and counted. */
class RecordedDriftsTest {
  private final ManualClock clock = new ManualClock();
  private final InMemoryAuditLog audit = new InMemoryAuditLog(new FakeFences());
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final OrganizationId organization = OrganizationId.next(clock);
  private final AgentId agent = AgentId.next(clock);
  private final RecordedDrifts drifts =
      new RecordedDrifts(audit, EnclaveId.next(clock), "node-1", clock, metrics);

  @Test
  void itIsOnRecordWithWhatIsNewAndCounted() {
    var drift = new Drift(10, 20, List.of("tool:call push", "tool:call wipe"));

    drifts.report(organization, agent, "ann@example.com", drift).toCompletableFuture().join();

    var record = audit.records().getFirst();
    assertThat(record.operation()).isEqualTo("agent:drifted");
    assertThat(record.plane()).isEqualTo(Plane.LIFECYCLE);
    assertThat(record.organizationId()).isEqualTo(organization);
    assertThat(record.agentId()).isEqualTo(agent);
    assertThat(record.detail())
        .isEqualTo(
            "10 of its last 20 actions are none that it did before: tool:call push, tool:call"
                + " wipe");
    assertThat(metrics.counter("redoubt.agent.drifts").count()).isEqualTo(1);
  }
}
