package io.redoubt.persistence.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseConfig;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.persistence.postgres.DatabaseUnavailableException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class MigrationsTest {
  @Test
  void migratingTwiceChangesNothingTheSecondTime() {
    try (var database = TemporaryDatabase.createEmpty()) {
      int first = migrate(database, DatabaseRole.MIGRATOR);
      int second = migrate(database, DatabaseRole.MIGRATOR);

      assertThat(first).isPositive();
      assertThat(second).isZero();
    }
  }

  @Test
  void aServiceCannotMigrate() {
    try (var database = TemporaryDatabase.createEmpty()) {
      assertThatThrownBy(() -> migrate(database, DatabaseRole.ENCLAVE))
          .hasMessageContaining("permission denied");
    }
  }

  @Test
  void aServiceStartsOnlyOnItsOwnSchemaVersion() {
    try (var database = TemporaryDatabase.create();
        var enclave = open(database, DatabaseRole.ENCLAVE)) {
      SchemaVersion.require(enclave);

      try (var migrator = open(database, DatabaseRole.MIGRATOR)) {
        migrator.inTransactionBlocking(handle ->
            handle.execute(
                "INSERT INTO migration.flyway_schema_history (installed_rank, version,"
                    + " description, type, script, installed_by, execution_time, success)"
                    + " VALUES (9999, '9999', 'newer', 'SQL', 'V9999__newer.sql', 'test', 0,"
                    + " true)"));
      }

      assertThatIllegalStateException()
          .isThrownBy(() -> SchemaVersion.require(enclave))
          .withMessageContaining("at version 9999")
          .withMessageContaining("redoubt migrate");
    }
  }

  @Test
  void anEmptyDatabaseIsRefusedWithAPlainSentence() {
    try (var database = TemporaryDatabase.createEmpty();
        var enclave = open(database, DatabaseRole.ENCLAVE)) {
      assertThatIllegalStateException()
          .isThrownBy(() -> SchemaVersion.require(enclave))
          .withMessageContaining("at version none");
    }
  }

  @Test
  void aDatabaseThatIsAwayIsNotAWrongSchema() {
    try (var database = TemporaryDatabase.create()) {
      var real = database.config(DatabaseRole.ENCLAVE, 1);
      var away =
          new DatabaseConfig(
              "jdbc:postgresql://127.0.0.1:1/redoubt",
              real.user(),
              real.password(),
              1,
              Duration.ofMillis(250));
      try (var enclave = Database.open(away, new SimpleMeterRegistry())) {
        assertThatThrownBy(() -> SchemaVersion.require(enclave))
            .isInstanceOf(DatabaseUnavailableException.class);
      }
    }
  }

  private static int migrate(TemporaryDatabase database, DatabaseRole role) {
    return Migrations.migrate(database.url(), role.user(), database.password(role));
  }

  private static Database open(TemporaryDatabase database, DatabaseRole role) {
    return Database.open(database.config(role, 1), new SimpleMeterRegistry());
  }
}
