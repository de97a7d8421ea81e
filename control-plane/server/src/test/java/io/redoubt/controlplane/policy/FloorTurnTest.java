package io.redoubt.controlplane.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.persistence.postgres.DatabaseUnavailableException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FloorTurnTest {
  private final TemporaryDatabase postgres = TemporaryDatabase.create();

  private final Database database =
      Database.open(
          postgres.config(DatabaseRole.CONTROL, 2),
          new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));

  @AfterAll
  void close() {
    database.close();
    postgres.close();
  }

  @Test
  void oneProcessHasItAtATime() {
    var first = FloorTurn.take(database).orElseThrow();

    assertThat(FloorTurn.take(database)).isEmpty();
    assertThat(first.held()).isSameAs(first);
    first.close();
    FloorTurn.take(database).orElseThrow().close();
  }

  @Test
  void whoLosesItsSessionHasItNoMore() {
    var lost = FloorTurn.take(database).orElseThrow();

    assertThat(terminated()).isTrue();

    assertThatExceptionOfType(DatabaseUnavailableException.class).isThrownBy(lost::held);
    FloorTurn.take(database).orElseThrow().close();
    lost.close();
  }

  private boolean terminated() {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery(
                """
                SELECT pg_terminate_backend(l.pid, 5000)
                FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()
                """)
            .mapTo(Boolean.class)
            .one());
  }
}
