package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Loop;
import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Measured;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.measure.Window;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.bench.upstream.UpstreamProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The same calls through nginx as a bare proxy, and how many times that the product costs. */
@Command(
    name = "peer",
    description = "Cost of a model call as a multiple of nginx's as a bare proxy, in one run")
public final class Peer implements Scenario {
  @Mixin private ProductOptions product = new ProductOptions();
  @Mixin private WindowOptions window = new WindowOptions();

  @Option(names = "--connections", defaultValue = "64", description = "default: ${DEFAULT-VALUE}")
  private int connections;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    Optional<Path> installed = Nginx.installed();
    if (installed.isEmpty()) {
      report.title("peer: skipped, since nginx is not installed (Debian: nginx-light)");
      return List.of();
    }
    double nginx;
    try (UpstreamProcess upstream = UpstreamProcess.start();
        Nginx proxy = Nginx.start(installed.get(), upstream.port())) {
      nginx = throughNginx(report, upstream, proxy);
    }
    try (Rig rig = Rig.start(product, report);
        UpstreamProcess upstream = UpstreamProcess.start()) {
      rig.api().putProvider("bench", upstream.port());
      var agents = Fleet.enrol(rig.product(), rig.api(), "peer", connections);
      String expected = Proxy.expectedBody(rig.loop(), upstream.address());
      var tally = new Tally();
      var callers = Proxy.proxied(rig, agents, expected, tally);
      report.title("peer: " + connections + " connections through the product");
      callers.forEach(PlainCaller::keepGoing);
      var run = rig.measure("request", "latency", window, tally, rig.parts(upstream.measured()));
      callers.forEach(PlainCaller::stop);
      rig.drain(() -> callers.stream().anyMatch(PlainCaller::isBusy));
      report.line(
          "product : nginx", String.format(Locale.ROOT, "%.1f : 1", run.productMicros() / nginx));
    }
    return List.of();
  }

  private double throughNginx(Report report, UpstreamProcess upstream, Nginx proxy)
      throws IOException {
    report.title("peer: " + connections + " connections through nginx, which checks nothing");
    try (var loop = new Loop()) {
      var tally = new Tally();
      String expected = Proxy.expectedBody(loop, upstream.address());
      var callers = Proxy.direct(loop, proxy.address(), connections, expected, tally);
      callers.forEach(PlainCaller::keepGoing);
      loop.runUntil(System.nanoTime() + TimeUnit.SECONDS.toNanos(5));
      tally.reset();
      var window =
          Window.open(
              List.of(
                  proxy.measured(),
                  upstream.measured(),
                  Measured.helper("load generator", ProcessHandle.current().pid())));
      loop.runUntil(System.nanoTime() + TimeUnit.SECONDS.toNanos(this.window.seconds));
      var cost = window.close();
      tally.requireNoFaults();
      report.cost("request", tally.operations(), cost);
      report.latencies("latency", tally.latencies());
      return cost.productMicrosPer(tally.operations());
    }
  }
}
