package io.redoubt.persistence.enclave;

import io.redoubt.audit.AuditLog;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.audit.AuditOutcome;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The starts of nodes, and the end of those that died: nothing more is permitted to them, and their
 * open intents get the outcome {@code unknown} (G4).
 */
final class Incarnations {
  private static final Logger LOG = LoggerFactory.getLogger(Incarnations.class);
  private static final int SETTLED_AT_ONCE = 500;

  /** A start of a node. */
  record Begun(long incarnation, int epoch, long floor) {}

  private final Database database;
  private final InstantSource clock;

  Incarnations(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  Begun begin(String node) {
    return database.inTransactionBlocking(handle -> {
      int epoch = handle.createQuery("SELECT enclave.enter_epoch()").mapTo(Integer.class).one();
      return handle
          .createQuery(
              "INSERT INTO enclave.incarnation (node, floor_epoch) VALUES (:node, :epoch)"
                  + " RETURNING id, floor::text::bigint")
          .bind("node", node)
          .bind("epoch", epoch)
          .map((row, _) -> new Begun(row.getLong(1), epoch, row.getLong(2)))
          .one();
    });
  }

  /** Earlier starts of the node, which are over: there is one process of that name. */
  List<Long> earlier(String node, long incarnation) {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery(
                "SELECT id FROM enclave.incarnation"
                    + " WHERE node = :node AND id < :incarnation AND settled_at IS NULL")
            .bind("node", node)
            .bind("incarnation", incarnation)
            .mapTo(Long.class)
            .list());
  }

  /** Permits nothing more to the incarnation; waits for what is being permitted. */
  void close(long incarnation) {
    boolean _ =
        database.inTransactionBlocking(handle ->
            handle
                .createQuery("SELECT true FROM enclave.close_incarnation(:incarnation)")
                .bind("incarnation", incarnation)
                .mapTo(Boolean.class)
                .one());
  }

  /** Gives every open intent of a closed incarnation its outcome; answers how many. */
  int settle(long incarnation, AuditLog log) {
    int settled = 0;
    while (true) {
      var open = open(incarnation);
      if (open.isEmpty()) {
        break;
      }
      conclude(open, Outcome.Status.UNKNOWN, "node-died", log).toCompletableFuture().join();
      settled += open.size();
    }
    int _ =
        database.inTransactionBlocking(handle ->
            handle
                .createUpdate(
                    "UPDATE enclave.incarnation SET settled_at = now() WHERE id = :incarnation")
                .bind("incarnation", incarnation)
                .execute());
    if (settled > 0) {
      LOG.warn("{} open intents of incarnation {} ended as unknown", settled, incarnation);
    }
    return settled;
  }

  private List<OpenIntents.Key> open(long incarnation) {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery("SELECT organization_id, id FROM enclave.open_intents(:i, :limit)")
            .bind("i", incarnation)
            .bind("limit", SETTLED_AT_ONCE)
            .map((row, _) -> key(row.getObject(1, UUID.class), row.getObject(2, UUID.class)))
            .list());
  }

  /** Of these intents the ones that were written and are still open. */
  List<OpenIntents.Key> openAmong(List<OpenIntents.Key> asked) {
    var organizations = asked.stream().map(key -> key.organization().toString()).toList();
    var ids = asked.stream().map(key -> key.id().toString()).toList();
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery("SELECT organization_id, id FROM enclave.open_among(:orgs, :ids)")
            .bindArray("orgs", String.class, organizations)
            .bindArray("ids", String.class, ids)
            .map((row, _) -> key(row.getObject(1, UUID.class), row.getObject(2, UUID.class)))
            .list());
  }

  CompletionStage<Void> conclude(
      List<OpenIntents.Key> intents, Outcome.Status status, String why, AuditLog log) {
    var now = clock.instant();
    return CompletableFuture.allOf(
        intents.stream()
            .map(key ->
                log.conclude(
                        new AuditOutcome(
                            new AuditId(key.id()),
                            new OrganizationId(key.organization()),
                            now,
                            new Outcome(status, 0, null, why)))
                    .toCompletableFuture())
            .toArray(CompletableFuture[]::new));
  }

  /** The database's oldest running transaction. */
  long oldestTransaction() {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            .mapTo(Long.class)
            .one());
  }

  /** Notes that every intent of the incarnation below that transaction is settled. */
  void raiseFloor(long incarnation, int epoch, long floor) {
    int _ =
        database.inTransactionBlocking(handle ->
            handle
                .createUpdate(
                    "UPDATE enclave.incarnation"
                        + " SET floor_epoch = :epoch, floor = :floor::text::xid8"
                        + " WHERE id = :incarnation")
                .bind("epoch", epoch)
                .bind("floor", floor)
                .bind("incarnation", incarnation)
                .execute());
  }

  private static OpenIntents.Key key(UUID organization, UUID id) {
    return new OpenIntents.Key(organization, id);
  }
}
