package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Latencies;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.measure.Window;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.OperatorApi;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.bench.upstream.UpstreamProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Model calls through the node that has the agent, and the same calls through the others. Which
 * node has an agent shows when it is made: it is the one that has one entity more then.
 */
@Command(
    name = "remote",
    description = "Decisions on the agent's own node, and on the others, at one and the same rate")
public final class Remote implements Scenario {
  private static final int LOOKS = 25;
  private static final int LOOKS_AT_ONCE = 4;
  private static final int WARMING = 18;
  private static final long PAUSE_MILLIS = 60;

  @Mixin private ProductOptions product = new ProductOptions();
  @Mixin private WindowOptions window = new WindowOptions();

  @Option(names = "--agents", defaultValue = "48", description = "default: ${DEFAULT-VALUE}")
  private int count = 48;

  @Option(
      names = "--rate",
      defaultValue = "150",
      description = "requests per second, all nodes together (default: ${DEFAULT-VALUE})")
  private int rate = 150;

  /** An agent and the name of the node that has it. */
  private record Settled(Fleet.Identity agent, String node) {}

  @Override
  public List<Goal> measure(Report report) throws Exception {
    try (Rig rig = Rig.start(product.orNodes(3), report);
        UpstreamProcess upstream = UpstreamProcess.start()) {
      rig.api().putProvider("bench", upstream.port());
      rig.api().keepPayloads("metadata");
      var agents = settle(rig, report);
      String expected = Proxy.expectedBody(rig.loop(), upstream.address());
      var own = new TreeMap<String, Tally>();
      var other = new TreeMap<String, Tally>();
      var callers = new ArrayList<PlainCaller>();
      var nodes = rig.product().nodes();
      for (int i = 0; i < agents.size() * nodes.size(); i++) {
        // Each pair of agent and node once, and never one node for long.
        var settled = agents.get(i % agents.size());
        var entry = nodes.get((i + i / agents.size()) % nodes.size());
        var tallies = entry.node().equals(settled.node()) ? own : other;
        var tally = tallies.computeIfAbsent(entry.node(), _ -> new Tally());
        callers.add(Proxy.proxied(rig, entry.acting(), settled.agent(), expected, tally));
      }
      var all = new ArrayList<>(own.values());
      all.addAll(other.values());
      warmUp(rig, agents, expected);
      run(rig, report, callers, all);
      return List.of(compare(report, own, other));
    }
  }

  private List<Settled> settle(Rig rig, Report report) throws IOException, InterruptedException {
    var made = new ArrayList<OperatorApi.NewAgent>();
    var owners = new ArrayList<String>();
    var before = lasting(rig.api());
    for (int i = 0; made.size() < count; i++) {
      if (i > 2 * count) {
        throw new IOException("cannot tell which nodes have the agents: " + before);
      }
      var agent = rig.api().createAgent("remote-" + i);
      var after = more(rig.api(), before);
      var owner = whoGained(before, after);
      before = after;
      if (owner.isPresent()) {
        made.add(agent);
        owners.add(owner.get());
      }
    }
    var settled = new ArrayList<Settled>();
    for (int i = 0; i < count; i++) {
      settled.add(new Settled(Fleet.bootstrap(rig.product().node(i), made.get(i)), owners.get(i)));
    }
    var spread = new TreeMap<String, Integer>();
    owners.forEach(node -> spread.merge(node, 1, Integer::sum));
    report.title("remote: " + count + " agents, " + rate + " requests/s");
    report.line("agents of each node", spread.toString());
    return settled;
  }

  private static Map<String, Integer> more(OperatorApi api, Map<String, Integer> before)
      throws IOException, InterruptedException {
    for (int look = 0; look < LOOKS; look++) {
      var now = lasting(api);
      if (sum(now) > sum(before)) {
        return now;
      }
    }
    throw new IOException("an agent that was made is on no node: " + before);
  }

  /** Each node has one more for a moment while it is asked whether it is ready, and tries. */
  private static Map<String, Integer> lasting(OperatorApi api)
      throws IOException, InterruptedException {
    var least = api.entities();
    for (int look = 1; look < LOOKS_AT_ONCE; look++) {
      Thread.sleep(PAUSE_MILLIS);
      api.entities().forEach((node, count) -> least.merge(node, count, Math::min));
    }
    return least;
  }

  private static int sum(Map<String, Integer> entities) {
    return entities.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Empty where more than one did: what nodes say may be older than what they are asked about. */
  private static Optional<String> whoGained(
      Map<String, Integer> before, Map<String, Integer> after) {
    var gained =
        after.entrySet().stream()
            .filter(entry -> entry.getValue() != before.getOrDefault(entry.getKey(), 0).intValue())
            .map(Map.Entry::getKey)
            .toList();
    return gained.size() == 1 && sum(after) == sum(before) + 1
        ? Optional.of(gained.getFirst())
        : Optional.empty();
  }

  /** Cold nodes that share two processors may lose their leases for a moment, and say so. */
  private void warmUp(Rig rig, List<Settled> agents, String expected) throws IOException {
    var tally = new Tally();
    var callers = new ArrayList<PlainCaller>();
    for (int i = 0; i < WARMING; i++) {
      var acting = rig.product().node(i).acting();
      callers.add(
          new PlainCaller(
              new Caller(rig.loop(), acting),
              Messages.plain(acting, agents.get(i % agents.size()).agent().accessToken()),
              PlainCaller.permitted(expected).or(Remote::comeAgain),
              tally));
    }
    callers.forEach(PlainCaller::keepGoing);
    rig.runFor(window.warmUp);
    callers.forEach(PlainCaller::stop);
    rig.drain(() -> callers.stream().anyMatch(PlainCaller::isBusy));
    tally.requireNoFaults();
  }

  private static boolean comeAgain(Caller.Answer answer) {
    return answer.status() == 503 && answer.head().field("retry-after").isPresent();
  }

  private void run(Rig rig, Report report, List<PlainCaller> callers, List<Tally> tallies)
      throws IOException {
    var late = new Tally();
    var pacer = new Pacer(callers, late);
    pacer.begin(rig.loop(), System.nanoTime(), TimeUnit.SECONDS.toNanos(1) / rate);
    rig.runFor(Math.min(10, window.warmUp));
    tallies.forEach(Tally::reset);
    late.reset();
    var measured = Window.open(rig.parts());
    rig.runFor(window.seconds * window.runs);
    var cost = measured.close();
    pacer.stop();
    rig.drain(() -> callers.stream().anyMatch(PlainCaller::isBusy));
    report.cost("request", tallies.stream().mapToLong(Tally::operations).sum(), cost);
    late.requireNoFaults();
    for (Tally tally : tallies) {
      tally.requireNoFaults();
    }
  }

  private static Goal compare(Report report, Map<String, Tally> own, Map<String, Tally> other) {
    var onOwn = new Latencies();
    var onOther = new Latencies();
    own.forEach((node, tally) -> {
      onOwn.add(tally.latencies());
      var elsewhere = other.getOrDefault(node, new Tally()).latencies();
      onOther.add(elsewhere);
      report.line(
          "through " + node,
          String.format(
              Locale.ROOT,
              "own agents p50 %.2f ms, the others' %.2f ms (%d and %d calls)",
              tally.latencies().millis(50),
              elsewhere.millis(50),
              tally.latencies().count(),
              elsewhere.count()));
    });
    report.latencies("on the agent's own node", onOwn);
    report.latencies("on another node", onOther);
    double more = onOther.millis(50) - onOwn.millis(50);
    return Goal.atMost("a decision on another node, more at p50", 1, more, "ms");
  }
}
