package io.redoubt.controlplane.link;

import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.link.Spending;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Whether a report has everything that its type promises: what comes from the wire may lack it. */
final class Wholeness {
  private static final int FIRST_YEAR = 1970;
  private static final int LAST_YEAR = 9998;

  private Wholeness() {}

  static boolean isWhole(@Nullable LinkReport report) {
    return switch (report) {
      case null -> false;
      case LinkReport.Applied applied -> all(applied.at()) && applied.upTo() >= 0;
      case LinkReport.Rejected rejected -> all(rejected.why()) && rejected.number() > 0;
      case LinkReport.AgentSeen seen ->
          all(seen.organizationId(), seen.agentId(), seen.status(), seen.isolations(), seen.at())
              && seen.isolations().stream().allMatch(Objects::nonNull)
              && (seen.spending() == null || isWhole(seen.spending()));
      case LinkReport.AgentStopped stopped ->
          all(stopped.organizationId(), stopped.agentId(), stopped.proof())
              && all(stopped.proof().acknowledgedAt(), stopped.proof().nodes());
      case LinkReport.BundleRunning running ->
          all(running.organizationId(), running.digest(), running.at())
              && running.nodes() != null
              && running.nodes().stream()
                  .allMatch(it -> it != null && all(it.node(), it.acknowledgedAt()))
              && running.missing() != null
              && running.missing().stream().allMatch(Objects::nonNull);
      case LinkReport.ApprovalSeen seen ->
          all(seen.organizationId(), seen.approval()) && isWhole(seen.approval());
      case LinkReport.ApprovalVoted voted ->
          all(voted.organizationId(), voted.approvalId(), voted.outcome())
              && (voted.approval() == null || isWhole(voted.approval()));
      case LinkReport.NodesSeen nodes -> all(nodes.nodes(), nodes.at());
    };
  }

  /** Days are counted on from, so they are kept away from the ends of all calendars. */
  private static boolean isWhole(Spending spending) {
    return all(
            spending.day(),
            spending.today(),
            spending.reservedToday(),
            spending.month(),
            spending.reservedThisMonth())
        && spending.day().getYear() >= FIRST_YEAR
        && spending.day().getYear() <= LAST_YEAR;
  }

  private static boolean isWhole(ApprovalView approval) {
    return all(
            approval.id(),
            approval.status(),
            approval.agentId(),
            approval.operation(),
            approval.resource(),
            approval.askedAt())
        && approval.version() > 0;
  }

  private static boolean all(@Nullable Object... parts) {
    return Stream.of(parts).allMatch(Objects::nonNull);
  }
}
