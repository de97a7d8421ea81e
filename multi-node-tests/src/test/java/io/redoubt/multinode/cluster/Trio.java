package io.redoubt.multinode.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.multinode.network.Network;
import io.redoubt.multinode.product.Operator;
import io.redoubt.multinode.product.Product;
import io.redoubt.multinode.product.Upstream;
import io.redoubt.testing.TestRedis;
import java.time.Duration;
import java.util.stream.StreamSupport;

/** An enclave of three nodes whose every line can be cut, and what it needs around it. */
final class Trio implements AutoCloseable {
  private static final int NODES = 3;

  private final TestRedis redis;
  private final Network network;
  private final Product product;
  private final Upstream upstream;

  private Trio(TestRedis redis, Network network, Product product, Upstream upstream) {
    this.redis = redis;
    this.network = network;
    this.product = product;
    this.upstream = upstream;
  }

  /** Starts one; its nodes are ready, and know the upstream. */
  static Trio start(String name) {
    var redis = TestRedis.start();
    var network = new Network(NODES, redis.port());
    var product = Product.start(name, network, "--nodes", Integer.toString(NODES));
    var trio = new Trio(redis, network, product, Upstream.start(product.clock()));
    trio.operator().useUpstream(trio.upstream);
    return trio;
  }

  Product product() {
    return product;
  }

  Network network() {
    return network;
  }

  TestRedis redis() {
    return redis;
  }

  Upstream upstream() {
    return upstream;
  }

  /** With a token of its own, since tokens do not live as long as the installation. */
  Operator operator() {
    return Operator.of(product);
  }

  /**
   * Mends what was broken, and waits until every node is ready and sees all of them as full
   * members.
   */
  void awaitHealthy() {
    network.heal();
    product.awaitAllReady();
    var operator = operator();
    await("all nodes see all nodes")
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(product.runtime().nodes())
                .allMatch(node -> isWhole(product.cluster(node, operator))));
  }

  private static boolean isWhole(JsonNode cluster) {
    JsonNode nodes = cluster.required("nodes");
    return nodes.size() == NODES
        && StreamSupport.stream(nodes.spliterator(), false)
            .allMatch(node ->
                node.required("status").asText().equals("up")
                    && node.required("reachable").asBoolean());
  }

  @Override
  public void close() {
    try (redis;
        network;
        product;
        upstream) {
      network.heal();
    }
  }
}
