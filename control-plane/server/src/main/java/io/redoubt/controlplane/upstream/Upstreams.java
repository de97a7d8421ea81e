package io.redoubt.controlplane.upstream;

import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Delivery;
import io.redoubt.controlplane.command.Retelling;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.SealedBox;
import io.redoubt.protocol.link.SealedBoxes;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jspecify.annotations.Nullable;

/**
 * The upstreams of one kind. A secret comes in, is sealed, and goes out only resealed to the
 * enrolment key of an enclave that serves the organization (G6).
 */
public final class Upstreams<U extends Upstream> implements Retelling, Delivery {
  /**
   * What is kept, where, and how enclaves are told of it.
   *
   * @param what in the singular: the name of the table, of what secrets are sealed for, and of what
   *     is told and recorded
   * @param secretColumn holds the sealed secret
   * @param purpose what a secret is sealed for, so that it opens nowhere else
   */
  public record Form<U>(
      String what,
      String secretColumn,
      RowMapper<U> reading,
      Purpose purpose,
      Putting<U> putting,
      Deleting deleting) {}

  /** Says what a secret is sealed for. */
  @FunctionalInterface
  public interface Purpose {
    byte[] of(EnclaveId enclave, OrganizationId organization, String name);
  }

  /** Tells of one as it is. */
  @FunctionalInterface
  public interface Putting<U> {
    /** The command; {@code secret} is null where there is none. */
    LinkCommand command(U upstream, @Nullable SealedBox secret);
  }

  /** Tells that one is gone. */
  @FunctionalInterface
  public interface Deleting {
    LinkCommand command(String name, long version);
  }

  private final Form<U> form;
  private final CommandLog commands;
  private final Database database;
  private final Keyring keyring;
  private final int maxPerOrganization;

  public Upstreams(
      Form<U> form,
      CommandLog commands,
      Database database,
      Keyring keyring,
      int maxPerOrganization) {
    this.form = form;
    this.commands = commands;
    this.database = database;
    this.keyring = keyring;
    this.maxPerOrganization = maxPerOrganization;
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Kept<U>(U upstream, byte @Nullable [] sealed, boolean deleted) {}

  /** All of the organization, in the order of names. */
  public List<U> list(Transaction transaction) {
    return list(transaction, "", maxPerOrganization);
  }

  /** In the order of names. */
  List<U> list(Transaction transaction, String after, int limit) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT * FROM control.<table>
            WHERE organization_id = :organization AND deleted_at IS NULL AND name > :after
            ORDER BY name LIMIT :limit
            """)
        .define("table", form.what())
        .bind("organization", transaction.organization().uuid())
        .bind("after", after)
        .bind("limit", limit)
        .map(form.reading())
        .list();
  }

  Optional<U> find(Transaction transaction, String name) {
    return kept(transaction, name).filter(kept -> !kept.deleted()).map(Kept::upstream);
  }

  /** Seals a secret for {@link #put}; outside the change, since the keyring has its own. */
  public CompletionStage<byte[]> seal(OrganizationId organization, String name, Secret secret) {
    return keyring.seal(organization, row(name), secret.reveal().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Keeps one, new or changed.
   *
   * @param writing writes its row, and answers what stands there then
   */
  public U put(Change change, String name, Supplier<U> writing) {
    requireRoom(change, name);
    U kept = writing.get();
    change.audited(form.what() + ":put", name);
    commands.broadcastName(change, commandKind(), name);
    return kept;
  }

  private void requireRoom(Change change, String name) {
    long others =
        change
            .handle()
            .createQuery(
                """
                SELECT count(*) FROM control.<table>
                WHERE organization_id = :organization AND name <> :name AND deleted_at IS NULL
                """)
            .define("table", form.what())
            .bind("organization", change.organization().uuid())
            .bind("name", name)
            .mapTo(Long.class)
            .one();
    if (others >= maxPerOrganization) {
      throw ProblemException.of(
          ErrorType.CONFLICT,
          "An organization has at most " + maxPerOrganization + " " + form.what() + "s.");
    }
  }

  /** A tombstone, which keeps no secret. */
  public void delete(Change change, U upstream) {
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.<table>
            SET deleted_at = :now, updated_at = :now, version = version + 1, <secret> = NULL
            WHERE organization_id = :organization AND name = :name AND deleted_at IS NULL
            """)
        .define("table", form.what())
        .define("secret", form.secretColumn())
        .bind("now", change.now())
        .bind("organization", change.organization().uuid())
        .bind("name", upstream.name())
        .execute();
    change.audited(form.what() + ":delete", upstream.name());
    commands.broadcast(change, form.deleting().command(upstream.name(), upstream.version() + 1));
  }

  @Override
  public void tell(Change change, EnclaveId enclave) {
    list(change)
        .forEach(upstream -> commands.appendName(change, enclave, commandKind(), upstream.name()));
  }

  @Override
  public List<OrganizationId> passedOver(Handle handle, EnclaveId enclave, Instant before) {
    return handle
        .createQuery("SELECT control.organizations_with_unknown_command(:enclave, :kind, :before)")
        .bind("enclave", enclave.uuid())
        .bind("kind", commandKind())
        .bind("before", before)
        .mapTo(UUID.class)
        .map(OrganizationId::new)
        .list();
  }

  @Override
  public String commandKind() {
    return form.what() + ".put";
  }

  /** The upstream as it is now, as a command that only the enclave can read the secret of. */
  @Override
  public CompletionStage<LinkCommand> deliver(
      OrganizationId organization, String name, EnclaveId enclave, byte[] enrolmentKey) {
    return database
        .inOrganization(
            organization, handle -> kept(Transaction.of(organization, handle), name).orElseThrow())
        .thenCompose(kept -> {
          var upstream = kept.upstream();
          if (kept.deleted()) {
            return CompletableFuture.completedFuture(
                form.deleting().command(name, upstream.version()));
          }
          if (kept.sealed() == null) {
            return CompletableFuture.completedFuture(form.putting().command(upstream, null));
          }
          byte[] purpose = form.purpose().of(enclave, organization, name);
          return keyring
              .open(organization, row(name), kept.sealed())
              .thenApply(secret ->
                  form.putting().command(upstream, reseal(enrolmentKey, purpose, secret)));
        });
  }

  private static SealedBox reseal(byte[] enrolmentKey, byte[] purpose, byte[] secret) {
    try {
      return SealedBoxes.seal(enrolmentKey, purpose, secret);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  private Optional<Kept<U>> kept(Transaction transaction, String name) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT * FROM control.<table> WHERE organization_id = :organization AND name = :name
            """)
        .define("table", form.what())
        .bind("organization", transaction.organization().uuid())
        .bind("name", name)
        .map((row, context) ->
            new Kept<>(
                form.reading().map(row, context),
                row.getBytes(form.secretColumn()),
                row.getObject("deleted_at") != null))
        .findOne();
  }

  private String row(String name) {
    return form.what() + '/' + name;
  }
}
