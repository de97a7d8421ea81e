package io.redoubt.multinode.cluster;

import io.redoubt.multinode.product.AtOnce;
import io.redoubt.multinode.product.SharedProduct;
import java.util.List;
import java.util.concurrent.Callable;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One enclave of three nodes for all scenarios that leave it as they found it, since starting is
 * what costs. Each scenario makes its own agents, and finds all nodes well; where they do not get
 * well again, it finds new ones.
 */
final class SharedTrio implements ParameterResolver {

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Trio.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    // No scenario begins before both are done.
    AtOnce.all(
        List.<Callable<Object>>of(
            () -> {
              SharedProduct.stopIdle(context);
              return true;
            },
            () -> holder(context)));
    return holder(context).healthy();
  }

  private static Holder holder(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(SharedTrio.class))
        .getOrComputeIfAbsent(Holder.class, _ -> new Holder(), Holder.class);
  }

  /** Closed with the run. */
  private static final class Holder implements AutoCloseable {
    private Trio trio = Trio.start("trio");
    private int made = 1;

    Trio healthy() {
      try {
        trio.awaitHealthy();
      } catch (ConditionTimeoutException e) {
        System.out.println("The three nodes do not get well again: " + e.getMessage());
        replace();
      }
      return trio;
    }

    private void replace() {
      try {
        trio.close();
      } catch (AssertionError e) {
        System.out.println("Nor do they stop in order: " + e.getMessage());
      }
      made++;
      trio = Trio.start("trio-" + made);
    }

    @Override
    public void close() {
      trio.close();
    }
  }
}
