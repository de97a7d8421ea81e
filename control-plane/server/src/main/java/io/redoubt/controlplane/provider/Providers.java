package io.redoubt.controlplane.provider;

import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.command.Welcome;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.protocol.link.SealedBoxes;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Model providers. A key comes in, is sealed, and goes out only resealed to the enrolment key of an
 * enclave that serves the organization (G6).
 */
public final class Providers implements Welcome {
  private final CommandLog commands;
  private final Database database;
  private final Keyring keyring;
  private final int maxPerOrganization;

  public Providers(
      CommandLog commands, Database database, Keyring keyring, int maxPerOrganization) {
    this.commands = commands;
    this.database = database;
    this.keyring = keyring;
    this.maxPerOrganization = maxPerOrganization;
  }

  /** What is to be known of a provider. */
  public record Draft(
      String name,
      ProviderSpec.Kind kind,
      URI baseUrl,
      List<String> models,
      int timeoutSeconds,
      boolean simulated,
      @Nullable Integer connectTimeoutSeconds,
      @Nullable String caPem) {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Kept(Provider provider, byte @Nullable [] sealedKey) {}

  /** In the order of names. */
  List<Provider> list(Transaction transaction, String after, int limit) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT * FROM control.provider
            WHERE organization_id = :organization AND deleted_at IS NULL AND name > :after
            ORDER BY name LIMIT :limit
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("after", after)
        .bind("limit", limit)
        .map((row, _) -> read(row))
        .list();
  }

  Optional<Provider> find(Transaction transaction, String name) {
    return kept(transaction, name).filter(kept -> kept.sealedKey() != null).map(Kept::provider);
  }

  /** Seals a key for {@link #put}; outside the change, since the keyring has its own. */
  public CompletionStage<byte[]> seal(OrganizationId organization, String name, Secret key) {
    return keyring.seal(organization, row(name), key.reveal().getBytes(StandardCharsets.UTF_8));
  }

  /** Keeps the provider, new or changed, with its key. */
  public Provider put(Change change, Draft draft, byte[] sealedKey) {
    requireRoom(change, draft.name());
    Provider kept =
        change
            .handle()
            .createQuery(
                """
                INSERT INTO control.provider AS p
                  (organization_id, name, kind, base_url, models, timeout_seconds, simulated,
                   connect_timeout_seconds, ca_pem, sealed_key, version, created_at, updated_at)
                VALUES (:organization, :name, :kind, :baseUrl, CAST(:models AS jsonb), :timeout,
                  :simulated, :connectTimeout, :caPem, :sealedKey, 1, :now, :now)
                ON CONFLICT (organization_id, name) DO UPDATE
                SET kind = excluded.kind, base_url = excluded.base_url, models = excluded.models,
                  timeout_seconds = excluded.timeout_seconds, simulated = excluded.simulated,
                  connect_timeout_seconds = excluded.connect_timeout_seconds,
                  ca_pem = excluded.ca_pem,
                  sealed_key = excluded.sealed_key, version = p.version + 1,
                  updated_at = excluded.updated_at, deleted_at = NULL
                RETURNING *
                """)
            .bind("organization", change.organization().uuid())
            .bind("name", draft.name())
            .bind("kind", draft.kind().wire())
            .bind("baseUrl", draft.baseUrl().toString())
            .bind("models", Rows.json(draft.models()))
            .bind("timeout", draft.timeoutSeconds())
            .bind("simulated", draft.simulated())
            .bind("connectTimeout", draft.connectTimeoutSeconds())
            .bind("caPem", draft.caPem())
            .bind("sealedKey", sealedKey)
            .bind("now", change.now())
            .map((row, _) -> read(row))
            .one();
    change.audited("provider:put", draft.name());
    commands.broadcastProvider(change, draft.name());
    return kept;
  }

  private void requireRoom(Change change, String name) {
    long others =
        change
            .handle()
            .createQuery(
                """
                SELECT count(*) FROM control.provider
                WHERE organization_id = :organization AND name <> :name AND deleted_at IS NULL
                """)
            .bind("organization", change.organization().uuid())
            .bind("name", name)
            .mapTo(Long.class)
            .one();
    if (others >= maxPerOrganization) {
      throw ProblemException.of(
          ErrorType.CONFLICT, "An organization has at most " + maxPerOrganization + " providers.");
    }
  }

  /** A tombstone, which keeps no key. */
  void delete(Change change, Provider provider) {
    change
        .handle()
        .createUpdate(
            """
            UPDATE control.provider
            SET deleted_at = :now, updated_at = :now, version = version + 1, sealed_key = NULL
            WHERE organization_id = :organization AND name = :name AND deleted_at IS NULL
            """)
        .bind("now", change.now())
        .bind("organization", change.organization().uuid())
        .bind("name", provider.name())
        .execute();
    change.audited("provider:delete", provider.name());
    commands.broadcast(
        change, new LinkCommand.DeleteProvider(provider.name(), provider.version() + 1));
  }

  /**
   * Deletes the stand-ins for providers.
   *
   * @return how many there were
   */
  public int deleteSimulated(Change change) {
    List<Provider> simulated =
        list(change, "", maxPerOrganization).stream().filter(Provider::simulated).toList();
    simulated.forEach(provider -> delete(change, provider));
    return simulated.size();
  }

  @Override
  public void tell(Change change, EnclaveId enclave) {
    list(change, "", maxPerOrganization)
        .forEach(provider -> commands.appendProvider(change, enclave, provider.name()));
  }

  /** The provider as it is now, as a command that only the enclave can read the key of. */
  public CompletionStage<LinkCommand> deliver(
      OrganizationId organization, String name, EnclaveId enclave, byte[] enrolmentKey) {
    return database
        .inOrganization(
            organization, handle -> kept(Transaction.of(organization, handle), name).orElseThrow())
        .thenCompose(kept ->
            kept.sealedKey() == null
                ? CompletableFuture.<LinkCommand>completedFuture(
                    new LinkCommand.DeleteProvider(name, kept.provider().version()))
                : keyring
                    .open(organization, row(name), kept.sealedKey())
                    .thenApply(
                        key -> reseal(kept.provider(), key, organization, enclave, enrolmentKey)));
  }

  private static LinkCommand reseal(
      Provider provider,
      byte[] key,
      OrganizationId organization,
      EnclaveId enclave,
      byte[] enrolmentKey) {
    try {
      String purpose = enclave + "/" + organization + "/" + provider.name();
      return new LinkCommand.PutProvider(
          provider.spec(),
          SealedBoxes.seal(enrolmentKey, purpose.getBytes(StandardCharsets.UTF_8), key));
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  private static Optional<Kept> kept(Transaction transaction, String name) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT * FROM control.provider WHERE organization_id = :organization AND name = :name
            """)
        .bind("organization", transaction.organization().uuid())
        .bind("name", name)
        .map((row, _) -> new Kept(read(row), row.getBytes("sealed_key")))
        .findOne();
  }

  private static String row(String name) {
    return "provider/" + name;
  }

  private static Provider read(ResultSet row) throws SQLException {
    @Nullable String caPem = row.getString("ca_pem");
    return new Provider(
        row.getString("name"),
        ProviderSpec.Kind.of(row.getString("kind")),
        URI.create(row.getString("base_url")),
        Rows.json(row, "models", Rows.TEXTS),
        row.getInt("timeout_seconds"),
        row.getBoolean("simulated"),
        row.getObject("connect_timeout_seconds", Integer.class),
        caPem == null ? null : new ProviderSpec.Tls(caPem),
        row.getLong("version"),
        Rows.instant(row, "created_at"),
        Rows.instant(row, "updated_at"));
  }
}
