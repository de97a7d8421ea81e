package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Jvm;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.ProductOptions;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Memory of an enclave that knows many agents. */
@Command(name = "agents", description = "Heap of an enclave that knows many agents")
public final class Agents implements Scenario {
  @Mixin private ProductOptions product = new ProductOptions();

  @Option(names = "--agents", defaultValue = "10000", description = "default: ${DEFAULT-VALUE}")
  private int agents;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    try (Rig rig = Rig.start(product, report)) {
      long pid = rig.product().node(0).pid();
      report.title("agents: " + agents + " created through the operator API");
      report.line("live heap before", "%.0f MiB".formatted(Report.mebibytes(Jvm.liveBytes(pid))));
      long start = System.nanoTime();
      var created = Fleet.create(rig.api(), "known", agents);
      // Commands reach the enclave in order: when it knows the last agent, it knows them all.
      Fleet.bootstrap(rig.product().node(0), created.getLast());
      report.line(
          "created and known",
          String.format(Locale.ROOT, "%.0f/s", agents / ((System.nanoTime() - start) / 1e9)));
      double live = Report.mebibytes(Jvm.liveBytes(pid));
      report.line("live heap after", "%.0f MiB".formatted(live));
      report.memory(rig.product().parts());
      return List.of(Goal.below("live heap with " + agents + " known agents", 512, live, "MiB"));
    }
  }
}
