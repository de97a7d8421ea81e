package io.redoubt.controlplane.provider;

import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.controlplane.upstream.Reach;
import io.redoubt.controlplane.upstream.Upstreams;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkCommand;
import io.redoubt.protocol.link.ProviderSpec;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;

/** Model providers, each with a key. */
public final class Providers {
  private static final Upstreams.Form<Provider> FORM =
      new Upstreams.Form<>(
          "provider",
          "sealed_key",
          (row, _) -> read(row),
          Providers::purpose,
          (provider, key) ->
              new LinkCommand.PutProvider(
                  provider.spec(), Objects.requireNonNull(key, "every provider has one")),
          LinkCommand.DeleteProvider::new);

  private final Upstreams<Provider> upstreams;

  public Providers(
      CommandLog commands, Database database, Keyring keyring, int maxPerOrganization) {
    this.upstreams = new Upstreams<>(FORM, commands, database, keyring, maxPerOrganization);
  }

  /** What is to be known of a provider. */
  public record Draft(
      String name, ProviderSpec.Kind kind, Reach reach, List<String> models, boolean simulated) {}

  /** What they have in common with everything that enclaves call. */
  public Upstreams<Provider> upstreams() {
    return upstreams;
  }

  /** Keeps the provider, new or changed, with its key. */
  public Provider put(Change change, Draft draft, byte[] sealedKey) {
    return upstreams.put(change, draft.name(), () -> write(change, draft, sealedKey));
  }

  private static Provider write(Change change, Draft draft, byte[] sealedKey) {
    return draft
        .reach()
        .bindTo(
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
                    SET kind = excluded.kind, base_url = excluded.base_url,
                      models = excluded.models, timeout_seconds = excluded.timeout_seconds,
                      simulated = excluded.simulated,
                      connect_timeout_seconds = excluded.connect_timeout_seconds,
                      ca_pem = excluded.ca_pem,
                      sealed_key = excluded.sealed_key, version = p.version + 1,
                      updated_at = excluded.updated_at, deleted_at = NULL
                    RETURNING *
                    """))
        .bind("organization", change.organization().uuid())
        .bind("name", draft.name())
        .bind("kind", draft.kind().wire())
        .bind("models", Rows.json(draft.models()))
        .bind("simulated", draft.simulated())
        .bind("sealedKey", sealedKey)
        .bind("now", change.now())
        .map((row, _) -> read(row))
        .one();
  }

  /**
   * Deletes the stand-ins for providers.
   *
   * @return how many there were
   */
  public int deleteSimulated(Change change) {
    List<Provider> simulated = upstreams.list(change).stream().filter(Provider::simulated).toList();
    simulated.forEach(provider -> upstreams.delete(change, provider));
    return simulated.size();
  }

  private static byte[] purpose(EnclaveId enclave, OrganizationId organization, String name) {
    return (enclave + "/" + organization + "/" + name).getBytes(StandardCharsets.UTF_8);
  }

  private static Provider read(ResultSet row) throws SQLException {
    var reach = Reach.of(row);
    return new Provider(
        row.getString("name"),
        ProviderSpec.Kind.of(row.getString("kind")),
        reach.baseUrl(),
        Rows.json(row, "models", Rows.TEXTS),
        reach.timeoutSeconds(),
        row.getBoolean("simulated"),
        reach.connectTimeoutSeconds(),
        reach.tls(),
        row.getLong("version"),
        Rows.instant(row, "created_at"),
        Rows.instant(row, "updated_at"));
  }
}
