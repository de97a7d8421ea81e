package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.measure.Window;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.ProductOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One refresh token, spent several times at the same instant (G1, G2). */
@Command(
    name = "spend",
    description = "Spends one token 2 to 8 times at the same instant, many times over")
public final class Spend implements Scenario {
  @Mixin private ProductOptions product = new ProductOptions();

  @Option(names = "--trials", defaultValue = "10000", description = "default: ${DEFAULT-VALUE}")
  private int trials;

  @Option(
      names = "--lanes",
      defaultValue = "16",
      description = "trials under way at once, each with an agent of its own")
  private int lanes;

  @Option(
      names = "--limit",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "gives up after this long (default: ${DEFAULT-VALUE})")
  private int limit;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    try (Rig rig = Rig.start(product, report)) {
      report.title("spend: " + trials + " trials of 2 to 8 uses of one token at once");
      var outcomes = new SpendOutcomes(trials);
      var running = new ArrayList<SpendLane>();
      for (var agent : Fleet.create(rig.api(), "spend", lanes)) {
        running.add(new SpendLane(rig, agent.id(), outcomes));
      }
      Window window = Window.open(rig.parts());
      running.forEach(SpendLane::start);
      boolean finished =
          rig.loop()
              .runWhile(
                  () -> running.stream().anyMatch(SpendLane::isBusy),
                  System.nanoTime() + TimeUnit.SECONDS.toNanos(limit));
      report.cost("trial", outcomes.completed(), window.close());
      outcomes.print(report);
      if (!finished) {
        throw new IOException("not finished within " + limit + " s");
      }
      outcomes.requireNoFaults();
      return List.of(
          Goal.atMost(
              "double spends in " + outcomes.completed() + " trials",
              0,
              outcomes.doubleSpends(),
              ""));
    }
  }
}
