package io.redoubt.multinode.product;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.AgentLoadException;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;

/** The clock of one node, set wrong while the node runs, and right when this is closed. */
public final class SteppedClock implements AutoCloseable {
  private final Product product;
  private final Installation.Node node;

  private SteppedClock(Product product, Installation.Node node) {
    this.product = product;
    this.node = node;
  }

  /** From now on it is ahead by that much, or behind. */
  public static SteppedClock of(Product product, Installation.Node node, Duration ahead) {
    var clock = new SteppedClock(product, node);
    clock.set(ahead);
    return clock;
  }

  private void set(Duration ahead) {
    String agent = SkewedClock.jar(product.directory()).toString();
    try {
      VirtualMachine jvm = VirtualMachine.attach(Long.toString(node.pid()));
      try {
        jvm.loadAgent(agent, Long.toString(ahead.toMillis()));
      } finally {
        jvm.detach();
      }
    } catch (AttachNotSupportedException | AgentLoadException | AgentInitializationException e) {
      throw new IllegalStateException("the clock of " + node.name() + " cannot be set", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where the process has ended, its clock has too. */
  @Override
  public void close() {
    if (Processes.alive(node.pid())) {
      set(Duration.ZERO);
    }
  }
}
