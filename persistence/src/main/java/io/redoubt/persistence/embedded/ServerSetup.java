package io.redoubt.persistence.embedded;

import io.redoubt.persistence.postgres.DatabaseRole;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * What an administrator does on a new server, done here: roles, the database, a look at the
 * settings that durability hangs on. Each step may be repeated.
 */
final class ServerSetup implements AutoCloseable {
  private final EmbeddedPostgres server;
  private final Connection admin;

  ServerSetup(EmbeddedPostgres server) throws SQLException {
    this.server = server;
    this.admin =
        DriverManager.getConnection(
            server.url("postgres"), RoleSecrets.ADMIN, server.adminPassword().reveal());
  }

  /** What was asked for in a file may be overruled elsewhere, so ask the server itself (G1, G4). */
  void requireDurability(boolean durable) throws SQLException {
    requireSetting("synchronous_commit", "on");
    requireSetting("password_encryption", "scram-sha-256");
    if (durable) {
      requireSetting("fsync", "on");
      requireSetting("full_page_writes", "on");
    }
  }

  private void requireSetting(String name, String wanted) throws SQLException {
    String found = text("SELECT current_setting(?)", name);
    if (!found.equals(wanted)) {
      throw new IllegalStateException(
          "PostgreSQL runs with " + name + " = " + found + ", and must with " + wanted);
    }
  }

  void ensureRoles() throws SQLException {
    for (var role : DatabaseRole.values()) {
      String password = server.password(role).reveal();
      if (!exists("SELECT 1 FROM pg_roles WHERE rolname = ?", role.user())) {
        execute(text("SELECT format('CREATE ROLE %I', ?::text)", role.user()));
      }
      execute(
          text(
              "SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
                  + " PASSWORD %L', ?::text, ?::text)",
              role.user(), password));
    }
  }

  void ensureDatabase(String name) throws SQLException {
    if (!exists("SELECT 1 FROM pg_database WHERE datname = ?", name)) {
      execute(
          text(
              "SELECT format('CREATE DATABASE %I OWNER %I', ?::text, ?::text)",
              name, DatabaseRole.MIGRATOR.user()));
    }
  }

  /** A copy of a database that nobody is connected to. */
  void copyDatabase(String template, String name) throws SQLException {
    execute(
        text(
            "SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE %I', ?::text, ?::text, ?::text)",
            name, DatabaseRole.MIGRATOR.user(), template));
    // A copy does not inherit who may do what with the whole database.
    execute(text("SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', ?::text)", name));
    for (var role : DatabaseRole.values()) {
      execute(
          text(
              "SELECT format('GRANT CONNECT ON DATABASE %I TO %I', ?::text, ?::text)",
              name, role.user()));
    }
  }

  void dropDatabase(String name) throws SQLException {
    execute(text("SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', ?::text)", name));
  }

  private boolean exists(String sql, String argument) throws SQLException {
    try (PreparedStatement statement = admin.prepareStatement(sql)) {
      statement.setString(1, argument);
      try (var rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  private String text(String sql, String... arguments) throws SQLException {
    try (PreparedStatement statement = admin.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setString(i + 1, arguments[i]);
      }
      try (var rows = statement.executeQuery()) {
        rows.next();
        return rows.getString(1);
      }
    }
  }

  /** Runs a command that the server itself has put together and quoted. */
  private void execute(String command) throws SQLException {
    try (var statement = admin.createStatement()) {
      statement.execute(command);
    }
  }

  @Override
  public void close() throws SQLException {
    admin.close();
  }
}
