package io.redoubt.controlplane.upstream;

import io.redoubt.protocol.link.ProviderSpec;
import java.net.URI;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/**
 * How an upstream is reached.
 *
 * @param timeoutSeconds how long it may stay silent
 * @param connectTimeoutSeconds how long a connection may take; null: as the enclave says
 * @param tls how its certificate is checked; null: as the enclave says
 */
public record Reach(
    URI baseUrl,
    int timeoutSeconds,
    @Nullable Integer connectTimeoutSeconds,
    ProviderSpec.@Nullable Tls tls) {

  /** Reads the columns that every table of upstreams has. */
  public static Reach of(ResultSet row) throws SQLException {
    @Nullable String caPem = row.getString("ca_pem");
    return new Reach(
        URI.create(row.getString("base_url")),
        row.getInt("timeout_seconds"),
        row.getObject("connect_timeout_seconds", Integer.class),
        caPem == null ? null : new ProviderSpec.Tls(caPem));
  }

  /** Binds {@code :baseUrl}, {@code :timeout}, {@code :connectTimeout} and {@code :caPem}. */
  public <S extends SqlStatement<S>> S bindTo(S statement) {
    return statement
        .bind("baseUrl", baseUrl.toString())
        .bind("timeout", timeoutSeconds)
        .bind("connectTimeout", connectTimeoutSeconds)
        .bind("caPem", tls == null ? null : tls.caPem());
  }
}
