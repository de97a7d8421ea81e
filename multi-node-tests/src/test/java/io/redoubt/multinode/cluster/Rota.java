package io.redoubt.multinode.cluster;

import io.redoubt.multinode.product.Installation;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Nodes in turn, as a load balancer hands them out; it knows which ones are gone. */
final class Rota implements Supplier<Installation.Node> {
  private final AtomicInteger next = new AtomicInteger();
  private volatile List<Installation.Node> nodes;

  Rota(List<Installation.Node> nodes) {
    this.nodes = List.copyOf(nodes);
  }

  @Override
  public Installation.Node get() {
    List<Installation.Node> all = nodes;
    return all.get(Math.floorMod(next.getAndIncrement(), all.size()));
  }

  void with(Installation.Node back) {
    nodes = Stream.concat(nodes.stream(), Stream.of(back)).toList();
  }

  void without(Installation.Node gone) {
    nodes = nodes.stream().filter(node -> !node.name().equals(gone.name())).toList();
  }
}
