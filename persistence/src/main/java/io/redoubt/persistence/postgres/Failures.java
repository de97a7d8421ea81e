package io.redoubt.persistence.postgres;

import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells a database that is away from a statement that is wrong. */
public final class Failures {
  /** Classes of SQLSTATE that another attempt may cure: connection, resources, operator, system. */
  private static final Set<String> CLASSES = Set.of("08", "40", "53", "57", "58", "F0");

  /** Lock, idle and transaction time-outs. */
  private static final Set<String> STATES = Set.of("55P03", "25P03", "25P04");

  private static final String UNIQUE_VIOLATION = "23505";

  private Failures() {}

  /** Whether a row with the same key is there already. */
  public static boolean isUniqueViolation(@Nullable Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SQLException e && UNIQUE_VIOLATION.equals(e.getSQLState())) {
        return true;
      }
    }
    return false;
  }

  /** Whether the database is away or too busy, rather than the statement wrong. */
  public static boolean isUnavailable(@Nullable Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof DatabaseUnavailableException
          || (t instanceof SQLException e && isUnavailable(e))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isUnavailable(SQLException e) {
    if (e instanceof SQLTransientException
        || e instanceof SQLRecoverableException
        || e instanceof SQLTimeoutException) {
      return true;
    }
    String state = e.getSQLState();
    return state != null
        && state.length() == 5
        && (CLASSES.contains(state.substring(0, 2)) || STATES.contains(state));
  }

  /** The failure as callers are to see it. */
  public static RuntimeException translate(RuntimeException failure) {
    return isUnavailable(failure) && !(failure instanceof DatabaseUnavailableException)
        ? new DatabaseUnavailableException("the database did not answer", failure)
        : failure;
  }
}
