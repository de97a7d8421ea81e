package io.redoubt.multinode.product;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * How often nodes have missed their leases, as they count it themselves. Whatever stands still for
 * 0.8 s misses its own, cuts its replies and says 503 for a moment: where a machine did that to a
 * test of something else, the test comes again, as an agent does.
 */
public final class Leases {
  private static final Pattern LOST =
      Pattern.compile("^redoubt_lease_lost_total(?:\\{.*})? (.+)$", Pattern.MULTILINE);

  private final Product product;

  public Leases(Product product) {
    this.product = product;
  }

  /** Of all nodes together, since they started. */
  public double lost() {
    return nodes().stream().mapToDouble(this::lost).sum();
  }

  private List<Installation.Node> nodes() {
    return product.runtime().nodes();
  }

  private double lost(Installation.Node node) {
    var metrics = node.management().resolve("/metrics");
    if (product.http().attempt("GET", metrics, Map.of(), null)
        instanceof Attempt.Answered(var reply)) {
      return LOST.matcher(reply.text())
          .results()
          .mapToDouble(found -> Double.parseDouble(found.group(1)))
          .findFirst()
          .orElseThrow(() -> new AssertionError(reply.toString()));
    }
    throw new AssertionError("not answered: " + metrics);
  }
}
