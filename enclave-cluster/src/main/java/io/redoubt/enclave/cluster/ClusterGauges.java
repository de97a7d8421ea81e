package io.redoubt.enclave.cluster;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.agent.ShardedAgents;
import io.redoubt.approval.ShardedApprovals;
import io.redoubt.enclave.membership.ClusterView;
import io.redoubt.family.ShardedTokenFamilies;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.sharding.ClusterSharding;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.cluster.sharding.ShardRegion.ShardRegionStats;
import org.apache.pekko.pattern.Patterns;

/**
 * What this node sees of its cluster and has of its entities, as numbers that can be watched over
 * time. Each node says so for itself.
 */
public final class ClusterGauges {
  /** How often entities are counted: every region of this node is asked. */
  public static final Duration EVERY = Duration.ofSeconds(5);

  private static final Duration LIMIT = Duration.ofSeconds(2);

  /** Entities of one type that are here; not a number while the region does not say. */
  private static final class Count {
    private final String region;
    private volatile double shards = Double.NaN;
    private volatile double entities = Double.NaN;

    Count(String type, String region, MeterRegistry metrics) {
      this.region = region;
      Gauge.builder("redoubt.cluster.shards", this, it -> it.shards)
          .description("shards that this node has")
          .tag("of", type)
          .register(metrics);
      Gauge.builder("redoubt.cluster.entities", this, it -> it.entities)
          .description("entities that this node has in its memory")
          .tag("of", type)
          .register(metrics);
    }

    void found(Map<String, Object> byShard) {
      shards = byShard.size();
      entities = byShard.values().stream().mapToLong(it -> ((Number) it).longValue()).sum();
    }

    void unknown() {
      shards = Double.NaN;
      entities = Double.NaN;
    }
  }

  private final ClusterSharding sharding;
  private final List<Count> counts;

  public ClusterGauges(ActorSystem<?> system, ClusterView view, MeterRegistry metrics) {
    this.sharding = ClusterSharding.get(Adapter.toClassic(system));
    this.counts =
        List.of(
            new Count("agents", ShardedAgents.TYPE.name(), metrics),
            new Count("families", ShardedTokenFamilies.TYPE.name(), metrics),
            new Count("approvals", ShardedApprovals.TYPE.name(), metrics));
    Gauge.builder("redoubt.cluster.members", view, it -> it.members().size())
        .description("members of the cluster, as this node sees it")
        .register(metrics);
    Gauge.builder("redoubt.cluster.unreachable", view, ClusterGauges::unreachable)
        .description("members that this node does not reach")
        .register(metrics);
  }

  private static long unreachable(ClusterView view) {
    return view.members().stream().filter(member -> !view.reaches(member)).count();
  }

  /** Counts anew. */
  public void refresh() {
    counts.forEach(this::refresh);
  }

  private void refresh(Count count) {
    var _ =
        Patterns.ask(
                sharding.shardRegion(count.region), ShardRegion.getRegionStatsInstance(), LIMIT)
            .thenAccept(answer -> count.found(((ShardRegionStats) answer).getStats()))
            .exceptionally(_ -> {
              count.unknown();
              return null;
            });
  }
}
