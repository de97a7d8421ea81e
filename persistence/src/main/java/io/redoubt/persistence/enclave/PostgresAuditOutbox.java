package io.redoubt.persistence.enclave;

import io.redoubt.link.AuditOutbox;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.AuditBatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Audit on its way up. The order behind the cursor is final: only transactions that no running one
 * precedes are read, so a line's number follows from the cursor's, is the same however often it is
 * read, and becomes durable with the cursor in one row (G10).
 */
final class PostgresAuditOutbox implements AuditOutbox {
  private static final int LINES_IN_A_BATCH = 500;

  /** Half of what the control plane takes at once. A line by itself is always less. */
  private static final int BYTES_IN_A_BATCH = 4 << 20;

  private record Numbered(long number, int bytes, AuditBatch.StoredLine line) {}

  private final Database database;
  private final Database writes;
  private final AtomicInteger turn = new AtomicInteger();

  /**
   * Reads through the one and writes through the other: a read holds no lock, and what follows from
   * an outdated one is refused when it is written.
   */
  PostgresAuditOutbox(Database database, Database writes) {
    this.database = database;
    this.writes = writes;
  }

  @Override
  public CompletionStage<List<AuditBatch.Stored>> next(int maxLines) {
    return database.blocking(() -> {
      List<OrganizationId> organizations = new ArrayList<>(withNews());
      if (!organizations.isEmpty()) {
        // A busy organization must not keep the others waiting.
        Collections.rotate(organizations, turn.getAndIncrement() % organizations.size());
      }
      var batches = new ArrayList<AuditBatch.Stored>();
      int left = maxLines;
      for (var organization : organizations) {
        if (left <= 0) {
          break;
        }
        var batch = next(organization, Math.min(left, LINES_IN_A_BATCH));
        batch.ifPresent(batches::add);
        left -= batch.map(b -> b.lines().size()).orElse(0);
      }
      return List.copyOf(batches);
    });
  }

  private List<OrganizationId> withNews() {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery("SELECT enclave.organizations_with_news()")
            .map((row, _) -> new OrganizationId(row.getObject(1, UUID.class)))
            .list());
  }

  private Optional<AuditBatch.Stored> next(OrganizationId organization, int limit) {
    List<Numbered> lines =
        database.inOrganizationBlocking(
            organization,
            handle ->
                handle
                    .createQuery(
                        "SELECT number, half, document, octet_length(document) AS bytes"
                            + " FROM enclave.next_audit(:limit)")
                    .bind("limit", limit)
                    .map((row, _) ->
                        new Numbered(
                            row.getLong("number"),
                            row.getInt("bytes"),
                            AuditLine.stored(row.getInt("half"), row.getString("document"))))
                    .list());
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new AuditBatch.Stored(
                organization,
                lines.getFirst().number(),
                lines.stream().limit(fitting(lines)).map(Numbered::line).toList()));
  }

  /** How many of the first go together; one does in any case. */
  private static int fitting(List<Numbered> lines) {
    long bytes = 0;
    for (int i = 0; i < lines.size(); i++) {
      bytes += lines.get(i).bytes();
      if (bytes > BYTES_IN_A_BATCH) {
        return Math.max(1, i);
      }
    }
    return lines.size();
  }

  @Override
  public CompletionStage<Void> confirmed(OrganizationId organization, long contiguous) {
    return writes
        .inOrganization(
            organization,
            handle ->
                handle
                    .createQuery("SELECT enclave.confirm_audit(:number)")
                    .bind("number", contiguous)
                    .mapTo(Boolean.class)
                    .one())
        .thenAccept(known -> {
          if (!known) {
            throw new IllegalStateException(
                "the control plane has audit of "
                    + organization
                    + " up to number "
                    + contiguous
                    + ", which this enclave never wrote: was an older database restored?");
          }
        });
  }
}
