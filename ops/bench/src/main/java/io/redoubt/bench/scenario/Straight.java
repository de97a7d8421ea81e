package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Loop;
import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Measured;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.measure.Window;
import io.redoubt.bench.upstream.UpstreamProcess;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Load generator and upstream with nothing between them: what the bench itself can do and costs.
 */
@Command(
    name = "straight",
    description = "Load generator and upstream with nothing between: the floor of every figure")
public final class Straight implements Scenario {
  @Mixin private WindowOptions window = new WindowOptions();

  @Option(names = "--connections", defaultValue = "64", description = "default: ${DEFAULT-VALUE}")
  private int connections;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    try (UpstreamProcess upstream = UpstreamProcess.start();
        var loop = new Loop()) {
      report.title("straight: " + connections + " connections to the upstream");
      var tally = new Tally();
      String expected = Proxy.expectedBody(loop, upstream.address());
      Proxy.direct(loop, upstream.address(), connections, expected, tally)
          .forEach(PlainCaller::keepGoing);
      loop.runUntil(System.nanoTime() + TimeUnit.SECONDS.toNanos(window.warmUp));
      tally.reset();
      var self = Measured.helper("load generator", ProcessHandle.current().pid());
      var measured = Window.open(List.of(upstream.measured(), self));
      loop.runUntil(System.nanoTime() + TimeUnit.SECONDS.toNanos(window.seconds));
      var cost = measured.close();
      tally.requireNoFaults();
      report.cost("request", tally.operations(), cost);
      report.latencies("latency", tally.latencies());
      return List.of();
    }
  }
}
