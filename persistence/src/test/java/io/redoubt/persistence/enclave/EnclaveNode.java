package io.redoubt.persistence.enclave;

import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.agent.AgentKey;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseConfig;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.persistence.sealing.FileKeyProvider;
import io.redoubt.persistence.sealing.KeySchema;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.singleton.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A node's store on a database of the test's own. */
final class EnclaveNode implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
  static final OrganizationId ACME = OrganizationId.next(CLOCK);
  static final OrganizationId GLOBEX = OrganizationId.next(CLOCK);
  private static final Path MASTER_KEY = masterKey();

  final String name;
  final Database database;
  final Keyring keyring;
  final EnclaveStore store;

  private EnclaveNode(DatabaseConfig config, String node, String settings) {
    name = node;
    database = Database.open(config, new SimpleMeterRegistry());
    keyring = new Keyring(FileKeyProvider.openOrCreate(MASTER_KEY), database, KeySchema.ENCLAVE);
    store =
        EnclaveStore.open(
            database,
            keyring,
            EnclaveStoreConfig.from(
                ConfigFactory.parseString(settings)
                    .withFallback(ConfigFactory.load().getConfig("redoubt.enclave.store"))),
            new SimpleMeterRegistry(),
            CLOCK,
            node);
    store.start();
  }

  static EnclaveNode start(TemporaryDatabase database) {
    return start(database, "node-1");
  }

  static EnclaveNode start(TemporaryDatabase database, String node) {
    return start(database.config(DatabaseRole.ENCLAVE, 4), node, "");
  }

  static EnclaveNode start(DatabaseConfig config, String node, String settings) {
    return new EnclaveNode(config, node, settings);
  }

  /** Begins a tenure, which ends any before it. */
  HeldStore hold(Singleton singleton) {
    return store.heldIn(await(store.singletons().take(singleton, name)));
  }

  private static Path masterKey() {
    try {
      Path directory = Files.createTempDirectory("redoubt-master-key");
      Path key = directory.resolve("master.key");
      key.toFile().deleteOnExit();
      return key;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static AgentKey agent(OrganizationId organization) {
    return new AgentKey(organization, AgentId.next(CLOCK));
  }

  static AuditRecord intent(AgentKey agent) {
    return new AuditBuilder(
            AuditId.next(CLOCK),
            NOW,
            agent.organization(),
            Plane.LLM,
            "llm:generate",
            Verdict.PERMIT)
        .agent(agent.agent(), "mbr_owner")
        .byAgent()
        .resource("model")
        .build();
  }

  static AuditOutcome outcome(AuditRecord intent) {
    return new AuditOutcome(
        intent.id(),
        intent.organizationId(),
        NOW,
        new Outcome(Outcome.Status.SUCCEEDED, 12, null, null));
  }

  static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is written under an id, outside every port: {@code half:status}. */
  List<String> halves(OrganizationId organization, AuditId id) {
    return database.inOrganizationBlocking(
        organization,
        handle ->
            handle
                .createQuery(
                    "SELECT half, document FROM enclave.audit WHERE id = :id ORDER BY half")
                .bind("id", id.uuid())
                .map((row, _) -> row.getInt(1) + ":" + status(row.getInt(1), row.getString(2)))
                .list());
  }

  private static String status(int half, String document) {
    var outcome =
        half == 1
            ? Documents.read(document, AuditRecord.class).outcome()
            : Documents.read(document, AuditOutcome.class).outcome();
    return outcome == null ? "-" : outcome.status().wire();
  }

  long rows(OrganizationId organization) {
    return database.inOrganizationBlocking(
        organization,
        handle -> handle.createQuery("SELECT count(*) FROM enclave.audit").mapTo(Long.class).one());
  }

  @Override
  public void close() {
    store.close();
    database.close();
  }
}
