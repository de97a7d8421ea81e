package io.redoubt.standalone.settings;

import io.redoubt.cli.command.CommandFailure;

/** The address of a PostgreSQL, as it is typed. */
public final class DatabaseUrl {
  private DatabaseUrl() {}

  /**
   * Takes an address as people write it, and as JDBC wants it.
   *
   * @return as JDBC wants it
   */
  public static String read(String text) {
    String url =
        text.startsWith("jdbc:") ? text : "jdbc:" + text.replaceFirst("^postgres:", "postgresql:");
    if (!url.startsWith("jdbc:postgresql://")) {
      throw CommandFailure.usage(
          "--database-url is written postgresql://HOST:PORT/DATABASE, not " + text + ".");
    }
    if (url.contains("@")) {
      throw CommandFailure.usage(
          "--database-url names no user: every part of Redoubt has a role of its own."
              + " Set REDOUBT_MIGRATOR_DATABASE_PASSWORD, REDOUBT_CONTROL_DATABASE_PASSWORD and"
              + " REDOUBT_ENCLAVE_DATABASE_PASSWORD.");
    }
    return url;
  }
}
