package io.redoubt.persistence.enclave;

import io.redoubt.persistence.postgres.Database;
import io.redoubt.singleton.Singleton;
import io.redoubt.singleton.Singletons;
import io.redoubt.singleton.SupersededException;
import io.redoubt.singleton.Tenure;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Tenures in PostgreSQL. */
final class PostgresSingletons implements Singletons {
  private final Database database;

  PostgresSingletons(Database database) {
    this.database = database;
  }

  /** Waits for the transactions that the tenure before has under way: they hold the row's lock. */
  @Override
  public CompletionStage<Tenure> take(Singleton singleton, String node) {
    return database.inTransaction(handle ->
        handle
            .createQuery(
                "INSERT INTO enclave.singleton AS s (name, epoch, node) VALUES (:name, 1, :node)"
                    + " ON CONFLICT (name) DO UPDATE"
                    + " SET epoch = s.epoch + 1, node = excluded.node,"
                    + " since = clock_timestamp()"
                    + " RETURNING epoch")
            .bind("name", singleton.wire())
            .bind("node", node)
            .mapTo(Long.class)
            .map(epoch -> new Tenure(singleton, epoch))
            .one());
  }

  @Override
  public CompletionStage<Map<Singleton, String>> holders() {
    return database.inTransaction(handle -> {
      var nodes =
          handle
              .createQuery("SELECT name, node FROM enclave.singleton")
              .map((row, _) -> Map.entry(row.getString(1), row.getString(2)))
              .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
      Map<Singleton, String> holders = new EnumMap<>(Singleton.class);
      for (Singleton singleton : Singleton.values()) {
        String node = nodes.get(singleton.wire());
        if (node != null) {
          holders.put(singleton, node);
        }
      }
      return holders;
    });
  }

  /**
   * From here to the end of the transaction the tenure stands.
   *
   * @throws SupersededException if it does not any more
   */
  static void require(Handle handle, Tenure tenure) {
    boolean stands =
        handle
            .createQuery(
                "SELECT true FROM enclave.singleton"
                    + " WHERE name = :name AND epoch = :epoch FOR SHARE")
            .bind("name", tenure.of().wire())
            .bind("epoch", tenure.epoch())
            .mapTo(Boolean.class)
            .findOne()
            .isPresent();
    if (!stands) {
      throw new SupersededException(
          "epoch " + tenure.epoch() + " of the " + tenure.of().wire() + " has ended");
    }
  }
}
