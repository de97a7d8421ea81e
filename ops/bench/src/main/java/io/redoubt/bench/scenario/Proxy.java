package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import io.redoubt.bench.load.Loop;
import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Latencies;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.measure.Window;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.bench.upstream.UpstreamProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Plain model calls: at saturation, and at a fixed rate beside calls straight to the upstream. */
@Command(
    name = "proxy",
    description = "Plain model calls at saturation and at a fixed rate, against a local upstream")
public final class Proxy implements Scenario {
  private static final int PACED_CALLERS = 64;
  private static final int BUSY_RATE = 500;

  @Mixin private ProductOptions product = new ProductOptions();
  @Mixin private WindowOptions window = new WindowOptions();

  @Option(names = "--connections", defaultValue = "64", description = "default: ${DEFAULT-VALUE}")
  private int connections;

  @Option(
      names = "--rate",
      defaultValue = "200",
      description = "requests per second of the paced part (default: ${DEFAULT-VALUE})")
  private int rate;

  @Option(
      names = "--governed",
      description =
          "with budgets of tokens for all agents and each, and content policies that redact")
  private boolean governed;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    try (Rig rig = Rig.start(product, report);
        UpstreamProcess upstream = UpstreamProcess.start()) {
      rig.api().putProvider("bench", upstream.port());
      var agents = Fleet.enrol(rig.product(), rig.api(), "proxy", connections);
      if (governed) {
        rig.api().govern(agents.stream().map(Fleet.Identity::agent).toList());
      }
      String expected = expectedBody(rig.loop(), upstream.address());
      var goals = new ArrayList<Goal>();
      for (String payloads : List.of("full", "metadata")) {
        rig.api().keepPayloads(payloads);
        agents = Fleet.renew(rig.product(), agents);
        report.title(
            "proxy: %d connections, each at once again; payloads kept: %s"
                .formatted(connections, payloads));
        var run = saturate(rig, upstream, agents, expected, window);
        goals.add(
            Goal.atMost(
                "CPU per request, payloads kept: " + payloads, 400, run.productMicros(), "µs"));
      }
      rig.api().keepPayloads("full");
      agents = Fleet.renew(rig.product(), agents);
      goals.add(
          Goal.below(
              "added latency at " + rate + " requests/s, p50",
              1.5,
              paced(rig, report, rate, upstream.address(), agents, expected).millis(50),
              "ms"));
      goals.add(
          Goal.below(
              "added latency at " + BUSY_RATE + " requests/s, p99",
              5,
              paced(rig, report, BUSY_RATE, upstream.address(), agents, expected).millis(99),
              "ms"));
      return goals;
    }
  }

  /** Every agent calls again as soon as it is answered. */
  static Rig.Run saturate(
      Rig rig,
      UpstreamProcess upstream,
      List<Fleet.Identity> agents,
      String expected,
      WindowOptions window)
      throws IOException, InterruptedException {
    var tally = new Tally();
    var callers = proxied(rig, agents, expected, tally);
    callers.forEach(PlainCaller::keepGoing);
    var run = rig.measure("request", "latency", window, tally, rig.parts(upstream.measured()));
    callers.forEach(PlainCaller::stop);
    rig.drain(() -> callers.stream().anyMatch(PlainCaller::isBusy));
    rig.settle("request", tally);
    tally.requireNoFaults();
    return run;
  }

  /** Callers through the product, one for each agent; they take the nodes in turn. */
  static List<PlainCaller> proxied(
      Rig rig, List<Fleet.Identity> agents, String expected, Tally tally) {
    var callers = new ArrayList<PlainCaller>();
    for (int i = 0; i < agents.size(); i++) {
      InetSocketAddress acting = rig.product().node(i).acting();
      callers.add(proxied(rig, acting, agents.get(i), expected, tally));
    }
    return callers;
  }

  /** A caller through one node. */
  static PlainCaller proxied(
      Rig rig, InetSocketAddress acting, Fleet.Identity agent, String expected, Tally tally) {
    return new PlainCaller(
        new Caller(rig.loop(), acting),
        Messages.plain(acting, agent.accessToken()),
        PlainCaller.permitted(expected),
        tally);
  }

  /** Callers straight to an address. */
  static List<PlainCaller> direct(
      Loop loop, InetSocketAddress to, int count, String expected, Tally tally) {
    var callers = new ArrayList<PlainCaller>();
    for (int i = 0; i < count; i++) {
      callers.add(
          new PlainCaller(
              new Caller(loop, to),
              Messages.plain(to, null),
              PlainCaller.untouched(expected),
              tally));
    }
    return callers;
  }

  /** What the upstream answers when nobody stands between. */
  static String expectedBody(Loop loop, InetSocketAddress upstream) throws IOException {
    var caller = new Caller(loop, upstream);
    var answer = caller.ask(Messages.plain(upstream, null));
    caller.close();
    if (answer.status() != 200 || answer.body().isEmpty()) {
      throw new IOException("the upstream answers " + answer.status());
    }
    return answer.body();
  }

  /** By how much calls through the product were slower, percentile by percentile. */
  private record Added(Latencies slower, Latencies faster) {
    double millis(double percentile) {
      return slower.millis(percentile) - faster.millis(percentile);
    }
  }

  /**
   * Open loop: requests leave at a fixed rate whatever became of those before. Through the product
   * and straight to the upstream take turns, so that both see the same machine.
   */
  private Added paced(
      Rig rig,
      Report report,
      int rate,
      InetSocketAddress upstream,
      List<Fleet.Identity> agents,
      String expected)
      throws IOException {
    report.title("proxy: " + rate + " requests/s, and as many straight to the upstream");
    var throughTally = new Tally();
    var directTally = new Tally();
    var through = new Pacer(proxied(rig, agents, expected, throughTally), throughTally);
    var direct =
        new Pacer(direct(rig.loop(), upstream, PACED_CALLERS, expected, directTally), directTally);
    long start = System.nanoTime();
    long interval = TimeUnit.SECONDS.toNanos(1) / rate;
    through.begin(rig.loop(), start, interval);
    direct.begin(rig.loop(), start + interval / 2, interval);
    rig.runFor(Math.min(5, window.warmUp));
    throughTally.reset();
    directTally.reset();
    var measured = Window.open(rig.parts());
    rig.runFor(window.seconds);
    report.cost("request", throughTally.operations(), measured.close());
    through.stop();
    direct.stop();
    var slower = throughTally.latencies();
    var faster = directTally.latencies();
    report.latencies("through the product", slower);
    report.latencies("straight", faster);
    var added = new Added(slower, faster);
    report.line(
        "added",
        String.format(
            Locale.ROOT, "p50 %.2f ms   p99 %.2f ms", added.millis(50), added.millis(99)));
    throughTally.requireNoFaults();
    directTally.requireNoFaults();
    return added;
  }
}
