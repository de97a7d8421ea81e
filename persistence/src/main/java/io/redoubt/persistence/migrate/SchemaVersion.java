package io.redoubt.persistence.migrate;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseUnavailableException;
import java.util.Arrays;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;

/** Makes sure that the schema is the one this program was built for (decision 1). */
public final class SchemaVersion {
  private SchemaVersion() {}

  /**
   * Answers the version where the schema fits.
   *
   * @throws IllegalStateException with a plain sentence where it does not
   * @throws DatabaseUnavailableException where nobody can tell
   */
  public static String require(Database database) {
    if (!database.reachable()) {
      // Behind a question mark may be a password, and before an at sign.
      String url = database.config().url().replaceFirst("\\?.*", "").replaceFirst("//.*@", "//");
      throw new DatabaseUnavailableException("The database at " + url + " cannot be reached.");
    }
    // On connections of its own: Flyway needs several at once, and a pool may have one.
    var config = database.config();
    var flyway =
        Migrations.configure()
            .dataSource(config.url(), config.user(), config.password().reveal())
            .load();
    String needed =
        Arrays.stream(flyway.info().all())
            .filter(info -> info.getState().isResolved())
            .map(SchemaVersion::version)
            .reduce("none", (_, last) -> last);
    String found = history(database);
    if (!found.equals(needed)) {
      throw new IllegalStateException(
          "The database schema is at version "
              + found
              + ", and this program needs version "
              + needed
              + ". Run `redoubt migrate`, or start the release that fits.");
    }
    try {
      flyway.validate();
    } catch (FlywayException e) {
      throw new IllegalStateException(
          "The database schema was not made by this release's migrations: " + e.getMessage(), e);
    }
    return found;
  }

  private static String version(MigrationInfo info) {
    return info.getVersion() == null ? "none" : info.getVersion().getVersion();
  }

  private static String history(Database database) {
    return database.inTransactionBlocking(handle -> {
      boolean exists =
          handle
              .createQuery("SELECT to_regclass('migration.flyway_schema_history') IS NOT NULL")
              .mapTo(Boolean.class)
              .one();
      return exists
          ? handle
              .createQuery(
                  "SELECT version FROM migration.flyway_schema_history"
                      + " WHERE success AND version IS NOT NULL"
                      + " ORDER BY installed_rank DESC LIMIT 1")
              .mapTo(String.class)
              .findOne()
              .orElse("none")
          : "none";
    });
  }
}
