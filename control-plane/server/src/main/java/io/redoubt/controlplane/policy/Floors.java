package io.redoubt.controlplane.policy;

import com.fasterxml.jackson.core.type.TypeReference;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.PolicyDocument;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What the platform forbids in every organization, version after version. */
final class Floors {
  private static final TypeReference<List<PolicyDocument>> DOCUMENTS = new TypeReference<>() {};
  private static final Standing NONE = new Standing(0, List.of(), null, null, null);

  /** Makes changes of the floor wait for each other. */
  private static final long LOCK = 0x464c4f4f52L;

  /**
   * The floor as it stands.
   *
   * @param version 0: there never was one
   * @param documents named as they are in bundles
   * @param content what is done about what inspectors find; null: nothing in particular
   */
  record Standing(
      long version,
      List<PolicyDocument> documents,
      @Nullable ContentPolicy content,
      @Nullable String setBy,
      @Nullable Instant setAt) {
    /** As it is in bundles. */
    Optional<ContentDocument> contentPolicy() {
      return Optional.ofNullable(content)
          .map(it -> new ContentDocument(ContentDocument.PLATFORM, it));
    }
  }

  Standing standing(Transaction transaction) {
    return standing(transaction.handle());
  }

  /** The floor is no organization's. */
  static Standing standing(Handle handle) {
    return handle
        .createQuery("SELECT * FROM control.floor ORDER BY version DESC LIMIT 1")
        .map((row, _) ->
            new Standing(
                row.getLong("version"),
                Rows.json(row, "documents", DOCUMENTS),
                row.getString("content") == null
                    ? null
                    : Rows.json(row, "content", ContentPolicy.class),
                row.getString("set_by"),
                Rows.instant(row, "set_at")))
        .findOne()
        .orElse(NONE);
  }

  /** Nobody else changes the floor until this change has ended. */
  void lock(Change change) {
    change
        .handle()
        .createQuery("SELECT pg_advisory_xact_lock(:lock)::text")
        .bind("lock", LOCK)
        .mapTo(String.class)
        .one();
  }

  /** The next version. The caller has locked. */
  Standing put(Change change, List<PolicyDocument> documents, @Nullable ContentPolicy content) {
    var next =
        new Standing(
            standing(change).version() + 1,
            documents,
            content,
            change.operator().subject(),
            change.now());
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.floor (version, documents, content, set_by, set_at)
            VALUES (:version, CAST(:documents AS jsonb), CAST(:content AS jsonb), :by, :at)
            """)
        .bind("version", next.version())
        .bind("documents", Rows.json(documents))
        .bind("content", content == null ? null : Rows.json(content))
        .bind("by", change.operator().subject())
        .bind("at", change.now())
        .execute();
    change.audited(
        "floor:put",
        next.version(),
        documents.size()
            + " documents"
            + (content == null ? "" : " and a content policy")
            + ", for every organization",
        null);
    return next;
  }

  /** Organizations whose newest bundle has an older floor, in the order of their ids. */
  static List<OrganizationId> below(Handle handle, Optional<OrganizationId> after, int most) {
    return handle
        .createQuery("SELECT * FROM control.organizations_below_floor(:after, :most)")
        .bind("after", after.map(OrganizationId::uuid).orElse(new UUID(0, 0)))
        .bind("most", most)
        .mapTo(UUID.class)
        .map(OrganizationId::new)
        .list();
  }
}
