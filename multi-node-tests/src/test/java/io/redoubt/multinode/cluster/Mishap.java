package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.network.Network;
import io.redoubt.multinode.product.Installation;
import io.redoubt.multinode.product.Newcomer;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.SteppedClock;
import io.redoubt.testing.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** What can break of an enclave of several nodes, and of what it stands on. */
enum Mishap {
  NODE_KILLED("kill -9 of a node", Nodes.MAY_DIE) {
    @Override
    void happen(Scene scene) {
      scene.product().kill(scene.victim());
      scene.awaitReplaced(scene.victim());
    }
  },
  SINGLETONS_KILLED("kill -9 of the node that has the singletons", Nodes.MAY_DIE) {
    @Override
    void happen(Scene scene) {
      Installation.Node holder = scene.product().singletons(scene.operator());
      scene.product().kill(holder);
      scene.awaitReplaced(holder);
    }
  },
  NODE_PAUSED_SHORTLY("a node stands still, and wakes up in time", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      try (var _ = scene.product().pause(scene.victim())) {
        scene.last(200, 1500);
      }
    }
  },
  NODE_PAUSED("a node stands still until the others have given it up", Nodes.MAY_DIE) {
    @Override
    void happen(Scene scene) {
      try (var _ = scene.product().pause(scene.victim())) {
        scene.last(9_000, 15_000);
      }
      scene.awaitReplaced(scene.victim());
    }
  },
  NODE_STOPPED("SIGTERM of a node", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      scene.product().stop(scene.victim());
      scene.awaitReplaced(scene.victim());
    }
  },
  HANDING_OVER_KILLED("kill -9 of a node that is handing over what it has", Nodes.MAY_DIE) {
    @Override
    void happen(Scene scene) {
      int all = scene.awaitShards(scene.victim().name());
      scene.product().stop(scene.victim());
      await(scene.victim().name() + " hands over")
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(5))
          // On busy processors it may be over before it is seen; then nobody is killed.
          .until(() ->
              scene.shards(scene.victim().name()).filter(it -> it < all).isPresent()
                  || scene.member(scene.victim().name()).isEmpty());
      scene.product().kill(scene.victim());
      scene.awaitReplaced(scene.victim());
    }
  },
  TAKING_OVER_KILLED("kill -9 of a newcomer that others hand over to", Nodes.MAY_DIE) {
    @Override
    void happen(Scene scene) {
      try (var newcomer = Newcomer.start(scene.product(), "node-4", Map.of(), List.of())) {
        int all = scene.awaitShards(scene.bystander().name());
        await("the others hand over to the newcomer")
            .atMost(Duration.ofSeconds(90))
            .pollInterval(Duration.ofMillis(20))
            .until(() -> scene.shards(scene.bystander().name()).filter(it -> it < all).isPresent());
        newcomer.kill();
      }
    }
  },
  NODE_CUT_OFF("a node hears no other node", Nodes.MAY_DIE) {
    @Override
    void happen(Scene scene) {
      scene.network().partition(scene.victim().name());
      scene.last(8_000, 20_000);
      scene.network().heal();
    }
  },
  NODE_CUT_OFF_SHORTLY("a node hears no other node for a moment", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      scene.network().partition(scene.victim().name());
      scene.last(300, 2_500);
      scene.network().heal();
    }
  },
  PAIR_CUT("two nodes do not hear each other, and the third hears both", Nodes.MAY_DIE) {
    @Override
    void happen(Scene scene) {
      scene.network().partition(scene.victim().name(), scene.bystander().name());
      scene.last(5_000, 15_000);
      scene.network().heal();
    }
  },
  ONE_WAY_SILENT("one node does not hear another one, which hears it", Nodes.MAY_DIE) {
    @Override
    void happen(Scene scene) {
      scene.network().silence(scene.victim().name(), scene.bystander().name());
      scene.last(5_000, 15_000);
      scene.network().heal();
    }
  },
  NODE_SLOW("everything a node says or hears is late", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      scene
          .network()
          .slow(scene.victim().name(), Duration.ofMillis(scene.random().nextInt(20, 120)));
      scene.last(3_000, 10_000);
      scene.network().heal();
    }
  },
  CLOCK_OFF("the clock of a node is set, and goes as wrong as it may", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      var off = Duration.ofSeconds(scene.random().nextInt(10, 29));
      try (var _ = scene.clock(off)) {
        scene.last(3_000, 12_000);
      }
    }
  },
  CLOCK_WRONG("the clock of a node is set an hour wrong, and right again", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      try (var _ = scene.clock(Duration.ofHours(1))) {
        scene.last(1_000, 8_000);
      }
    }
  },
  DATABASE_UNREACHABLE("one node hears nothing from PostgreSQL", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      scene.network().partitionFromDatabase(scene.victim().name());
      scene.last(2_000, 12_000);
      scene.network().heal();
    }
  },
  COMMITS_UNANSWERED("what a node writes is kept, and nobody tells it so", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      scene.network().silenceDatabase(scene.victim().name());
      scene.last(2_000, 12_000);
      scene.network().heal();
    }
  },
  NEWCOMER_ALONE_WITH_THE_DATABASE(
      "no node hears PostgreSQL, and a newcomer begins a cluster of its own", Nodes.MAY_DIE) {
    @Override
    void happen(Scene scene) {
      var nodes = scene.product().look().nodes();
      nodes.forEach(node -> scene.network().partitionFromDatabase(node.name()));
      // For a third of the time that they go on without a heartbeat they would let it in.
      scene.last(10_500, 11_500);
      try (var newcomer = Newcomer.start(scene.product(), "node-4", Map.of(), List.of())) {
        await("the newcomer is ready").atMost(Duration.ofSeconds(60)).until(newcomer::ready);
        scene.last(1_000, 3_000);
        assertThat(scene.product().cluster(newcomer.node(), scene.operator()).required("nodes"))
            .as("members of the newcomer's cluster")
            .hasSize(1);
        scene.network().heal();
        nodes.forEach(scene::awaitReplaced);
        scene.product().awaitAllReady();
      }
    }
  },
  DATABASE_KILLED("kill -9 of PostgreSQL", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      scene.product().killDatabase();
    }
  },
  DATABASE_PAUSED("PostgreSQL stands still", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      try (var _ = scene.product().freezeDatabase()) {
        scene.last(500, 6_000);
      }
    }
  },
  REDIS_RESTARTED("Redis ends, and comes back without its memory", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      scene.redis().stop();
      scene.last(500, 4_000);
      scene.redis().startAgain();
    }
  },
  REDIS_PAUSED("Redis stands still", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      scene.redis().pause();
      scene.last(500, 6_000);
      scene.redis().resume();
    }
  },
  REDIS_UNREACHABLE("one node hears nothing from Redis", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      scene.network().partitionFromRedis(scene.victim().name());
      scene.last(500, 8_000);
      scene.network().heal();
    }
  },
  CONTROL_PLANE_FLAPPING("the control plane comes and goes", Nodes.LIVE) {
    @Override
    void happen(Scene scene) {
      int times = scene.random().nextInt(3, 7);
      for (int i = 0; i < times; i++) {
        scene.network().cutControlPlane();
        scene.last(200, 3_000);
        scene.network().mendControlPlane();
        scene.last(200, 1_500);
      }
    }
  },
  TWO_NODES_KILLED("kill -9 of two nodes at once", Nodes.MAY_DIE) {
    @Override
    void happen(Scene scene) {
      scene.product().kill(List.of(scene.victim(), scene.bystander()));
      scene.awaitReplaced(scene.victim());
      scene.awaitReplaced(scene.bystander());
    }
  },
  NODE_KILLED_AND_DATABASE_PAUSED(
      "kill -9 of a node while PostgreSQL stands still", Nodes.MAY_DIE) {
    @Override
    void happen(Scene scene) {
      try (var _ = scene.product().freezeDatabase()) {
        scene.last(200, 1_000);
        scene.product().kill(scene.victim());
        scene.last(500, 3_000);
      }
      scene.awaitReplaced(scene.victim());
    }
  };

  /** Whether a node may die of it, or be given up for dead. */
  private enum Nodes {
    LIVE,
    MAY_DIE
  }

  private final String title;
  private final Nodes nodes;

  Mishap(String title, Nodes nodes) {
    this.title = title;
    this.nodes = nodes;
  }

  /** Whether it excuses that nobody knows what became of an act. */
  boolean kills() {
    return nodes == Nodes.MAY_DIE;
  }

  /** For people. */
  String title() {
    return title;
  }

  /** Breaks something and, where it does not mend itself, mends it. */
  abstract void happen(Scene scene);

  /**
   * Where it happens.
   *
   * @param victim the node that it happens to
   * @param bystander another one
   */
  record Scene(
      Product product,
      Network network,
      TestRedis redis,
      Operator operator,
      Installation.Node victim,
      Installation.Node bystander,
      RandomGenerator random) {

    /** For so long, in milliseconds: a part of the schedule, and nothing is waited for. */
    void last(int shortest, int longest) {
      var span = Duration.ofMillis(random.nextInt(shortest, longest));
      await().pollDelay(span).atMost(span.plusSeconds(30)).until(() -> true);
    }

    /** The victim's, so far ahead or behind. */
    SteppedClock clock(Duration off) {
      return SteppedClock.of(product, victim, random.nextBoolean() ? off : off.negated());
    }

    /** How many it says that it has; empty: it does not say, or is no member. */
    Optional<Integer> shards(String node) {
      return member(node)
          .map(it -> it.required("shards"))
          .filter(JsonNode::isInt)
          .map(JsonNode::asInt);
    }

    /** The same once it says so. */
    int awaitShards(String node) {
      return await(node + " says how many shards it has")
          .atMost(Duration.ofSeconds(30))
          .until(() -> shards(node).orElse(0), count -> count > 0);
    }

    private Optional<JsonNode> member(String node) {
      for (JsonNode each : product.cluster(bystander, operator).required("nodes")) {
        if (each.required("node").asText().equals(node)) {
          return Optional.of(each);
        }
      }
      return Optional.empty();
    }

    /** Until the node has another process, which {@code up} sees to. */
    void awaitReplaced(Installation.Node node) {
      await(node.name() + " has a new process")
          .atMost(Duration.ofSeconds(60))
          .until(() -> product.look().pid(node.name()) != node.pid());
    }
  }
}
