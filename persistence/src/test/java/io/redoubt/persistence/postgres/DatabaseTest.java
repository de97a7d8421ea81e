package io.redoubt.persistence.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.protocol.secret.Secret;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DatabaseTest {
  private TemporaryDatabase temporary;

  @BeforeAll
  void start() {
    temporary = TemporaryDatabase.create();
  }

  @AfterAll
  void stop() {
    temporary.close();
  }

  @Test
  void aFailedTransactionLeavesNothing() {
    try (var database = open(1)) {
      assertThatThrownBy(() ->
              database.inTransactionBlocking(handle -> {
                handle.execute("INSERT INTO enclave.shared_secret VALUES ('half', '\\x00')");
                throw new IllegalArgumentException("changed my mind");
              }))
          .hasMessage("changed my mind");

      Integer found =
          database.inTransactionBlocking(handle ->
              handle
                  .createQuery("SELECT count(*) FROM enclave.shared_secret")
                  .mapTo(Integer.class)
                  .one());
      assertThat(found).isZero();
    }
  }

  @Test
  void aRefusedRowIsNotQuotedInTheFailure() {
    try (var database = open(1)) {
      assertThatThrownBy(() ->
              database.inTransactionBlocking(handle ->
                  handle.execute("INSERT INTO enclave.shared_secret VALUES ('quoted-name', NULL)")))
          .rootCause()
          .hasMessageContaining("shared_secret")
          .hasMessageNotContaining("quoted-name");
    }
  }

  @Test
  void whatComesOnTopOfTheBoundFailsAtOnce() {
    try (var database = open(1)) {
      var gate = new CountDownLatch(1);
      var calls = new ArrayList<CompletableFuture<Integer>>();
      for (int i = 0; i < 100; i++) {
        calls.add(
            database
                .blocking(() -> {
                  try {
                    gate.await();
                    return 1;
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                })
                .toCompletableFuture());
      }

      long refused = calls.stream().filter(CompletableFuture::isCompletedExceptionally).count();
      gate.countDown();

      assertThat(refused).isEqualTo(100 - 32);
      assertThat(calls.getLast())
          .failsWithin(Duration.ZERO)
          .withThrowableOfType(java.util.concurrent.ExecutionException.class)
          .withCauseInstanceOf(DatabaseUnavailableException.class);
      assertThat(calls.getFirst()).succeedsWithin(Duration.ofSeconds(5));
    }
  }

  @Test
  void aDatabaseThatIsAwayIsUnavailableAndNotAnError() {
    var real = temporary.config(DatabaseRole.ENCLAVE, 1);
    var away =
        new DatabaseConfig(
            "jdbc:postgresql://127.0.0.1:1/redoubt",
            real.user(),
            real.password(),
            1,
            Duration.ofMillis(300));
    try (var database = Database.open(away, new SimpleMeterRegistry())) {
      assertThat(database.reachable()).isFalse();
      assertThatThrownBy(() -> database.inTransactionBlocking(handle -> handle.execute("SELECT 1")))
          .isInstanceOf(DatabaseUnavailableException.class);
    }
  }

  @Test
  void aSessionThatTheServerEndsIsUnavailableAndTheNextIsFine() {
    try (var database = open(1)) {
      assertThatThrownBy(() ->
              database.inTransactionBlocking(
                  handle -> handle.execute("SELECT pg_terminate_backend(pg_backend_pid())")))
          .isInstanceOf(DatabaseUnavailableException.class);

      assertThat(database.reachable()).isTrue();
    }
  }

  @Test
  void aWrongStatementIsNotUnavailable() {
    try (var database = open(1)) {
      assertThatThrownBy(() -> database.inTransactionBlocking(handle -> handle.execute("SELEC 1")))
          .isNotInstanceOf(DatabaseUnavailableException.class);
    }
  }

  @Test
  void everyTransactionHasTimeLimits() {
    try (var database = open(1)) {
      String found =
          database.inTransactionBlocking(handle ->
              handle
                  .createQuery(
                      "SELECT current_setting('transaction_timeout') || ' ' ||"
                          + " current_setting('idle_in_transaction_session_timeout')")
                  .mapTo(String.class)
                  .one());
      assertThat(found).isEqualTo("15s 5s");
    }
  }

  @Test
  void commitsWaitForTheDiskWhateverTheDatabasesDefaultIs() throws SQLException {
    for (var weaker : List.of("off", "local", "remote_write")) {
      setDefault(weaker);

      assertThat(commitsOfPool()).as(weaker).isEqualTo("on");
      assertThat(commitsOfDedicated()).as(weaker).isEqualTo("on");
    }
  }

  @Test
  void commitsThatWaitForMoreThanTheDiskStayAsTheyAre() throws SQLException {
    setDefault("remote_apply");

    assertThat(commitsOfPool()).isEqualTo("remote_apply");
    assertThat(commitsOfDedicated()).isEqualTo("remote_apply");
  }

  private void setDefault(String synchronousCommit) {
    try (var owner =
        Database.open(temporary.config(DatabaseRole.MIGRATOR, 1), new SimpleMeterRegistry())) {
      String name = temporary.url().substring(temporary.url().lastIndexOf('/') + 1);
      owner.inTransactionBlocking(handle ->
          handle.execute(
              "ALTER DATABASE " + name + " SET synchronous_commit = '" + synchronousCommit + "'"));
    }
  }

  private String commitsOfPool() {
    try (var database = open(1)) {
      return database.inTransactionBlocking(handle ->
          handle
              .createQuery("SELECT current_setting('synchronous_commit')")
              .mapTo(String.class)
              .one());
    }
  }

  private String commitsOfDedicated() throws SQLException {
    var config = temporary.config(DatabaseRole.ENCLAVE, 1);
    try (var connection = Database.dedicated(config, "test", 5);
        var rows = connection.createStatement().executeQuery("SHOW synchronous_commit")) {
      rows.next();
      return rows.getString(1);
    }
  }

  @Test
  void settingsAreReadFromTheirSection() {
    var config = DatabaseConfig.from(ConfigFactory.load().getConfig("redoubt.enclave.database"));

    assertThat(config.user()).isEqualTo("redoubt_enclave");
    assertThat(config.poolSize()).isEqualTo(6);
    assertThat(config.connectionTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(
            DatabaseConfig.from(ConfigFactory.load().getConfig("redoubt.control-plane.database")))
        .extracting(DatabaseConfig::user)
        .isEqualTo("redoubt_control");
  }

  @Test
  void anImpossibleSettingIsRefusedByName() {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new DatabaseConfig("jdbc:postgresql:x", "u", Secret.of(""), 0, Duration.ofSeconds(3)))
        .withMessageContaining("database.pool-size");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new DatabaseConfig("jdbc:h2:x", "u", Secret.of(""), 1, Duration.ofSeconds(3)))
        .withMessageContaining("database.url");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new DatabaseConfig("jdbc:postgresql:x", " ", Secret.of(""), 1, Duration.ofSeconds(3)))
        .withMessageContaining("database.user");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new DatabaseConfig("jdbc:postgresql:x", "u", Secret.of(""), 1, Duration.ofMillis(1)))
        .withMessageContaining("database.connection-timeout");
  }

  private Database open(int poolSize) {
    return Database.open(
        temporary.config(DatabaseRole.ENCLAVE, poolSize), new SimpleMeterRegistry());
  }
}
