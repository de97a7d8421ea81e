package io.redoubt.controlplane;

import io.redoubt.controlplane.key.SigningKeys;
import io.redoubt.http.HealthReport;
import io.redoubt.persistence.postgres.Database;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Whether the control plane can do its work right now: it needs its database and a key to sign. */
final class Readiness {
  private final Database database;
  private final SigningKeys keys;

  Readiness(Database database, SigningKeys keys) {
    this.database = database;
    this.keys = keys;
  }

  CompletionStage<HealthReport> report() {
    return CompletableFuture.supplyAsync(
        () -> {
          boolean reachable = database.reachable();
          boolean signs = !keys.published().keys().isEmpty();
          return new HealthReport(
              reachable && signs, Map.of("database", reachable, "signing_key", signs));
        },
        Thread::startVirtualThread);
  }
}
