package io.redoubt.multinode.cluster;

import io.redoubt.multinode.product.Installation;
import java.util.List;
import java.util.function.Supplier;

/**
 * Nodes in turn for each client by itself, one thread each: the next one that it asks is always
 * another one.
 */
final class OwnRota implements Supplier<Installation.Node> {
  private final ThreadLocal<Rota> turns;

  OwnRota(List<Installation.Node> nodes) {
    this.turns = ThreadLocal.withInitial(() -> new Rota(nodes));
  }

  @Override
  public Installation.Node get() {
    return turns.get().get();
  }
}
