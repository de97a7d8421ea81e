package io.redoubt.persistence.batch;

import io.redoubt.persistence.postgres.Failures;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A writer's own connection, with its one statement prepared; made anew when it has broken. */
final class BatchConnection<I, O> implements AutoCloseable {
  private final ConnectionSource source;
  private final BatchSql<I, O> sql;
  private final String purpose;
  private final int timeoutSeconds;
  private @Nullable Connection connection;
  private @Nullable PreparedStatement statement;

  BatchConnection(ConnectionSource source, BatchSql<I, O> sql, String purpose, int timeoutSeconds) {
    this.source = source;
    this.sql = sql;
    this.purpose = purpose;
    this.timeoutSeconds = timeoutSeconds;
  }

  List<O> write(List<I> items, boolean repeated) throws SQLException {
    try {
      return sql.write(statement(), items, repeated);
    } catch (SQLException e) {
      if (Failures.isUnavailable(e)) {
        close();
      }
      throw e;
    }
  }

  /** A broken connection is worth a second attempt; a server that was silent so long is not. */
  boolean mayTryAgain(long startedNanos) {
    return System.nanoTime() - startedNanos < TimeUnit.SECONDS.toNanos(timeoutSeconds) / 2;
  }

  private PreparedStatement statement() throws SQLException {
    var ready = statement;
    if (ready != null) {
      return ready;
    }
    var fresh = source.open(purpose, timeoutSeconds);
    connection = fresh;
    ready = fresh.prepareStatement(sql.text());
    statement = ready;
    return ready;
  }

  @Override
  public void close() {
    var open = connection;
    connection = null;
    statement = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException _) {
        // broken, and gone in any case
      }
    }
  }
}
