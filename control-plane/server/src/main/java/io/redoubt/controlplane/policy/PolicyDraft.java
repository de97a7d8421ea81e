package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.PolicyDocument;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The documents that operators work on. Nothing of it decides anything until it is published. */
final class PolicyDraft {
  private final int maxPerOrganization;

  PolicyDraft(int maxPerOrganization) {
    this.maxPerOrganization = maxPerOrganization;
  }

  /** In the order of names. */
  List<Policy> list(Transaction transaction, String after, int limit) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT * FROM control.policy
            WHERE organization_id = :organization AND deleted_at IS NULL AND name > :after
            ORDER BY name LIMIT :limit
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("after", after)
        .bind("limit", limit)
        .map((row, _) -> read(row))
        .list();
  }

  /** All that a publication would take. */
  List<PolicyDocument> documents(Transaction transaction) {
    return list(transaction, "", Bundle.MAX_POLICIES).stream().map(Policy::document).toList();
  }

  Optional<Policy> find(Transaction transaction, String name) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT * FROM control.policy
            WHERE organization_id = :organization AND name = :name AND deleted_at IS NULL
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("name", name)
        .map((row, _) -> read(row))
        .findOne();
  }

  /** New or changed. The caller has locked the organization. */
  Policy put(Change change, PolicyDocument document) {
    requireRoom(change, document);
    Policy kept =
        change
            .handle()
            .createQuery(
                """
                INSERT INTO control.policy AS p
                  (organization_id, name, cedar, version, updated_by, created_at, updated_at)
                VALUES (:organization, :name, :cedar, 1, :by, :now, :now)
                ON CONFLICT (organization_id, name) DO UPDATE
                SET cedar = excluded.cedar, version = p.version + 1,
                  updated_by = excluded.updated_by, updated_at = excluded.updated_at,
                  created_at = CASE WHEN p.deleted_at IS NULL THEN p.created_at
                    ELSE excluded.created_at END,
                  deleted_at = NULL
                RETURNING *
                """)
            .bind("organization", change.organization().uuid())
            .bind("name", document.name())
            .bind("cedar", document.cedar())
            .bind("by", change.operator().subject())
            .bind("now", change.now())
            .map((row, _) -> read(row))
            .one();
    change.audited("policy:put", kept.name(), "version " + kept.version(), null);
    return kept;
  }

  private void requireRoom(Change change, PolicyDocument document) {
    record Others(long documents, long bytes) {}
    var others =
        change
            .handle()
            .createQuery(
                """
                SELECT count(*), coalesce(sum(octet_length(to_json(cedar)::text)), 0)
                FROM control.policy
                WHERE organization_id = :organization AND name <> :name AND deleted_at IS NULL
                """)
            .bind("organization", change.organization().uuid())
            .bind("name", document.name())
            .map((row, _) -> new Others(row.getLong(1), row.getLong(2)))
            .one();
    if (others.documents() >= maxPerOrganization) {
      throw ProblemException.of(
          ErrorType.CONFLICT, "An organization has at most " + maxPerOrganization + " policies.");
    }
    if (others.bytes() + document.cedar().length() > Bundle.MAX_BYTES) {
      throw ProblemException.of(
          ErrorType.CONFLICT,
          "The policies of an organization have at most " + Bundle.MAX_BYTES + " bytes together.");
    }
  }

  /** A tombstone; the next document of that name goes on counting versions. */
  void delete(Change change, Policy policy) {
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.policy
            SET cedar = NULL, deleted_at = :now, updated_at = :now, updated_by = :by,
              version = version + 1
            WHERE organization_id = :organization AND name = :name AND deleted_at IS NULL
            """)
        .bind("now", change.now())
        .bind("by", change.operator().subject())
        .bind("organization", change.organization().uuid())
        .bind("name", policy.name())
        .execute();
    change.audited("policy:delete", policy.name());
  }

  private static Policy read(ResultSet row) throws SQLException {
    return new Policy(
        row.getString("name"),
        row.getString("cedar"),
        row.getLong("version"),
        row.getString("updated_by"),
        Rows.instant(row, "created_at"),
        Rows.instant(row, "updated_at"));
  }
}
