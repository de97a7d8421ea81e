package io.redoubt.protocol.audit;

import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What an {@link AuditOutcome} says, as it is kept beside the record that it concludes. */
public record Conclusion(
    Outcome.Status status,
    long durationMs,
    @Nullable Usage usage,
    @Nullable String error,
    List<String> findings,
    @Nullable Coverage coverage,
    @Nullable Spend charged) {

  public Conclusion {
    findings = findings == null ? List.of() : List.copyOf(findings);
  }

  public Outcome outcome() {
    return new Outcome(status, durationMs, usage, error, charged);
  }

  /** What was found in both halves. */
  public List<String> findingsWith(List<String> intended) {
    var all = new TreeSet<>(intended);
    all.addAll(findings);
    return List.copyOf(all);
  }

  /** What was inspected in both halves. */
  public @Nullable Coverage coverageWith(@Nullable Coverage intended) {
    return intended == null || coverage == null ? intended : intended.completedBy(coverage);
  }
}
