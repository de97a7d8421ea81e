package io.redoubt.bench.product;

import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The product's embedded database, as the role that owns its tables. */
public final class OwnDatabase implements AutoCloseable {
  private static final String OWNER = "redoubt_migrator";

  private final Connection connection;

  private OwnDatabase(Connection connection) {
    this.connection = connection;
  }

  /** Empty where the database is somebody else's. */
  public static Optional<OwnDatabase> of(Product product) throws IOException {
    Path secrets = product.dataDirectory().resolve("postgres").resolve("secrets.json");
    if (!Files.isReadable(secrets)) {
      return Optional.empty();
    }
    String password = Json.LENIENT.readTree(Files.readAllBytes(secrets)).path(OWNER).asText();
    try {
      return Optional.of(
          new OwnDatabase(
              DriverManager.getConnection(product.runtime().databaseUrl(), OWNER, password)));
    } catch (SQLException e) {
      throw new IOException("cannot connect to the product's database", e);
    }
  }

  Connection connection() {
    return connection;
  }

  /**
   * What the database has done since it was made; it notes the latter two with a second's delay.
   *
   * @param walBytes written ahead
   */
  public record Work(long walBytes, long commits, long rows) {
    public Work since(Work before) {
      return new Work(walBytes - before.walBytes, commits - before.commits, rows - before.rows);
    }
  }

  public Work work() throws IOException {
    try (var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                """
                SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn,
                       xact_commit, tup_inserted + tup_updated
                  FROM pg_stat_database WHERE datname = current_database()
                """)) {
      row.next();
      return new Work(row.getLong(1), row.getLong(2), row.getLong(3));
    } catch (SQLException e) {
      throw new IOException("asking the product's database", e);
    }
  }

  /** When each of these requests for approval is due. */
  public Map<String, Instant> due(Collection<String> approvals) throws IOException {
    return moments(
        "SELECT approval_id, due_at FROM enclave.approval"
            + " WHERE approval_id = ANY (?) AND version > 0 AND due_at IS NOT NULL",
        approvals);
  }

  /** Since when each of these requests for approval is over, as far as they are. */
  public Map<String, Instant> over(Collection<String> approvals) throws IOException {
    return moments(
        "SELECT approval_id, over_at FROM enclave.approval"
            + " WHERE approval_id = ANY (?) AND over_at IS NOT NULL",
        approvals);
  }

  private Map<String, Instant> moments(String sql, Collection<String> approvals)
      throws IOException {
    var moments = new HashMap<String, Instant>();
    try (var statement = connection.prepareStatement(sql)) {
      statement.setArray(
          1,
          connection.createArrayOf(
              "uuid", approvals.stream().map(id -> ApprovalId.parse(id).uuid()).toArray()));
      try (var rows = statement.executeQuery()) {
        while (rows.next()) {
          moments.put(
              new ApprovalId(rows.getObject(1, UUID.class)).toString(),
              rows.getTimestamp(2).toInstant());
        }
      }
      return moments;
    } catch (SQLException e) {
      throw new IOException("asking the product's database", e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }
}
