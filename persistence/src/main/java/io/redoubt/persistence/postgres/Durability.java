package io.redoubt.persistence.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is acknowledged is on disk, whoever runs the server (G1, G4): each connection sees to its
 * commits itself, and what only the server's administrator can see to is asked for at start.
 */
public final class Durability {
  private static final Logger LOG = LoggerFactory.getLogger(Durability.class);

  /**
   * Set to {@code on} at the server, where {@code fsync} is set too: data that nobody will miss.
   * There is no such setting on our side, so that nobody has it by copying a configuration.
   */
  public static final String ACCEPTS_LOSS = "redoubt.accept_data_loss";

  /**
   * Overrules the default of server, database and role. {@code remote_apply} waits for more than
   * {@code on}, so it stays; {@code remote_write} does not wait for a disk.
   */
  static final String DURABLE_COMMITS =
      "SELECT set_config('synchronous_commit', 'on', false)"
          + " WHERE current_setting('synchronous_commit') <> 'remote_apply'";

  private Durability() {}

  /** Makes a connection that nobody else has prepared wait for the disk when it commits. */
  static Connection commitDurably(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(DURABLE_COMMITS);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Refuses a server that may forget what it has acknowledged.
   *
   * @throws IllegalStateException with a plain sentence, where it may
   * @throws DatabaseUnavailableException where nobody can tell
   */
  public static void require(Database database) {
    database.inTransactionBlocking(handle -> {
      if ("on".equals(setting(handle, ACCEPTS_LOSS))) {
        LOG.warn(
            "PostgreSQL is marked with {} = on: what it has acknowledged may be gone after a crash",
            ACCEPTS_LOSS);
      } else {
        requireOn(handle, "fsync");
        requireOn(handle, "full_page_writes");
      }
      return true;
    });
  }

  private static void requireOn(Handle handle, String name) {
    String found = setting(handle, name);
    if (!found.equals("on")) {
      throw new IllegalStateException(
          "PostgreSQL runs with "
              + name
              + " = "
              + found
              + ": after a crash of its machine, spent tokens could be good again and audit records"
              + " be gone. Its administrator sets it to on: ALTER SYSTEM SET "
              + name
              + " = on; SELECT pg_reload_conf();");
    }
  }

  private static String setting(Handle handle, String name) {
    return handle
        .createQuery("SELECT coalesce(current_setting(:name, true), '')")
        .bind("name", name)
        .mapTo(String.class)
        .one();
  }
}
