package io.redoubt.enclave.testing;

import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/** Actor systems in this JVM that are one cluster, with nothing else of a node. */
public final class BareCluster implements AutoCloseable {
  private final List<ActorSystem<Void>> systems = new ArrayList<>();

  /**
   * Starts a cluster and waits until all are members.
   *
   * @param wiring what each root actor does first, by number from 1
   */
  public BareCluster(int size, BiConsumer<ActorContext<Void>, Integer> wiring) {
    for (int i = 1; i <= size; i++) {
      int number = i;
      systems.add(
          ActorSystem.create(
              Behaviors.setup(context -> {
                wiring.accept(context, number);
                return Behaviors.empty();
              }),
              "bare",
              config(number)));
    }
    var first = Cluster.get(systems.getFirst()).selfMember().address();
    systems.forEach(system -> Cluster.get(system).manager().tell(Join.create(first)));
    await("all are members of one cluster")
        .atMost(Duration.ofSeconds(30))
        .until(() -> systems.stream().allMatch(system -> seesAll(system, size)));
  }

  private static Config config(int number) {
    return ConfigFactory.parseString(
            """
            pekko {
              actor.provider = cluster
              remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
              cluster.roles = ["node-node-%1$d", "incarnation-%1$d", "session-00000000-0000-0000-0000-00000000000%1$d"]
              cluster.downing-provider-class = "org.apache.pekko.cluster.sbr.SplitBrainResolverProvider"
              cluster.jmx.multi-mbeans-in-same-jvm = on
              coordinated-shutdown.exit-jvm = off
              loglevel = WARNING
              log-dead-letters = off
            }
            """
                .formatted(number))
        .withFallback(ConfigFactory.parseResources("redoubt-enclave-cluster.conf"))
        .withFallback(ConfigFactory.load());
  }

  private static boolean seesAll(ActorSystem<?> system, int size) {
    int up = 0;
    for (var member : Cluster.get(system).state().getMembers()) {
      if (member.status().equals(MemberStatus.up())) {
        up++;
      }
    }
    return up == size;
  }

  /** The one of that number, from 1. */
  public ActorSystem<Void> system(int number) {
    return systems.get(number - 1);
  }

  @Override
  public void close() {
    systems.forEach(ActorSystem::terminate);
    systems.forEach(system -> system.getWhenTerminated().toCompletableFuture().join());
  }
}
