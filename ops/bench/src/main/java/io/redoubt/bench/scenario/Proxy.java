package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import io.redoubt.bench.load.Loop;
import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.bench.upstream.UpstreamProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Plain model calls: at saturation, and at a fixed rate beside calls straight to the upstream. */
@Command(
    name = "proxy",
    description = "Plain model calls at saturation and at a fixed rate, against a local upstream")
public final class Proxy implements Scenario {
  private static final int BUSY_RATE = 500;

  /** What of it is run. */
  enum Part {
    ALL,
    SATURATED,
    PACED
  }

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

  @Option(
      names = "--part",
      defaultValue = "ALL",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Part part = Part.ALL;

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
      if (part != Part.PACED) {
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
      } else {
        warmUp(rig, agents, expected);
      }
      if (part != Part.SATURATED) {
        var paced = new Paced(rig, report, upstream, expected, window);
        agents = Fleet.renew(rig.product(), agents);
        goals.add(
            Goal.below(
                "added latency at " + rate + " requests/s, p50",
                1.5,
                paced.addedMillis(agents, rate, 50),
                "ms"));
        agents = Fleet.renew(rig.product(), agents);
        goals.add(
            Goal.below(
                "added latency at " + BUSY_RATE + " requests/s, p99",
                5,
                paced.addedMillis(agents, BUSY_RATE, 99),
                "ms"));
      }
      return goals;
    }
  }

  /** What is paced is to meet a product as warm as after the parts before it. */
  private void warmUp(Rig rig, List<Fleet.Identity> agents, String expected) throws IOException {
    var tally = new Tally();
    var callers = proxied(rig, agents, expected, tally);
    callers.forEach(PlainCaller::keepGoing);
    rig.runFor(window.warmUp);
    callers.forEach(PlainCaller::stop);
    rig.drain(() -> callers.stream().anyMatch(PlainCaller::isBusy));
    rig.settle("request", tally);
    tally.requireNoFaults();
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
}
