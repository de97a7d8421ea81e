package io.redoubt.enclave.cluster;

import io.redoubt.agent.ShardedAgents;
import io.redoubt.enclave.link.LinkView;
import io.redoubt.enclave.membership.ClusterView;
import io.redoubt.enclave.membership.MemberActors;
import io.redoubt.enclave.membership.MemberRoles;
import io.redoubt.enclave.policy.PolicyKeeper;
import io.redoubt.enclave.readiness.NodeHealth;
import io.redoubt.enclave.readiness.NodeHealth.Health;
import io.redoubt.family.ShardedTokenFamilies;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.singleton.Singletons;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.sharding.ShardRegion.ClusterShardingStats;
import org.apache.pekko.cluster.sharding.ShardRegion.ShardRegionStats;
import org.apache.pekko.cluster.sharding.typed.GetClusterShardingStats;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.jspecify.annotations.Nullable;

/** Finds out how the cluster is, asking every node what it has. */
public final class ClusterReporter {
  private static final Duration LIMIT = Duration.ofSeconds(2);

  private static final int POLICIES_SHOWN = 200;

  private final ActorSystem<?> system;
  private final EnclaveId enclave;
  private final String node;
  private final ClusterView view;
  private final LinkView link;
  private final PolicyKeeper policies;
  private final Singletons singletons;

  public ClusterReporter(
      ActorSystem<?> system,
      EnclaveId enclave,
      String node,
      ClusterView view,
      LinkView link,
      PolicyKeeper policies,
      Singletons singletons) {
    this.system = system;
    this.enclave = enclave;
    this.node = node;
    this.view = view;
    this.link = link;
    this.policies = policies;
    this.singletons = singletons;
  }

  private record Load(int shards, int entities) {}

  /** How it is now; what a node does not say in time is left open. */
  public CompletionStage<ClusterStatus> status() {
    var loads =
        loads(ShardedAgents.TYPE)
            .thenCombine(loads(ShardedTokenFamilies.TYPE), ClusterReporter::sum);
    var healths = healths();
    return holders()
        .thenCompose(
            holders -> loads.thenCombine(healths, (load, health) -> report(load, health, holders)));
  }

  /** By the database, which decides it; empty while that does not say. */
  private CompletionStage<Map<String, String>> holders() {
    return singletons
        .holders()
        .toCompletableFuture()
        .copy()
        .orTimeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
        .thenApply(holders -> {
          var named = new HashMap<String, String>();
          holders.forEach((singleton, node) -> named.put(singleton.wire().replace('-', '_'), node));
          // Of a node that is gone, until another one begins: nobody has it.
          named.values().retainAll(view.members().stream().map(MemberRoles::name).toList());
          return (Map<String, String>) named;
        })
        .exceptionally(_ -> Map.of());
  }

  private CompletionStage<Map<Address, Health>> healths() {
    var found = new ConcurrentHashMap<Address, Health>();
    var asked =
        view.members().stream()
            .map(member -> health(member).thenAccept(it -> found.put(member.address(), it)))
            // Of a build that does not say, or out of reach: left open.
            .map(said -> said.exceptionally(_ -> null).toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(asked).thenApply(_ -> found);
  }

  private CompletionStage<Health> health(Member member) {
    return AskPattern.ask(
        MemberActors.<NodeHealth.Command>at(system, member, NodeHealth.NAME),
        NodeHealth.Ask::new,
        LIMIT,
        system.scheduler());
  }

  private CompletionStage<Map<Address, Load>> loads(EntityTypeKey<?> type) {
    return AskPattern.<GetClusterShardingStats, ClusterShardingStats>ask(
            ClusterSharding.get(system).shardState().narrow(),
            replyTo -> new GetClusterShardingStats(type, LIMIT, replyTo),
            LIMIT.plusSeconds(1),
            system.scheduler())
        .thenApply(stats -> {
          var loads = new HashMap<Address, Load>();
          stats.getRegions().forEach((address, region) -> loads.put(address, load(region)));
          return (Map<Address, Load>) loads;
        })
        .exceptionally(_ -> Map.of());
  }

  private static Load load(ShardRegionStats region) {
    return new Load(
        region.getStats().size(),
        region.getStats().values().stream().mapToInt(count -> ((Number) count).intValue()).sum());
  }

  private static Map<Address, Load> sum(Map<Address, Load> a, Map<Address, Load> b) {
    var sum = new HashMap<>(a);
    b.forEach((address, load) ->
        sum.merge(
            address,
            load,
            (x, y) -> new Load(x.shards() + y.shards(), x.entities() + y.entities())));
    return sum;
  }

  private ClusterStatus report(
      Map<Address, Load> loads, Map<Address, Health> healths, Map<String, String> holders) {
    return new ClusterStatus(
        enclave.toString(),
        node,
        view.majority(),
        view.leader().map(MemberRoles::name).orElse(null),
        view.members().stream().map(member -> member(member, loads, healths)).toList(),
        holders,
        link.detail(),
        policies.running(POLICIES_SHOWN));
  }

  private ClusterStatus.Node member(
      Member member, Map<Address, Load> loads, Map<Address, Health> healths) {
    @Nullable Load load = loads.get(member.address());
    @Nullable Health health = healths.get(member.address());
    Address address = member.address();
    return new ClusterStatus.Node(
        MemberRoles.name(member),
        address.getHost().orElse("") + ":" + address.getPort().orElse(0),
        member.status().toString().toLowerCase(Locale.ROOT),
        view.reaches(member),
        health == null ? null : health.ready(),
        health == null ? List.of() : health.missing(),
        member.appVersion().version(),
        MemberRoles.startedAt(member),
        load == null ? null : load.shards(),
        load == null ? null : load.entities());
  }
}
