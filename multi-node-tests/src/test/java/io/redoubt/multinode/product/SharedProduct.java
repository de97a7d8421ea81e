package io.redoubt.multinode.product;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * The products of the scenarios of one node, since starting is what costs: one for each class of
 * them that runs at the same time, handed on from class to class. Each scenario makes its own
 * agents, and finds the product ready.
 */
public final class SharedProduct
    implements ParameterResolver, BeforeAllCallback, BeforeEachCallback {
  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(SharedProduct.class);

  @Override
  public void beforeAll(ExtensionContext context) {
    context.getStore(NAMESPACE).put(Loan.class, pool(context).lend());
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    Product product = product(context);
    if (!product.serversAlive()) {
      product.up();
    }
    product.awaitReady();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Product.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return product(context);
  }

  /** Ends those that nobody has just now, for whoever needs the machine to itself. */
  public static void stopIdle(ExtensionContext context) {
    pool(context).close();
  }

  private static Product product(ExtensionContext context) {
    return Objects.requireNonNull(context.getStore(NAMESPACE).get(Loan.class, Loan.class))
        .product();
  }

  private static Pool pool(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .getOrComputeIfAbsent(Pool.class, _ -> new Pool(), Pool.class);
  }

  /** Given back when the class is over. */
  private record Loan(Product product, Pool pool) implements AutoCloseable {
    @Override
    public void close() {
      pool.takeBack(product);
    }
  }

  /** Closed with the run. */
  private static final class Pool implements AutoCloseable {
    private final Deque<Product> idle = new ArrayDeque<>();
    private int made;

    Loan lend() {
      String name;
      synchronized (this) {
        Product free = idle.pollFirst();
        if (free != null) {
          return new Loan(free, this);
        }
        name = "shared-" + ++made;
      }
      return new Loan(Product.start(name), this);
    }

    synchronized void takeBack(Product product) {
      idle.addFirst(product);
    }

    @Override
    public void close() {
      List<Product> products;
      synchronized (this) {
        products = List.copyOf(idle);
        idle.clear();
      }
      AtOnce.each(products, Product::close);
    }
  }
}
