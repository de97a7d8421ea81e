package io.redoubt.controlplane.link;

import io.redoubt.controlplane.store.Calendar;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.Spending;
import java.time.Instant;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether a report has everything that its type promises, and times that can be kept: what comes
 * from the wire may lack either.
 */
final class Wholeness {
  private Wholeness() {}

  static boolean isWhole(@Nullable LinkReport report) {
    return switch (report) {
      case null -> false;
      case LinkReport.Applied applied -> Calendar.has(applied.at()) && applied.upTo() >= 0;
      case LinkReport.Rejected rejected -> all(rejected.why()) && rejected.number() > 0;
      case LinkReport.AgentSeen seen ->
          all(seen.organizationId(), seen.agentId(), seen.status(), seen.isolations())
              && Calendar.has(seen.at())
              && hasIfAny(seen.lastSeenAt())
              && seen.isolations().stream().allMatch(Objects::nonNull)
              && (seen.spending() == null || isWhole(seen.spending()));
      case LinkReport.AgentStopped stopped ->
          all(stopped.organizationId(), stopped.agentId(), stopped.proof())
              && all(stopped.proof().nodes())
              && Calendar.has(stopped.proof().acknowledgedAt());
      case LinkReport.BundleRunning running ->
          all(running.organizationId(), running.digest())
              && Calendar.has(running.at())
              && running.nodes() != null
              && running.nodes().stream()
                  .allMatch(it -> it != null && all(it.node()) && Calendar.has(it.acknowledgedAt()))
              && running.missing() != null
              && running.missing().stream().allMatch(Objects::nonNull);
      case LinkReport.ApprovalSeen seen ->
          all(seen.organizationId(), seen.approval()) && isWhole(seen.approval());
      case LinkReport.ApprovalVoted voted ->
          all(voted.organizationId(), voted.approvalId(), voted.outcome())
              && (voted.approval() == null || isWhole(voted.approval()));
      case LinkReport.NodesSeen nodes -> all(nodes.nodes()) && Calendar.has(nodes.at());
    };
  }

  private static boolean isWhole(Spending spending) {
    return all(
            spending.today(),
            spending.reservedToday(),
            spending.month(),
            spending.reservedThisMonth())
        && Calendar.has(spending.day());
  }

  private static boolean isWhole(ApprovalView approval) {
    return all(
            approval.id(),
            approval.status(),
            approval.agentId(),
            approval.operation(),
            approval.resource())
        && Calendar.has(approval.askedAt())
        && hasIfAny(approval.expiresAt())
        && hasIfAny(approval.decidedAt())
        && approval.version() > 0;
  }

  private static boolean hasIfAny(@Nullable Instant time) {
    return time == null || Calendar.has(time);
  }

  private static boolean all(@Nullable Object... parts) {
    return Stream.of(parts).allMatch(Objects::nonNull);
  }
}
