package io.redoubt.enclave.readiness;

import io.redoubt.agent.Agents;
import io.redoubt.enclave.identity.NodeKeys;
import io.redoubt.enclave.link.LinkView;
import io.redoubt.enclave.membership.ClockWatch;
import io.redoubt.enclave.membership.ClusterView;
import io.redoubt.enclave.policy.FailOpen;
import io.redoubt.enclave.policy.PolicyKeeper;
import io.redoubt.enclave.revocation.RedisPath;
import io.redoubt.enclave.revocation.RevocationView;
import io.redoubt.http.HealthReport;
import io.redoubt.lease.Lease;
import io.redoubt.persistence.enclave.EnclaveStore;
import io.redoubt.persistence.journal.JournalWriter;
import io.redoubt.persistence.postgres.Database;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/**
 * Whether this node can do its work, found out by doing a little of it. Asking needs no credential,
 * so an answer is good for a moment and only one question is under way at a time.
 */
public final class Readiness {
  private static final Duration FRESH = Duration.ofMillis(500);

  /** So long a write that failed speaks against the database; by then somebody has tried again. */
  private static final Duration FAILED_LATELY = Duration.ofSeconds(3);

  /** A view of the revocations that is older may miss one (G2). */
  private static final Duration REVOCATIONS_FRESH = Duration.ofSeconds(5);

  /** The only one of the details that had better be false. */
  private static final String DRAINING = "draining";

  /** A node that has not looked for so long may decide by policies that no longer stand. */
  private static final Duration POLICIES_FRESH = Duration.ofSeconds(15);

  /** When, by the monotonic clock: one that is set back would make an answer last. */
  private record Found(HealthReport report, long at) {}

  private final ActorSystem<?> system;
  private final Database database;
  private final EnclaveStore store;
  private final LocalProbe probe;
  private final NodeKeys keys;
  private final RevocationView revocations;
  private final Optional<RedisPath> redis;
  private final PolicyKeeper policies;
  private final FailOpen failOpen;
  private final LinkView link;
  private final ClusterView cluster;
  private final ClockWatch watched;
  private final Lease lease;
  private volatile boolean serving;
  private volatile boolean draining;
  private @Nullable Found last;
  private @Nullable CompletableFuture<HealthReport> underWay;

  public Readiness(
      ActorSystem<?> system,
      Database database,
      EnclaveStore store,
      Agents agents,
      NodeKeys keys,
      RevocationView revocations,
      Optional<RedisPath> redis,
      PolicyKeeper policies,
      FailOpen failOpen,
      LinkView link,
      ClusterView cluster,
      ClockWatch watched,
      Lease lease) {
    this.system = system;
    this.database = database;
    this.store = store;
    this.probe = new LocalProbe(system, agents);
    this.keys = keys;
    this.revocations = revocations;
    this.redis = redis;
    this.policies = policies;
    this.failOpen = failOpen;
    this.link = link;
    this.cluster = cluster;
    this.watched = watched;
    this.lease = lease;
  }

  /** From now on somebody listens where callers come to; before, the node cannot be ready. */
  public void serve() {
    serving = true;
  }

  /** From now on the node is not ready, so that nobody sends it new work. */
  public void drain() {
    draining = true;
  }

  public boolean draining() {
    return draining;
  }

  public synchronized CompletionStage<HealthReport> check() {
    Found known = last;
    if (!draining && known != null && System.nanoTime() - known.at() < FRESH.toNanos()) {
      return CompletableFuture.completedFuture(known.report());
    }
    CompletableFuture<HealthReport> asked = underWay;
    if (asked == null) {
      asked = look().toCompletableFuture();
      underWay = asked;
      var _ = asked.whenComplete((report, _) -> remember(report));
    }
    return asked.minimalCompletionStage();
  }

  private synchronized void remember(@Nullable HealthReport report) {
    underWay = null;
    if (report != null) {
      last = new Found(report, System.nanoTime());
    }
  }

  private CompletionStage<HealthReport> look() {
    var journal = journalWritable();
    var sharding = probe.answers();
    return journal.thenCombine(sharding, this::report);
  }

  /**
   * False where the database cannot be reached, is a standby, or does not let us write, also since
   * its disk is full, which only shows when something is written.
   */
  private CompletionStage<Boolean> journalWritable() {
    return database
        .inTransaction(handle ->
            handle
                .createQuery(
                    "SELECT NOT pg_is_in_recovery()"
                        + " AND has_table_privilege('enclave.event_journal', 'INSERT')"
                        + " AND current_setting('transaction_read_only') = 'off'")
                .mapTo(Boolean.class)
                .one())
        .thenApply(allowed ->
            allowed
                && !store.auditFailedWithin(FAILED_LATELY)
                && !JournalWriter.failedWithin(system, FAILED_LATELY))
        .exceptionally(_ -> false);
  }

  /** What stands between a report's node and being ready; empty where nothing does. */
  static List<String> missing(HealthReport report) {
    return report.detail().entrySet().stream()
        .filter(it -> it.getValue() instanceof Boolean said && said == it.getKey().equals(DRAINING))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  private HealthReport report(boolean journalWritable, boolean shardingAnswers) {
    boolean up = cluster.up();
    boolean majority = cluster.majority();
    boolean leased = lease.held();
    boolean rightTime = watched.right();
    // Of what took effect anywhere: each node reads the same table. An order that is set aside took
    // effect nowhere yet, and no node that stepped back for it would stop its agent: it would stop
    // everybody else's. It is told in the link's detail, and to whoever asks about its agent.
    boolean caughtUp = revocations.caughtUpWithin(REVOCATIONS_FRESH);
    boolean decides = policies.isCurrent(POLICIES_FRESH);
    var detail = new LinkedHashMap<String, Object>();
    detail.put("database_writable", journalWritable);
    detail.put("agents_answer", shardingAnswers);
    detail.put("signing_key_published", keys.usable());
    detail.put("revocations_caught_up", caughtUp);
    detail.put("policies_current", decides);
    detail.put("organizations_failing_open", failOpen.chosen());
    detail.put("cluster_member_up", up);
    detail.put("cluster_majority", majority);
    detail.put("lease_held", leased);
    detail.put("clock_right", rightTime);
    detail.put("serving", serving);
    detail.put(DRAINING, draining);
    detail.put("link", link.detail());
    detail.put("redis", redis.map(RedisPath::detail).orElse(Map.of("state", "off")));
    boolean ready =
        journalWritable
            && shardingAnswers
            && keys.usable()
            && caughtUp
            && decides
            && up
            && majority
            && leased
            && rightTime
            && serving
            && !draining;
    return new HealthReport(ready, detail);
  }
}
