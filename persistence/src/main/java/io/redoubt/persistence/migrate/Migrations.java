package io.redoubt.persistence.migrate;

import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.secret.Secret;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/** Brings the schema up to date. Only the migrator role can, and only this changes it. */
public final class Migrations {
  /** Holds Flyway's history, apart from what it describes. */
  static final String HISTORY_SCHEMA = "migration";

  /** The oldest PostgreSQL that knows every setting Redoubt relies on. */
  private static final int OLDEST_SERVER = 17;

  private Migrations() {}

  /**
   * Applies what is missing; nothing, if nothing is.
   *
   * @param user a role that owns the database: {@code redoubt_migrator}
   * @return how many migrations were applied
   * @throws IllegalStateException with a plain sentence where the server is too old or lacks a role
   */
  public static int migrate(String url, String user, Secret password) {
    checkServer(url, user, password);
    return configure().dataSource(url, user, password.reveal()).load().migrate().migrationsExecuted;
  }

  static FluentConfiguration configure() {
    return Flyway.configure(Migrations.class.getClassLoader())
        .locations("classpath:db/migration")
        .schemas(HISTORY_SCHEMA)
        .defaultSchema(HISTORY_SCHEMA)
        .createSchemas(true)
        .cleanDisabled(true)
        .placeholderReplacement(false);
  }

  private static void checkServer(String url, String user, Secret password) {
    try (var connection = DriverManager.getConnection(url, user, password.reveal());
        var statement =
            connection.prepareStatement("SELECT count(*) FROM pg_roles WHERE rolname = ?")) {
      int version = connection.getMetaData().getDatabaseMajorVersion();
      if (version < OLDEST_SERVER) {
        throw new IllegalStateException(
            "Redoubt needs PostgreSQL " + OLDEST_SERVER + " or newer; this server is " + version);
      }
      var missing = new ArrayList<String>();
      for (var role : DatabaseRole.values()) {
        statement.setString(1, role.user());
        try (var rows = statement.executeQuery()) {
          if (rows.next() && rows.getInt(1) == 0) {
            missing.add(role.user());
          }
        }
      }
      if (!missing.isEmpty()) {
        throw new IllegalStateException(
            "The database lacks the roles "
                + String.join(", ", missing)
                + ". Its administrator creates them with: CREATE ROLE <name> LOGIN PASSWORD '…'");
      }
    } catch (SQLException e) {
      throw new IllegalStateException("The database cannot be reached: " + e.getMessage(), e);
    }
  }
}
