package io.redoubt.enclave.cluster;

import io.redoubt.enclave.policy.PolicyKeeper;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The cluster as one node sees it.
 *
 * @param node who says so
 * @param singletons which node has which
 * @param policies the bundles that the node decides by
 */
public record ClusterStatus(
    String enclaveId,
    String node,
    boolean majority,
    @Nullable String leader,
    List<Node> nodes,
    Map<String, String> singletons,
    Map<String, Object> link,
    List<PolicyKeeper.Run> policies) {

  public ClusterStatus {
    nodes = List.copyOf(nodes);
    singletons = Map.copyOf(singletons);
    link = Map.copyOf(link);
    policies = List.copyOf(policies);
  }

  /**
   * One member.
   *
   * @param status as Pekko names it: joining, up, leaving, exiting, down
   * @param ready whether it can do its work, as it says itself; null: it did not say
   * @param missing what it lacks where it is not ready
   * @param shards of agents and token families that it has; null: it did not say
   * @param entities of both that are in its memory; null: it did not say
   */
  public record Node(
      String node,
      String address,
      String status,
      boolean reachable,
      @Nullable Boolean ready,
      List<String> missing,
      String version,
      Instant startedAt,
      @Nullable Integer shards,
      @Nullable Integer entities) {

    public Node {
      missing = List.copyOf(missing);
    }
  }
}
