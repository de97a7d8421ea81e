package io.redoubt.standalone.tour;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.embedded.EmbeddedPostgres;
import io.redoubt.persistence.postgres.DatabaseRole;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged product on a PostgreSQL that somebody else looks after. */
class OwnDatabaseIT {
  @TempDir Path directory;

  @TempDir Path elsewhere;

  private EmbeddedPostgres server;
  private Product product;

  @BeforeEach
  void start() {
    server = EmbeddedPostgres.start(elsewhere, 0);
    product = new Product(directory);
  }

  @AfterEach
  void stop() {
    product.type("down");
    server.close();
  }

  @Test
  void everythingIsKeptThereAndItIsLeftRunning() throws Exception {
    var up =
        product.type(
            Map.of(
                "REDOUBT_MIGRATOR_DATABASE_PASSWORD",
                server.password(DatabaseRole.MIGRATOR).reveal(),
                "REDOUBT_CONTROL_DATABASE_PASSWORD",
                server.password(DatabaseRole.CONTROL).reveal(),
                "REDOUBT_ENCLAVE_DATABASE_PASSWORD",
                server.password(DatabaseRole.ENCLAVE).reveal()),
            "up",
            "--demo",
            "--detach",
            "--port-offset",
            Integer.toString(product.portOffset()),
            "--database-url",
            "postgresql://127.0.0.1:" + server.port() + "/" + EmbeddedPostgres.DATABASE);

    assertThat(up.code()).as(up.toString()).isZero();
    assertThat(up.out()).contains("yours");
    assertThat(product.runtime().postgresPid()).isNull();
    assertThat(product.runtime().databaseUrl()).isEqualTo(server.url());
    assertThat(product.data().resolve("postgres")).doesNotExist();
    assertThat(product.type("login").code()).isZero();
    var hunt = new SecretHunt();
    var created = product.type("agent", "create", "tourist", "-o", "json");
    assertThat(created.code()).as(created.toString()).isZero();
    var agent = new AgentClient(product.runtime(), hunt);
    assertThat(agent.bootstrap(created.json().path("bootstrap_token").asText()).status())
        .isEqualTo(200);
    assertThat(agent.anthropic("hello", false).status()).isEqualTo(200);

    assertThat(product.type("down").code()).isZero();

    try (var connection =
            DriverManager.getConnection(
                server.url(),
                DatabaseRole.ENCLAVE.user(),
                server.password(DatabaseRole.ENCLAVE).reveal());
        var rows =
            connection
                .createStatement()
                .executeQuery("SELECT count(*) FROM enclave.event_journal")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getInt(1)).isPositive();
    }
  }
}
