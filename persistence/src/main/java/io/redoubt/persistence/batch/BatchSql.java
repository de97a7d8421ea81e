package io.redoubt.persistence.batch;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** The one statement that writes a batch, whole or not at all. */
public interface BatchSql<I, O> {
  /** Its text; prepared once for each connection. */
  String text();

  /** Whether it may be run again where the answer of the first time was lost. */
  boolean mayBeRepeated();

  /**
   * Runs it.
   *
   * @param repeated whether an earlier attempt may have been carried out already
   * @return one answer for each item, in their order
   */
  List<O> write(PreparedStatement statement, List<I> items, boolean repeated) throws SQLException;
}
