package io.redoubt.persistence.embedded;

import io.redoubt.persistence.migrate.Migrations;
import io.redoubt.persistence.postgres.DatabaseConfig;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.secret.Secret;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A migrated database for one test, empty and all its own, in a fraction of a second: it is copied
 * from one that was migrated once.
 */
public final class TemporaryDatabase implements AutoCloseable {
  private static final String TEMPLATE = "redoubt_template";
  private static final AtomicInteger COUNT = new AtomicInteger();

  private final EmbeddedPostgres server;
  private final String name;

  private TemporaryDatabase(EmbeddedPostgres server, String name) {
    this.server = server;
    this.name = name;
  }

  private static final class Template {
    static final EmbeddedPostgres SERVER = migrated();

    private static EmbeddedPostgres migrated() {
      var server = EmbeddedPostgres.temporary();
      try (var setup = new ServerSetup(server)) {
        setup.ensureDatabase(TEMPLATE);
      } catch (SQLException e) {
        throw new IllegalStateException("no database for tests", e);
      }
      Migrations.migrate(
          server.url(TEMPLATE),
          DatabaseRole.MIGRATOR.user(),
          server.password(DatabaseRole.MIGRATOR));
      return server;
    }
  }

  /** A fresh database with the whole schema. */
  public static TemporaryDatabase create() {
    var server = Template.SERVER;
    String name = "test_" + COUNT.incrementAndGet();
    // PostgreSQL copies one at a time.
    synchronized (TemporaryDatabase.class) {
      try (var setup = new ServerSetup(server)) {
        setup.copyDatabase(TEMPLATE, name);
      } catch (SQLException e) {
        throw new IllegalStateException("no database for a test", e);
      }
    }
    return new TemporaryDatabase(server, name);
  }

  /** A fresh database with nothing in it, for tests of the migrations themselves. */
  public static TemporaryDatabase createEmpty() {
    var server = EmbeddedPostgres.temporary();
    String name = "test_" + COUNT.incrementAndGet();
    try (var setup = new ServerSetup(server)) {
      setup.ensureDatabase(name);
    } catch (SQLException e) {
      throw new IllegalStateException("no database for a test", e);
    }
    return new TemporaryDatabase(server, name);
  }

  public String url() {
    return server.url(name);
  }

  public Secret password(DatabaseRole role) {
    return server.password(role);
  }

  /** How a role reaches this database. */
  public DatabaseConfig config(DatabaseRole role, int poolSize) {
    return new DatabaseConfig(url(), role.user(), password(role), poolSize, Duration.ofSeconds(3));
  }

  @Override
  public void close() {
    try (var setup = new ServerSetup(server)) {
      setup.dropDatabase(name);
    } catch (SQLException e) {
      throw new IllegalStateException("the test's database is still in use", e);
    }
  }
}
