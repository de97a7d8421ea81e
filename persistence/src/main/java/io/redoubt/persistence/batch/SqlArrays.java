package io.redoubt.persistence.batch;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Arrays as parameters, in PostgreSQL's binary form, which needs neither quoting nor parsing. */
public final class SqlArrays {
  private SqlArrays() {}

  public static void text(PreparedStatement statement, int index, @Nullable String[] values)
      throws SQLException {
    statement.setArray(index, statement.getConnection().createArrayOf("text", values));
  }

  public static void numbers(PreparedStatement statement, int index, @Nullable Long[] values)
      throws SQLException {
    statement.setArray(index, statement.getConnection().createArrayOf("int8", values));
  }

  public static void bytes(PreparedStatement statement, int index, byte @Nullable [][] values)
      throws SQLException {
    statement.setArray(index, statement.getConnection().createArrayOf("bytea", values));
  }
}
