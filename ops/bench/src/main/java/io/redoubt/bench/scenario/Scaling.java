package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.bench.upstream.UpstreamProcess;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The same saturating load on one node, and on three. */
@Command(name = "scaling", description = "Model calls at saturation on one node and on three")
public final class Scaling implements Scenario {
  @Mixin private ProductOptions product = new ProductOptions();
  @Mixin private WindowOptions window = new WindowOptions();

  @Option(names = "--connections", defaultValue = "64", description = "default: ${DEFAULT-VALUE}")
  private int connections = 64;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    Rig.Run one = saturate(report, 1);
    Rig.Run three = saturate(report, 3);
    report.title("scaling: three nodes beside one");
    line(report, "throughput", perSecond(three) / perSecond(one));
    line(report, "CPU per request", three.productMicros() / one.productMicros());
    return List.of();
  }

  private Rig.Run saturate(Report report, int nodes) throws IOException, InterruptedException {
    try (Rig rig = Rig.start(product.nodes(nodes), report);
        UpstreamProcess upstream = UpstreamProcess.start()) {
      rig.api().putProvider("bench", upstream.port());
      rig.api().keepPayloads("metadata");
      var agents = Fleet.enrol(rig.product(), rig.api(), "scaling", connections);
      String expected = Proxy.expectedBody(rig.loop(), upstream.address());
      report.title("scaling: " + connections + " connections, nodes: " + nodes);
      return Proxy.saturate(rig, upstream, agents, expected, window);
    }
  }

  private static double perSecond(Rig.Run run) {
    return run.operations() / (run.cost().nanos() / 1e9);
  }

  private static void line(Report report, String name, double ratio) {
    report.line(name, String.format(Locale.ROOT, "%.2f times", ratio));
  }
}
