package io.redoubt.controlplane.policy;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rolling out a floor is one process's work at a time, among all that share the database. That may
 * take longer than a transaction is let, so the lock belongs to a session of its own: it is free as
 * soon as its process closes it, or dies, or has been silent for too long.
 */
final class FloorTurn implements AutoCloseable {
  /** Nobody else takes it: changes of a floor have one of their own. */
  static final long LOCK = 0x464c4f4f5232L;

  private static final Logger LOG = LoggerFactory.getLogger(FloorTurn.class);
  private static final int SOCKET_SECONDS = 10;

  private final Connection session;

  private FloorTurn(Connection session) {
    this.session = session;
  }

  /** Empty: another process has it. Blocks, and waits for nobody. */
  static Optional<FloorTurn> take(Database database) {
    try {
      var session = database.dedicated("redoubt-floor", SOCKET_SECONDS);
      boolean taken = false;
      try {
        taken = isTaken(session);
        return taken ? Optional.of(new FloorTurn(session)) : Optional.empty();
      } finally {
        if (!taken) {
          session.close();
        }
      }
    } catch (SQLException e) {
      throw new DatabaseUnavailableException("a floor cannot be rolled out now", e);
    }
  }

  private static boolean isTaken(Connection session) throws SQLException {
    // The server may not hear that a process has gone, with its whole machine, say.
    try (var statement =
        session.prepareStatement(
            "SELECT set_config('idle_session_timeout', '2min', false), pg_try_advisory_lock(?)")) {
      statement.setLong(1, LOCK);
      try (var rows = statement.executeQuery()) {
        return rows.next() && rows.getBoolean(2);
      }
    }
  }

  /**
   * The same, which is in use. Blocks; fails where another process may have it by now: what was
   * published meanwhile was published under the organization's own lock.
   */
  FloorTurn held() {
    if (!isOpen()) {
      throw new DatabaseUnavailableException("another process may be rolling out the floor");
    }
    return this;
  }

  private boolean isOpen() {
    try {
      return session.isValid(SOCKET_SECONDS);
    } catch (SQLException e) {
      LOG.debug("The session of the turn cannot be asked", e);
      return false;
    }
  }

  /** It is free when this returns, unless the database is away. */
  @Override
  public void close() {
    try (session;
        var statement = session.prepareStatement("SELECT pg_advisory_unlock(?)")) {
      statement.setLong(1, LOCK);
      statement.execute();
    } catch (SQLException e) {
      LOG.debug("Closing a session that was gone", e);
    }
  }
}
