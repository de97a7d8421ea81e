package io.redoubt.controlplane.iam;

import io.redoubt.controlplane.budget.BudgetStanding;
import io.redoubt.controlplane.budget.BudgetTerms;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.OrganizationSpec;
import io.redoubt.protocol.link.WorkingHours;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An organization, as operators see it.
 *
 * @param payloads what enclaves keep of requests and replies
 * @param payloadRetentionDays after which they delete it
 * @param offlineMode what agents may do while enclaves have not heard the control plane for longer
 *     than their window
 * @param failOpen null: agents do nothing where no policy is known
 * @param workingHours when its people are at work; null: as each of its enclaves is set
 * @param budget what all its agents may spend together
 * @param spending how that stands, by what enclaves last said; null: they never did
 */
public record Organization(
    OrganizationId id,
    String name,
    OrganizationSpec.Payloads payloads,
    int payloadRetentionDays,
    OrganizationSpec.OfflineMode offlineMode,
    @Nullable FailOpen failOpen,
    @Nullable WorkingHours workingHours,
    BudgetTerms budget,
    @Nullable BudgetStanding spending,
    long version,
    Instant createdAt,
    Instant updatedAt) {

  /**
   * The choice that agents may act where no policy of the organization is known (G5).
   *
   * @param compensatingControls what the organization does instead
   * @param acknowledgedBy a member's or a client's id
   */
  public record FailOpen(
      String compensatingControls, String acknowledgedBy, Instant acknowledgedAt) {}

  Organization standing(@Nullable BudgetStanding so) {
    return new Organization(
        id,
        name,
        payloads,
        payloadRetentionDays,
        offlineMode,
        failOpen,
        workingHours,
        budget,
        so,
        version,
        createdAt,
        updatedAt);
  }

  OrganizationSpec spec() {
    return new OrganizationSpec(
        name,
        payloads,
        payloadRetentionDays,
        offlineMode,
        failOpen != null,
        budget.wire(),
        workingHours,
        version);
  }
}
