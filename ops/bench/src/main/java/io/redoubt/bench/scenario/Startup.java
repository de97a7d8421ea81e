package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Machine;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.product.Product;
import io.redoubt.bench.product.ProductOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** From {@code up} to ready: the first time in an empty directory, and again on what it left. */
@Command(name = "startup", description = "From `redoubt up` to ready, already built")
public final class Startup implements Scenario {
  @Mixin private ProductOptions options = new ProductOptions();

  @Option(names = "--times", defaultValue = "5", description = "default: ${DEFAULT-VALUE}")
  private int times;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    try (Product product = Product.start(options)) {
      report.title(Machine.describe(product.dataDirectory()));
      double first = product.startTime().toMillis() / 1e3;
      var again = new ArrayList<Double>();
      for (int i = 0; i < times; i++) {
        again.add(product.restart().toMillis() / 1e3);
      }
      again.sort(null);
      double median = again.get(again.size() / 2);
      report.title("startup");
      report.line("in an empty directory", String.format(Locale.ROOT, "%.1f s", first));
      report.line("again on its data", again + " s");
      report.memory(product.parts());
      return List.of(
          Goal.below("up to ready, in an empty directory", 15, first, "s"),
          Goal.below("up to ready on its data, median of " + times, 15, median, "s"));
    }
  }
}
