package io.redoubt.persistence.enclave;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.agent.Fences;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.approval.JudgeAllowance;
import io.redoubt.audit.AuditLog;
import io.redoubt.audit.AuditLookup;
import io.redoubt.budget.Ledger;
import io.redoubt.connector.Connectors;
import io.redoubt.identity.SigningKeyDirectory;
import io.redoubt.link.LinkState;
import io.redoubt.organization.Organizations;
import io.redoubt.payload.PayloadStore;
import io.redoubt.persistence.batch.BatchLimits;
import io.redoubt.persistence.batch.BatchWriter;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.Failures;
import io.redoubt.persistence.sealing.Keyring;
import io.redoubt.policy.BundleStore;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.provider.Providers;
import io.redoubt.revocation.RevocationStore;
import io.redoubt.session.History;
import io.redoubt.singleton.Singletons;
import io.redoubt.singleton.Tenure;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything that one node of an enclave keeps in PostgreSQL, behind the ports it implements. */
public final class EnclaveStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EnclaveStore.class);

  private final EnclaveStoreConfig config;
  private final String node;
  private final Incarnations incarnations;
  private final Incarnations.Begun self;
  private final BatchWriter<AuditLine, AuditLog.Permit> auditWriter;
  private final BatchWriter<PayloadSql.Sealed, Boolean> payloadWriter;
  private final PostgresAuditLog auditLog;
  private final Settlement settlement;
  private final PostgresFences fences;
  private final PostgresRevocationStore revocations;
  private final SealedRegistry<ProviderSpec> providers;
  private final SealedRegistry<ConnectorSpec> connectors;
  private final PostgresOrganizations organizations;
  private final PostgresBundleStore bundles;
  private final PostgresPayloadStore payloads;
  private final PostgresApprovalBoard approvals;
  private final PostgresJudgeAllowance judgeAllowance;
  private final PostgresLinkState linkState;
  private final PostgresSigningKeyDirectory signingKeys;
  private final PostgresSingletons singletons;
  private final SharedSecrets secrets;
  private final Keyring keyring;
  private final Database database;
  private final ScheduledExecutorService housekeeping =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("enclave-store").factory());

  private EnclaveStore(
      Database database,
      Keyring keyring,
      EnclaveStoreConfig config,
      MeterRegistry metrics,
      Clock clock,
      String node) {
    this.config = config;
    this.node = node;
    this.database = database;
    this.incarnations = new Incarnations(database, clock);
    this.self = incarnations.begin(node);
    var open = new OpenIntents(config.audit().openIntents(), self.floor());
    Gauge.builder("redoubt.audit.open", open, OpenIntents::size)
        .description("intents of this node without a durable outcome")
        .register(metrics);
    this.auditWriter =
        new BatchWriter<>(
            "audit",
            config.audit().writers(),
            new BatchLimits(
                config.audit().queue(),
                config.audit().batch(),
                config.audit().batch(),
                config.audit().gather(),
                config.audit().outcomeGather()),
            config.writeTimeout(),
            database::dedicated,
            new AuditSql(
                self.incarnation(), self.epoch(), line -> open.doubt(line, System.nanoTime())),
            metrics);
    this.payloadWriter =
        new BatchWriter<>(
            "payload",
            1,
            new BatchLimits(
                config.payload().queueBytes(),
                config.payload().batch(),
                config.payload().batchBytes(),
                config.payload().gather(),
                config.payload().gather()),
            config.writeTimeout(),
            database::dedicated,
            new PayloadSql(),
            metrics);
    this.auditLog = new PostgresAuditLog(auditWriter, open);
    this.settlement = new Settlement(incarnations, self, open, auditLog, config.certainty());
    this.keyring = keyring;
    this.secrets = new SharedSecrets(database, keyring);
    this.fences = new PostgresFences(database);
    this.revocations = new PostgresRevocationStore(database);
    this.providers = new SealedRegistry<>(PostgresProviders.FORM, database, keyring);
    this.connectors = new SealedRegistry<>(PostgresConnectors.FORM, database, keyring);
    this.organizations = new PostgresOrganizations(database);
    this.bundles = new PostgresBundleStore(database);
    this.payloads = new PostgresPayloadStore(database, keyring, payloadWriter);
    this.approvals = new PostgresApprovalBoard(database, keyring);
    this.judgeAllowance = new PostgresJudgeAllowance(database);
    this.linkState = new PostgresLinkState(database, secrets);
    this.signingKeys = new PostgresSigningKeyDirectory(database, secrets);
    this.singletons = new PostgresSingletons(database);
  }

  /**
   * Begins a new incarnation of the node.
   *
   * @param node its name, the same after a restart, and of one process at a time
   * @throws io.redoubt.persistence.postgres.DatabaseUnavailableException if the database is away
   */
  public static EnclaveStore open(
      Database database,
      Keyring keyring,
      EnclaveStoreConfig config,
      MeterRegistry metrics,
      Clock clock,
      String node) {
    return new EnclaveStore(database, keyring, config, metrics, clock, node);
  }

  /**
   * Loads what is served from memory, and ends what earlier incarnations of this node left open.
   * Blocks until that is done.
   */
  public void start() {
    refreshNow();
    for (long earlier : incarnations.earlier(node, self.incarnation())) {
      end(earlier);
    }
    every(config.settleInterval(), settlement::run);
    every(config.refreshInterval(), this::refreshNow);
  }

  /** Whether the last attempt to write audit failed, not longer ago than that. */
  public boolean auditFailedWithin(Duration span) {
    return auditWriter.failedWithin(span);
  }

  /** This start of this node: what other nodes name when they call {@link #departed}. */
  public long incarnation() {
    return self.incarnation();
  }

  /**
   * Another node is gone for good: from here on nothing is permitted to it, and its open intents
   * end as {@code unknown}.
   *
   * @return how many there were
   */
  public CompletionStage<Integer> departed(long incarnation) {
    if (incarnation == self.incarnation()) {
      throw new IllegalArgumentException("this node has not departed");
    }
    return database.blocking(() -> end(incarnation));
  }

  /** Reads anew what is served from memory: another node has changed it. */
  public CompletionStage<Void> refresh() {
    return database.blocking(() -> {
      refreshNow();
      return null;
    });
  }

  public AuditLog auditLog() {
    return auditLog;
  }

  public AuditLookup auditLookup() {
    return new PostgresAuditLookup(database);
  }

  public Fences fences() {
    return fences;
  }

  public RevocationStore revocations() {
    return revocations;
  }

  public Providers providers() {
    return new PostgresProviders(providers, database);
  }

  public Connectors connectors() {
    return new PostgresConnectors(connectors, database);
  }

  public Organizations organizations() {
    return organizations;
  }

  public BundleStore bundles() {
    return bundles;
  }

  public History history() {
    return new PostgresHistory(database);
  }

  public Ledger ledger() {
    return new PostgresLedger(database);
  }

  public PayloadStore payloads() {
    return payloads;
  }

  public ApprovalBoard approvals() {
    return approvals;
  }

  public JudgeAllowance judgeAllowance() {
    return judgeAllowance;
  }

  public LinkState linkState() {
    return linkState;
  }

  public Singletons singletons() {
    return singletons;
  }

  /** What the holder of a singleton writes through; good for as long as the tenure is. */
  public HeldStore heldIn(Tenure tenure) {
    var held = database.onCondition(handle -> PostgresSingletons.require(handle, tenure));
    return new HeldStore(
        held,
        new PostgresLinkState(held, secrets),
        new PostgresAuditOutbox(database, held),
        organizations.writingThrough(held),
        new PostgresProviders(providers, held),
        new PostgresConnectors(connectors, held),
        new PostgresBundleStore(held),
        new PostgresSigningKeyDirectory(held, secrets),
        new PostgresRevocationStore(held),
        new PostgresPayloadStore(held, keyring, payloadWriter),
        new PostgresApprovalBoard(held, keyring));
  }

  public SigningKeyDirectory signingKeys() {
    return signingKeys;
  }

  /** What housekeeping does from time to time, at once. */
  void settleNow() {
    settlement.run();
  }

  private int end(long incarnation) {
    incarnations.close(incarnation);
    return incarnations.settle(incarnation, auditLog);
  }

  private void refreshNow() {
    organizations.refresh();
    providers.refresh();
    connectors.refresh();
  }

  private void every(Duration interval, Runnable work) {
    var _ =
        housekeeping.scheduleWithFixedDelay(
            () -> {
              try {
                work.run();
              } catch (RuntimeException e) {
                if (Failures.isUnavailable(e)) {
                  LOG.debug("the database is away; trying again later");
                } else {
                  LOG.error("housekeeping failed", e);
                }
              }
            },
            interval.toMillis(),
            interval.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /** Writes what waits; later calls of the ports fail. */
  @Override
  public void close() {
    housekeeping.shutdownNow();
    payloadWriter.close();
    auditWriter.close();
  }
}
