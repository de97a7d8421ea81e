package io.redoubt.protocol.audit;

import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The second half of an audit record: how the intent of that id ended.
 *
 * @param findings what was found in what came back
 * @param coverage what of it was inspected; null where that is not known
 */
public record AuditOutcome(
    AuditId id,
    OrganizationId organizationId,
    Instant time,
    Outcome outcome,
    List<String> findings,
    @Nullable Coverage coverage) {

  public AuditOutcome {
    findings = findings == null ? List.of() : List.copyOf(findings);
  }

  /** Of an act of which nothing more is known. */
  public AuditOutcome(AuditId id, OrganizationId organizationId, Instant time, Outcome outcome) {
    this(id, organizationId, time, outcome, List.of(), null);
  }

  /** What it says, without whose it is. */
  public Conclusion conclusion() {
    return new Conclusion(
        outcome.status(),
        outcome.durationMs(),
        outcome.usage(),
        outcome.error(),
        findings,
        coverage,
        outcome.charged());
  }
}
