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
import java.util.List;
import org.junit.jupiter.api.Test;

class MigrationsTest {
  /** A member who was an approver and is admin and viewer, with clients of every kind. */
  private static final String CLIENTS_OF_VERSION_9 =
      """
      INSERT INTO control.organization (id, name, created_at, updated_at)
        VALUES ('00000000-0000-0000-0000-000000000001', 'o', now(), now());
      INSERT INTO control.member (organization_id, id, name, created_at, updated_at)
        SELECT id, '00000000-0000-0000-0000-00000000000a', 'm', now(), now()
        FROM control.organization;
      INSERT INTO control.oauth_client (organization_id, id, name, member_id, secret_digest,
          permissions, created_at, created_by, rotated_at, deleted_at)
        SELECT o.id, c.id, c.name, c.member, sha256(''), c.permissions, now(), 'x', now(), c.deleted
        FROM control.organization o,
        (VALUES
          (CAST('00000000-0000-0000-0000-000000000011' AS uuid), 'all',
            CAST('00000000-0000-0000-0000-00000000000a' AS uuid), CAST('[]' AS jsonb),
            CAST(NULL AS timestamptz)),
          ('00000000-0000-0000-0000-000000000012', 'named',
            '00000000-0000-0000-0000-00000000000a', '[]', NULL),
          ('00000000-0000-0000-0000-000000000013', 'some',
            '00000000-0000-0000-0000-00000000000a', '["agents:read"]', NULL),
          ('00000000-0000-0000-0000-000000000014', 'gone',
            '00000000-0000-0000-0000-00000000000a', '[]', now()),
          ('00000000-0000-0000-0000-000000000015', 'service', NULL, '[]', NULL))
          AS c (id, name, member, permissions, deleted);
      INSERT INTO control.role_binding
          (organization_id, subject_id, role, granted_at, granted_by, revoked_at)
        SELECT o.id, b.subject, b.role, now(), 'x', b.revoked
        FROM control.organization o,
        (VALUES
          (CAST('00000000-0000-0000-0000-00000000000a' AS uuid), 'admin',
            CAST(NULL AS timestamptz)),
          ('00000000-0000-0000-0000-00000000000a', 'viewer', NULL),
          ('00000000-0000-0000-0000-00000000000a', 'approver', now()),
          ('00000000-0000-0000-0000-000000000012', 'auditor', NULL))
          AS b (subject, role, revoked);
      """;

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
  void aClientThatHadWhatItsMemberHadKeepsWhatThatIsNow() {
    try (var database = TemporaryDatabase.createEmpty();
        var migrator = open(database, DatabaseRole.MIGRATOR)) {
      Migrations.configure()
          .dataSource(
              database.url(),
              DatabaseRole.MIGRATOR.user(),
              database.password(DatabaseRole.MIGRATOR).reveal())
          .target("9")
          .load()
          .migrate();
      migrator.inTransactionBlocking(handle -> handle.execute(CLIENTS_OF_VERSION_9));

      migrate(database, DatabaseRole.MIGRATOR);

      List<String> bound =
          migrator.inTransactionBlocking(handle ->
              handle
                  .createQuery(
                      "SELECT c.name || ' ' || b.role FROM control.role_binding b"
                          + " JOIN control.oauth_client c ON c.id = b.subject_id"
                          + " WHERE b.revoked_at IS NULL ORDER BY 1")
                  .mapTo(String.class)
                  .list());
      assertThat(bound).containsExactly("all admin", "all viewer", "named auditor");
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
