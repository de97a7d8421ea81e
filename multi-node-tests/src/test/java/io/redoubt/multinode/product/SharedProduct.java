package io.redoubt.multinode.product;

import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * One product for all scenarios of the run, since starting is what costs. Each scenario makes its
 * own agents, and finds the product ready.
 */
public final class SharedProduct implements ParameterResolver, BeforeEachCallback {

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

  private static Product product(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(SharedProduct.class))
        .getOrComputeIfAbsent(Product.class, _ -> Product.start("shared"), Product.class);
  }
}
