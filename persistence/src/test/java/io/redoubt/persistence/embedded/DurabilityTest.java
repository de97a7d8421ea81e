package io.redoubt.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.persistence.postgres.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A server of somebody else's, whose administrator does with its settings as he likes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class DurabilityTest {
  @TempDir(cleanup = CleanupMode.NEVER)
  static Path parent;

  private EmbeddedPostgres server;
  private Database database;

  @BeforeAll
  void start() {
    server =
        EmbeddedPostgres.start(parent.resolve("postgres"), TemporaryServer.programs(), 0, true);
    database = Database.open(server.config(DatabaseRole.ENCLAVE, 1), new SimpleMeterRegistry());
  }

  @AfterAll
  void stop() throws IOException {
    database.close();
    server.close();
    Trees.delete(parent);
  }

  @AfterEach
  void setRight() throws SQLException {
    set("fsync", "on");
    set("full_page_writes", "on");
    set(Durability.ACCEPTS_LOSS, "off");
  }

  @Test
  void aServerThatKeepsItsWordIsAccepted() {
    Durability.require(database);
  }

  @Test
  void aServerThatDoesNotWaitForTheDiskIsRefused() throws SQLException {
    set("fsync", "off");

    assertThatIllegalStateException()
        .isThrownBy(() -> Durability.require(database))
        .withMessageContaining("PostgreSQL runs with fsync = off")
        .withMessageContaining("ALTER SYSTEM SET fsync = on");
  }

  @Test
  void aServerWhosePagesMayBeTornIsRefused() throws SQLException {
    set("full_page_writes", "off");

    assertThatIllegalStateException()
        .isThrownBy(() -> Durability.require(database))
        .withMessageContaining("PostgreSQL runs with full_page_writes = off");
  }

  @Test
  void onlyTheServersOwnAdministratorCanSayThatLossIsFine() throws SQLException {
    set("fsync", "off");
    set(Durability.ACCEPTS_LOSS, "on");

    Durability.require(database);
  }

  private void set(String name, String value) throws SQLException {
    try (var admin =
            DriverManager.getConnection(
                server.url(), RoleSecrets.ADMIN, server.adminPassword().reveal());
        var statement = admin.createStatement()) {
      statement.execute("ALTER SYSTEM SET " + name + " = " + value);
      statement.execute("SELECT pg_reload_conf()");
    }
    // Each session hears of it in its own time, also the one that is asked.
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(
                    database.<String>inTransactionBlocking(handle ->
                        handle
                            .createQuery("SELECT current_setting(:name, true)")
                            .bind("name", name)
                            .mapTo(String.class)
                            .one()))
                .isEqualTo(value));
  }
}
