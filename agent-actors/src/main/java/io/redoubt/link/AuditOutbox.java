package io.redoubt.link;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AuditBatch;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Audit on its way to the control plane. Lines are numbered contiguously per organization, in the
 * same transaction that moves the cursor, in the log's total order (G10).
 */
public interface AuditOutbox {
  /** The next lines that have not been confirmed, oldest first; empty when all is delivered. */
  CompletionStage<List<AuditBatch.Stored>> next(int maxLines);

  /**
   * The control plane has everything of the organization up to this number.
   *
   * @return fails with {@link io.redoubt.singleton.SupersededException} once another node forwards
   */
  CompletionStage<Void> confirmed(OrganizationId organization, long contiguous);
}
