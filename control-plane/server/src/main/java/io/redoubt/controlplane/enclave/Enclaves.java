package io.redoubt.controlplane.enclave;

import com.fasterxml.jackson.core.type.TypeReference;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Welcome;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.token.SecretKeyText;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The registry of enclaves, and which organizations each serves. */
public final class Enclaves {
  private static final TypeReference<List<LinkReport.NodesSeen.Node>> NODES =
      new TypeReference<>() {};
  private static final UUID BEFORE_ALL = new UUID(-1, -1);
  private static final String NOT_THERE = "is not an enclave of the organization";

  private final CommandLog commands;
  private final List<Welcome> welcomes;

  /**
   * A registry.
   *
   * @param welcomes what an enclave is told of an organization that it begins to serve, in order
   */
  public Enclaves(CommandLog commands, List<Welcome> welcomes) {
    this.commands = commands;
    this.welcomes = List.copyOf(welcomes);
  }

  /** An enclave with the key that is shown this once. */
  public record WithKey(Enclave enclave, SecretKeyText apiKey) {}

  /** Newest first. */
  List<Enclave> list(Transaction transaction, Instant now, Optional<EnclaveId> after, int limit) {
    // Row-level security leaves those that serve the organization.
    return transaction
        .handle()
        .createQuery(
            """
            SELECT e.*, e.listens_until > :now AS listening,
              control.last_command(e.id) AS last_command,
              (SELECT CAST(r.version AS text) FROM control.policy_run r
               WHERE r.enclave_id = e.id) AS bundle_version
            FROM control.enclave e WHERE e.id < :after AND e.deleted_at IS NULL
            ORDER BY e.id DESC LIMIT :limit
            """)
        .bind("now", now)
        .bind("after", after.map(EnclaveId::uuid).orElse(BEFORE_ALL))
        .bind("limit", limit)
        .map((row, _) -> read(row))
        .list();
  }

  /** The enclave, if it serves the organization of the handle and is not gone. */
  public Optional<Enclave> find(Transaction transaction, Instant now, EnclaveId id) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT e.*, e.listens_until > :now AS listening,
              control.last_command(e.id) AS last_command,
              (SELECT CAST(r.version AS text) FROM control.policy_run r
               WHERE r.enclave_id = e.id) AS bundle_version
            FROM control.enclave e WHERE e.id = :id AND e.deleted_at IS NULL
            """)
        .bind("now", now)
        .bind("id", id.uuid())
        .map((row, _) -> read(row))
        .findOne();
  }

  /** The organization's own enclave of that name. */
  public Optional<EnclaveId> named(Change change, String name) {
    return change
        .handle()
        .createQuery(
            """
            SELECT id FROM control.enclave
            WHERE organization_id = :organization AND name = :name AND deleted_at IS NULL
            """)
        .bind("organization", change.organization().uuid())
        .bind("name", name)
        .mapTo(UUID.class)
        .findOne()
        .map(EnclaveId::new);
  }

  public WithKey create(Change change, String name) {
    var id = EnclaveId.next(change.clock());
    var key = SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, id);
    change
        .handle()
        .createUpdate(
            """
            INSERT INTO control.enclave
              (organization_id, id, name, api_key_digest, created_at, updated_at)
            VALUES (:organization, :id, :name, :digest, :now, :now)
            """)
        .bind("organization", change.organization().uuid())
        .bind("id", id.uuid())
        .bind("name", name)
        .bind("digest", key.digest().bytes())
        .bind("now", change.now())
        .execute();
    change.audited("enclave:create", id);
    serve(change, id);
    return new WithKey(find(change, change.now(), id).orElseThrow(), key);
  }

  /** A new key; the old one dies, and with it the connections made with it. */
  public WithKey rotateKey(Change change, EnclaveId id) {
    requireOwn(change, id);
    var key = SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, id);
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.enclave
            SET api_key_digest = :digest, listens_until = NULL, updated_at = :now
            WHERE organization_id = :organization AND id = :id
            """)
        .bind("digest", key.digest().bytes())
        .bind("now", change.now())
        .bind("organization", change.organization().uuid())
        .bind("id", id.uuid())
        .execute();
    change.audited("enclave:rotate-key", id);
    change.handle().afterCommit(() -> commands.appended().fire(id));
    return new WithKey(find(change, change.now(), id).orElseThrow(), key);
  }

  /** Its key dies, and with it the connections made with it. Its record stays. */
  void delete(Change change, EnclaveId id) {
    requireOwn(change, id);
    Deletion.delete(change, id);
    change.handle().afterCommit(() -> commands.appended().fire(id));
  }

  /** The enclave stays as it is until the change is done, and nobody begins to depend on it. */
  private static void requireOwn(Change change, EnclaveId id) {
    boolean own =
        change
            .handle()
            .createQuery(
                """
                SELECT id FROM control.enclave
                WHERE organization_id = :organization AND id = :id AND deleted_at IS NULL
                FOR UPDATE
                """)
            .bind("organization", change.organization().uuid())
            .bind("id", id.uuid())
            .mapTo(UUID.class)
            .findOne()
            .isPresent();
    if (!own) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
  }

  /** From here on an enclave of this organization serves another one. */
  void serve(Change change, EnclaveId id, OrganizationId organization) {
    requireOwn(change, id);
    change.audited("enclave:share", id, organization.toString(), null);
    change.elsewhere(
        organization,
        there -> {
          requireExisting(there);
          serve(there, id);
          return id;
        });
  }

  private static void requireExisting(Change there) {
    boolean exists =
        there
            .handle()
            .createQuery("SELECT id FROM control.organization WHERE id = :id")
            .bind("id", there.organization().uuid())
            .mapTo(UUID.class)
            .findOne()
            .isPresent();
    if (!exists) {
      throw ProblemException.of(ErrorType.NOT_FOUND);
    }
  }

  /** From here on the enclave serves the organization of the change, if it did not before. */
  public void serve(Change change, EnclaveId id) {
    change.lockOrganization(); // what is broadcast meanwhile is either in the welcome or follows it
    int begun =
        change
            .handle()
            .createUpdate(
                """
                INSERT INTO control.enclave_organization (enclave_id, organization_id, since)
                VALUES (:enclave, :organization, :now) ON CONFLICT DO NOTHING
                """)
            .bind("enclave", id.uuid())
            .bind("organization", change.organization().uuid())
            .bind("now", change.now())
            .execute();
    if (begun == 1) {
      change.audited("enclave:serve", id);
      welcomes.forEach(welcome -> welcome.tell(change, id));
    }
  }

  /** The enclave that was named, or the only one there is. It is there until the change is done. */
  public EnclaveId choose(Change change, Optional<EnclaveId> named) {
    EnclaveId chosen = oneOf(commands.enclavesOf(change), named);
    if (isGone(change, chosen)) {
      throw ProblemException.invalid("/enclave_id", NOT_THERE);
    }
    return chosen;
  }

  /** Whether it was deleted meanwhile, which from here on has to wait; others' serve, and stay. */
  private static boolean isGone(Change change, EnclaveId id) {
    return change
        .handle()
        .createQuery(
            """
            SELECT deleted_at IS NOT NULL FROM control.enclave
            WHERE organization_id = :organization AND id = :id
            FOR KEY SHARE
            """)
        .bind("organization", change.organization().uuid())
        .bind("id", id.uuid())
        .mapTo(Boolean.class)
        .findOne()
        .orElse(false);
  }

  private static EnclaveId oneOf(List<EnclaveId> serving, Optional<EnclaveId> named) {
    if (named.isPresent()) {
      if (!serving.contains(named.get())) {
        throw ProblemException.invalid("/enclave_id", NOT_THERE);
      }
      return named.get();
    }
    if (serving.size() != 1) {
      throw ProblemException.invalid(
          "/enclave_id",
          serving.isEmpty()
              ? "is needed, and the organization has no enclave yet"
              : "is needed: the organization has more than one enclave");
    }
    return serving.getFirst();
  }

  /** Whether the enclave is connected, as far as can be told. */
  public boolean isListening(Transaction transaction, EnclaveId id, Instant now) {
    return find(transaction, now, id).map(Enclave::listening).orElse(false);
  }

  private static Enclave read(ResultSet row) throws SQLException {
    long last = row.getLong("last_command");
    long applied = row.getLong("applied_up_to");
    return new Enclave(
        new EnclaveId(Rows.uuid(row, "id")),
        row.getString("name"),
        row.getBytes("enrolment_key") != null,
        row.getString("software"),
        Rows.instantOrNull(row, "last_contact_at"),
        row.getBoolean("listening"),
        Math.max(0, last - applied),
        last,
        applied,
        row.getString("bundle_version"),
        Rows.json(row, "nodes", NODES),
        Rows.instantOrNull(row, "nodes_at"),
        Rows.instant(row, "created_at"),
        Rows.instant(row, "updated_at"));
  }
}
