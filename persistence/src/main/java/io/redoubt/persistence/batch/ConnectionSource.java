package io.redoubt.persistence.batch;

import java.sql.Connection;
import java.sql.SQLException;

/** Where a writer gets a connection that it keeps. */
@FunctionalInterface
public interface ConnectionSource {
  /**
   * Connects, in autocommit.
   *
   * @param purpose as the server shows it
   * @param socketTimeoutSeconds after which a silent server counts as gone
   */
  Connection open(String purpose, int socketTimeoutSeconds) throws SQLException;
}
