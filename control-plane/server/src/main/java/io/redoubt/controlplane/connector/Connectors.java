package io.redoubt.controlplane.connector;

import com.fasterxml.jackson.core.type.TypeReference;
import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.controlplane.upstream.Reach;
import io.redoubt.controlplane.upstream.Upstreams;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.LinkCommand;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Connectors, with a secret where the API wants one. */
public final class Connectors {
  private static final TypeReference<List<ConnectorSpec.Operation>> OPERATIONS =
      new TypeReference<>() {};

  private static final Upstreams.Form<Connector> FORM =
      new Upstreams.Form<>(
          "connector",
          "sealed_secret",
          (row, _) -> read(row),
          LinkCommand.PutConnector::purpose,
          (connector, secret) -> new LinkCommand.PutConnector(connector.spec(), secret),
          LinkCommand.DeleteConnector::new);

  private final Upstreams<Connector> upstreams;

  public Connectors(
      CommandLog commands, Database database, Keyring keyring, int maxPerOrganization) {
    this.upstreams = new Upstreams<>(FORM, commands, database, keyring, maxPerOrganization);
  }

  /**
   * What is to be known of a connector.
   *
   * @param credential null: the API wants none
   */
  record Draft(
      String name,
      Reach reach,
      ConnectorSpec.@Nullable Credential credential,
      List<ConnectorSpec.Operation> operations) {}

  /** What they have in common with everything that enclaves call. */
  public Upstreams<Connector> upstreams() {
    return upstreams;
  }

  /** Keeps the connector, new or changed, with the secret that its credential presents. */
  Connector put(Change change, Draft draft, byte @Nullable [] sealedSecret) {
    return upstreams.put(change, draft.name(), () -> write(change, draft, sealedSecret));
  }

  private static Connector write(Change change, Draft draft, byte @Nullable [] sealedSecret) {
    return draft
        .reach()
        .bindTo(
            change
                .handle()
                .createQuery(
                    """
                    INSERT INTO control.connector AS c
                      (organization_id, name, base_url, credential, sealed_secret, operations,
                       timeout_seconds, connect_timeout_seconds, ca_pem, version, created_at,
                       updated_at)
                    VALUES (:organization, :name, :baseUrl, CAST(:credential AS jsonb),
                      :sealedSecret, CAST(:operations AS jsonb), :timeout, :connectTimeout, :caPem,
                      1, :now, :now)
                    ON CONFLICT (organization_id, name) DO UPDATE
                    SET base_url = excluded.base_url, credential = excluded.credential,
                      sealed_secret = excluded.sealed_secret, operations = excluded.operations,
                      timeout_seconds = excluded.timeout_seconds,
                      connect_timeout_seconds = excluded.connect_timeout_seconds,
                      ca_pem = excluded.ca_pem, version = c.version + 1,
                      updated_at = excluded.updated_at, deleted_at = NULL
                    RETURNING *
                    """))
        .bind("organization", change.organization().uuid())
        .bind("name", draft.name())
        .bind("credential", draft.credential() == null ? null : Rows.json(draft.credential()))
        .bind("sealedSecret", sealedSecret)
        .bind("operations", Rows.json(draft.operations()))
        .bind("now", change.now())
        .map((row, _) -> read(row))
        .one();
  }

  private static Connector read(ResultSet row) throws SQLException {
    var reach = Reach.of(row);
    return new Connector(
        row.getString("name"),
        reach.baseUrl(),
        row.getString("credential") == null
            ? null
            : Rows.json(row, "credential", ConnectorSpec.Credential.class),
        Rows.json(row, "operations", OPERATIONS),
        reach.timeoutSeconds(),
        reach.connectTimeoutSeconds(),
        reach.tls(),
        row.getLong("version"),
        Rows.instant(row, "created_at"),
        Rows.instant(row, "updated_at"));
  }
}
