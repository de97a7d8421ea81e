package io.redoubt.enclave.session;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.audit.AuditLog;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.session.Drift;
import io.redoubt.session.DriftReports;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts on record that an agent has left its usual operations: {@code agent:drifted}. */
public final class RecordedDrifts implements DriftReports {
  private static final Logger LOG = LoggerFactory.getLogger(RecordedDrifts.class);

  private final AuditLog audit;
  private final EnclaveId enclave;
  private final String node;
  private final InstantSource clock;
  private final Counter count;

  public RecordedDrifts(
      AuditLog audit, EnclaveId enclave, String node, InstantSource clock, MeterRegistry metrics) {
    this.audit = audit;
    this.enclave = enclave;
    this.node = node;
    this.clock = clock;
    this.count =
        Counter.builder("redoubt.agent.drifts")
            .description("agents that have left their usual operations")
            .register(metrics);
  }

  @Override
  public CompletionStage<Void> report(
      OrganizationId organization, AgentId agent, @Nullable String owner, Drift drift) {
    var record =
        new AuditBuilder(
                AuditId.next(clock),
                clock.instant().truncatedTo(ChronoUnit.MICROS),
                organization,
                Plane.LIFECYCLE,
                "agent:drifted",
                Verdict.PERMIT)
            .agent(agent, owner)
            .at(enclave, node)
            .resource(agent.toString())
            .outcome(new Outcome(Outcome.Status.SUCCEEDED, 0, null, null))
            .detail(drift.describe())
            .build();
    return audit
        .record(record)
        .thenRun(() -> {
          count.increment();
          LOG.warn("Agent {} has left its usual operations: {}", agent, drift.describe());
        });
  }
}
