package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Documents of one kind that belong to the draft besides its Cedar. Few enough that they are read
 * all at once.
 */
final class DraftParts<T> {
  private final String kind;
  private final Class<T> type;
  private final int most;

  /**
   * A document as it stands.
   *
   * @param version grows with every change
   * @param updatedBy the member or client who changed it last; {@code system}: Redoubt itself
   */
  record Part<T>(
      String name, T body, long version, String updatedBy, Instant createdAt, Instant updatedAt) {}

  /**
   * Documents of a kind.
   *
   * @param kind also the beginning of what the audit log calls changes of them
   * @param most how many an organization may have
   */
  DraftParts(String kind, Class<T> type, int most) {
    this.kind = kind;
    this.type = type;
    this.most = most;
  }

  /** All of them, in the order of names. */
  List<Part<T>> all(Transaction transaction) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT * FROM control.policy_part
            WHERE organization_id = :organization AND kind = :kind AND deleted_at IS NULL
            ORDER BY name LIMIT :most
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("kind", kind)
        .bind("most", most)
        .map((row, _) -> read(row))
        .list();
  }

  Optional<Part<T>> find(Transaction transaction, String name) {
    return all(transaction).stream().filter(part -> part.name().equals(name)).findFirst();
  }

  /** New or changed. The caller has locked the organization. */
  Part<T> put(Change change, String name, T body) {
    long others = all(change).stream().filter(part -> !part.name().equals(name)).count();
    if (others >= most) {
      throw ProblemException.of(
          ErrorType.CONFLICT, "An organization has at most " + most + " of them.");
    }
    Part<T> kept =
        change
            .handle()
            .createQuery(
                """
                INSERT INTO control.policy_part AS p
                  (organization_id, kind, name, body, version, updated_by, created_at, updated_at)
                VALUES (:organization, :kind, :name, CAST(:body AS jsonb), 1, :by, :now, :now)
                ON CONFLICT (organization_id, kind, name) DO UPDATE
                SET body = excluded.body, version = p.version + 1,
                  updated_by = excluded.updated_by, updated_at = excluded.updated_at,
                  created_at = CASE WHEN p.deleted_at IS NULL THEN p.created_at
                    ELSE excluded.created_at END,
                  deleted_at = NULL
                RETURNING *
                """)
            .bind("organization", change.organization().uuid())
            .bind("kind", kind)
            .bind("name", name)
            .bind("body", Rows.json(body))
            .bind("by", change.operator().subject())
            .bind("now", change.now())
            .map((row, _) -> read(row))
            .one();
    change.audited(kind + ":put", name, "version " + kept.version(), null);
    return kept;
  }

  /** A tombstone; the next document of that name goes on counting versions. */
  void delete(Change change, String name) {
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.policy_part
            SET body = NULL, deleted_at = :now, updated_at = :now, updated_by = :by,
              version = version + 1
            WHERE organization_id = :organization AND kind = :kind AND name = :name
              AND deleted_at IS NULL
            """)
        .bind("now", change.now())
        .bind("by", change.operator().subject())
        .bind("organization", change.organization().uuid())
        .bind("kind", kind)
        .bind("name", name)
        .execute();
    change.audited(kind + ":delete", name);
  }

  private Part<T> read(ResultSet row) throws SQLException {
    return new Part<>(
        row.getString("name"),
        Rows.json(row, "body", type),
        row.getLong("version"),
        row.getString("updated_by"),
        Rows.instant(row, "created_at"),
        Rows.instant(row, "updated_at"));
  }
}
