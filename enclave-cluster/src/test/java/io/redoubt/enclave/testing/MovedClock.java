package io.redoubt.enclave.testing;

import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;

/**
 * The time of a whole enclave, which a test moves on: nodes go by their database's clock, and here
 * a function of ours stands in the place of that. To be made before they start.
 */
public final class MovedClock {
  /** With which nodes follow it soon, though it is hours ahead of their machine's. */
  public static final Map<String, Object> FOLLOWED =
      Map.of(
          "redoubt.enclave.cluster.forming.clock-limit", "1 day",
          "redoubt.enclave.cluster.forming.heartbeat-every", "100 ms",
          "redoubt.enclave.keys.renew-every", "100 ms",
          "redoubt.enclave.revocation.poll-every", "100 ms",
          "redoubt.enclave.policies.refresh-every", "100 ms");

  private static final int SOCKET_SECONDS = 10;

  private final TemporaryDatabase database;

  public MovedClock(TemporaryDatabase database) {
    this.database = database;
    String enclave = DatabaseRole.ENCLAVE.user();
    execute(
        DatabaseRole.MIGRATOR,
        "CREATE SCHEMA moved",
        "CREATE TABLE moved.clock AS SELECT interval '0' AS ahead",
        "CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE"
            + " AS 'SELECT pg_catalog.clock_timestamp() + ahead FROM moved.clock'",
        "GRANT EXECUTE ON FUNCTION moved.clock_timestamp() TO " + enclave,
        "GRANT USAGE ON SCHEMA moved TO " + enclave,
        "GRANT SELECT ON moved.clock TO " + enclave);
    String name = database.url().replaceFirst(".*/", "").replaceFirst("\\?.*", "");
    execute(
        DatabaseRole.ENCLAVE,
        // Named, the server's own functions come where they are named, and not first.
        "ALTER ROLE CURRENT_USER IN DATABASE "
            + name
            + " SET search_path = moved, pg_catalog, public");
  }

  /** So much time passes at once. */
  public void pass(Duration time) {
    execute(
        DatabaseRole.MIGRATOR,
        "UPDATE moved.clock SET ahead = ahead + interval '" + time.toSeconds() + " seconds'");
  }

  private void execute(DatabaseRole role, String... commands) {
    try (Connection connection =
            Database.dedicated(database.config(role, 1), "a moved clock", SOCKET_SECONDS);
        var statement = connection.createStatement()) {
      for (String command : commands) {
        statement.execute(command);
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the clock cannot be moved", e);
    }
  }
}
