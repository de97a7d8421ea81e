package io.redoubt.multinode.network;

import io.redoubt.multinode.product.Documents;
import io.redoubt.multinode.product.Product;
import io.redoubt.testing.line.Line;
import io.redoubt.testing.line.Passage;
import io.redoubt.testing.line.Way;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The lines between the nodes of one product, and from each node to PostgreSQL, to Redis and to the
 * control plane. Every node calls the others from a loopback address of its own, so that each pair,
 * and each direction of it, can be told apart.
 */
public final class Network implements Product.Wiring, AutoCloseable {
  private final int count;
  private final int redis;
  private final Map<String, Line> toNode = new LinkedHashMap<>();
  private final Map<String, Line> toDatabase = new LinkedHashMap<>();
  private final Map<String, Line> toControlPlane = new LinkedHashMap<>();
  private final Map<String, Line> toRedis = new LinkedHashMap<>();

  /**
   * The network of a product with that many nodes.
   *
   * @param redis port of the one that all of them use
   */
  public Network(int count, int redis) {
    this.count = count;
    this.redis = redis;
  }

  @Override
  public void lay(Path directory, Product.Ports ports) {
    try {
      for (int i = 0; i < count; i++) {
        String node = name(i);
        toNode.put(node, new Line(ports.artery(i)));
        toDatabase.put(node, new Line(ports.database()));
        toControlPlane.put(node, new Line(ports.controlPlane()));
        toRedis.put(node, new Line(redis));
        Path settings = directory.resolve("nodes").resolve(node).resolve("local.conf");
        Files.createDirectories(settings.getParent());
        Files.writeString(settings, settings(node, ports.artery(i)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String settings(String node, int port) {
    var own = Documents.object();
    own.put("redoubt.enclave.cluster.port", line(toNode, node).port());
    own.put("redoubt.enclave.cluster.bind-port", port);
    own.put(
        "pekko.remote.artery.advanced.tcp.outbound-client-hostname",
        address(node).getHostAddress());
    own.put(
        "redoubt.enclave.database.url",
        "jdbc:postgresql://127.0.0.1:" + line(toDatabase, node).port() + "/redoubt");
    // Somebody listens at the address of a dead node: the line. So it is waited for in vain.
    own.put("redoubt.enclave.cluster.forming.stale-after", "5 s");
    // Longer than clients keep a connection: whoever has one to a node that stops opens the next
    // one elsewhere.
    own.put("redoubt.enclave.drain-notice", "4 s");
    own.put("redoubt.enclave.link.url", "http://127.0.0.1:" + line(toControlPlane, node).port());
    own.put(
        "redoubt.enclave.revocation.redis.url", "redis://127.0.0.1:" + line(toRedis, node).port());
    // As HOCON: in JSON a key is one word, dots and all.
    var text = new StringBuilder();
    own.properties()
        .forEach(entry ->
            text.append(entry.getKey()).append(" = ").append(entry.getValue()).append('\n'));
    return text.toString();
  }

  private static String name(int index) {
    return "node-" + (index + 1);
  }

  private static InetAddress address(String node) {
    return InetAddress.ofLiteral("127.0.1." + node.substring("node-".length()));
  }

  private static Line line(Map<String, Line> lines, String node) {
    Line line = lines.get(node);
    if (line == null) {
      throw new IllegalArgumentException("no line of " + node);
    }
    return line;
  }

  private List<String> others(String node) {
    return IntStream.range(0, count)
        .mapToObj(Network::name)
        .filter(other -> !other.equals(node))
        .toList();
  }

  /** Nothing passes between the node and any other one. */
  public void partition(String node) {
    others(node).forEach(other -> partition(node, other));
  }

  /** Nothing passes between two nodes. */
  public void partition(String one, String other) {
    silence(one, other);
    silence(other, one);
  }

  /** What the one sends does not reach the other; what the other sends arrives. */
  public void silence(String from, String to) {
    passage(from, to).silence(Way.THERE);
    passage(to, from).silence(Way.BACK);
  }

  /** The way that a node's connections to another one take. */
  private Passage passage(String from, String to) {
    return line(toNode, to).passage(address(from));
  }

  /** Whatever the node sends or hears arrives so much later, the database's answers included. */
  public void slow(String node, Duration by) {
    for (String other : others(node)) {
      passage(node, other).slow(by);
      passage(other, node).slow(by);
    }
    line(toDatabase, node).passage().slow(by);
    line(toControlPlane, node).passage().slow(by);
  }

  /** The node hears nothing from PostgreSQL, nor it from the node; the others do. */
  public void partitionFromDatabase(String node) {
    silence(line(toDatabase, node));
  }

  /** What the node says reaches PostgreSQL, and it hears no answer. */
  public void silenceDatabase(String node) {
    line(toDatabase, node).passage().silence(Way.BACK);
  }

  /** The node hears nothing from Redis, nor it from the node; the others do. */
  public void partitionFromRedis(String node) {
    silence(line(toRedis, node));
  }

  private static void silence(Line line) {
    for (Way way : Way.values()) {
      line.passage().silence(way);
    }
  }

  /** No node reaches the control plane: connections break. */
  public void cutControlPlane() {
    toControlPlane.values().forEach(line -> line.passage().cut());
  }

  public void mendControlPlane() {
    toControlPlane.values().forEach(line -> line.passage().mend());
  }

  /** All is well again, everywhere. */
  public void heal() {
    for (int i = 0; i < count; i++) {
      String node = name(i);
      others(node).forEach(other -> passage(other, node).mend());
      line(toDatabase, node).passage().mend();
      line(toRedis, node).passage().mend();
    }
    mendControlPlane();
  }

  @Override
  public void close() {
    var lines = new ArrayList<Line>();
    lines.addAll(toNode.values());
    lines.addAll(toDatabase.values());
    lines.addAll(toControlPlane.values());
    lines.addAll(toRedis.values());
    for (Line line : lines) {
      try {
        line.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
