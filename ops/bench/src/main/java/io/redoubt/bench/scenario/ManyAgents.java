package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Jvm;
import io.redoubt.bench.measure.Latencies;
import io.redoubt.bench.measure.Recovery;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.measure.Window;
import io.redoubt.bench.product.BulkRegistry;
import io.redoubt.bench.product.OperatorApi;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.bench.product.RuntimeFile;
import io.redoubt.bench.scenario.CommittingAgent.Storm;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Many agents are registered, some of them bootstrap all at once, are forgotten when they are idle,
 * and are read back when they come again.
 */
@Command(
    name = "fleet",
    description = "Many registered agents: bootstrap storm, memory of active and idle, recovery")
public final class ManyAgents implements Scenario {
  private static final int WARM_UP = 100;
  private static final int WARM_UP_PASSES = 10;
  private static final int AT_ONCE = 16;

  /** Machines that the agents run on: a node limits the connections of each. */
  private static final int MACHINES = 16;

  private static final long STORM_NANOS = TimeUnit.SECONDS.toNanos(180);
  private static final int IDLE_LIMIT_SECONDS = 120;

  @Mixin private ProductOptions product = new ProductOptions();

  @Option(
      names = "--registered",
      defaultValue = "100000",
      description = "default: ${DEFAULT-VALUE}")
  private int registered = 100_000;

  @Option(names = "--active", defaultValue = "10000", description = "default: ${DEFAULT-VALUE}")
  private int active = 10_000;

  @Option(
      names = "--connections",
      defaultValue = "1500",
      description = "most that the storm has open; who has none waits (default: ${DEFAULT-VALUE})")
  private int connections = 1500;

  @Option(
      names = "--idle-after",
      paramLabel = "SECONDS",
      defaultValue = "45",
      description = "how soon an idle agent leaves memory in this run (default: ${DEFAULT-VALUE})")
  private int idleAfter = 45;

  @Option(
      names = "--recovered",
      defaultValue = "500",
      description =
          "agents whose recovery is measured before the storm (default: ${DEFAULT-VALUE})")
  private int recovered = 500;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    product
        .orNodes(3)
        .with(
            Map.of(
                "redoubt.agent.entity.idle-after", idleAfter + "s",
                "redoubt.token-family.entity.idle-after", idleAfter + "s"));
    try (Rig rig = Rig.start(product, report)) {
      report.title("fleet: " + registered + " agents registered");
      long start = System.nanoTime();
      var known = BulkRegistry.copy(rig.product(), rig.api(), "fleet", registered);
      report.line("registered", "in bulk, in %d s".formatted(seconds(start)));
      warmUp(rig, known.subList(active, active + WARM_UP));
      // Before the storm, which a machine that is too small for it does not come through.
      recoverSome(rig, report, known.subList(active + WARM_UP, active + WARM_UP + recovered));
      int others = inMemory(rig);
      long before = live(rig);
      report.line("live heap, none active", mebibytes(before));

      report.title("fleet: a storm, " + active + " agents bootstrap at once");
      var storm = new Storm();
      var agents = storm(rig, report, known.subList(0, active), storm);
      int more = inMemory(rig) - others;
      long during = live(rig);
      report.line("in memory", more + " agents and families more");
      report.line("live heap, active", mebibytes(during));
      report.line(
          "of each active agent", kibibytes(during - before, more / 2) + " with its family");
      report.memory(rig.product().parts());

      awaitIdle(rig);
      long idle = live(rig);
      report.line("live heap, all idle", mebibytes(idle));
      report.line("of each idle agent", kibibytes(idle - before, active));
      recover(rig, report, agents);
      return List.of(
          Goal.atMost(
              "answers of the storm but 200 and 503 with Retry-After",
              0,
              (double) storm.tally.faults(),
              ""),
          Goal.atMost("live heap of an idle agent", 0.2, (idle - before) / 1024.0 / active, "KiB"));
    }
  }

  private static long seconds(long start) {
    return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
  }

  private static long live(Rig rig) throws IOException, InterruptedException {
    return Jvm.liveBytes(rig.product().nodes().stream().map(RuntimeFile.Node::pid).toList());
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB, all nodes", bytes / 1048576.0);
  }

  private static String kibibytes(long bytes, int agents) {
    return String.format(Locale.ROOT, "%.2f KiB", bytes / 1024.0 / Math.max(1, agents));
  }

  private static int inMemory(Rig rig) throws IOException, InterruptedException {
    return rig.api().entities().values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Classes are loaded, and code compiled to begin with. */
  private static void warmUp(Rig rig, List<OperatorApi.NewAgent> offers) throws IOException {
    var storm = new Storm();
    var agents = agents(rig, offers, storm);
    storm.left = agents.size();
    agents.forEach(agent -> agent.bootstrap(() -> {}));
    await(rig, storm);
    for (int i = 0; i < WARM_UP_PASSES; i++) {
      pass(rig, agents, storm);
    }
    agents.forEach(CommittingAgent::close);
    storm.tally.requireNoFaults();
  }

  private static List<CommittingAgent> agents(
      Rig rig, List<OperatorApi.NewAgent> offers, Storm storm) {
    var agents = new ArrayList<CommittingAgent>();
    for (var offer : offers) {
      var machine = InetAddress.ofLiteral("127.0.1." + (1 + agents.size() % MACHINES));
      var caller = new Caller(rig.loop(), rig.product().node(agents.size()).agent(), machine);
      agents.add(new CommittingAgent(rig.loop(), caller, offer.bootstrapToken(), storm));
    }
    return agents;
  }

  private List<CommittingAgent> storm(
      Rig rig, Report report, List<OperatorApi.NewAgent> offers, Storm storm) throws IOException {
    var agents = agents(rig, offers, storm);
    storm.left = agents.size();
    var measured = Window.open(rig.parts());
    var waiting = new ArrayDeque<>(agents);
    for (int i = 0; i < connections; i++) {
      bootstrapNext(waiting);
    }
    await(rig, storm);
    report.cost("bootstrap", storm.tally.operations(), measured.close());
    report.latencies("from asking to having it", storm.tally.latencies());
    report.line("503 with Retry-After", Long.toString(storm.putOff));
    storm.tally.requireNoFaults();
    return agents;
  }

  private static void bootstrapNext(ArrayDeque<CommittingAgent> waiting) {
    var agent = waiting.poll();
    if (agent != null) {
      agent.bootstrap(() -> {
        agent.close();
        bootstrapNext(waiting);
      });
    }
  }

  private static void await(Rig rig, Storm storm) throws IOException {
    if (!rig.loop().runWhile(() -> storm.left > 0, System.nanoTime() + STORM_NANOS)) {
      storm.tally.requireNoFaults();
      throw new IOException(storm.left + " agents are not there yet");
    }
  }

  private void awaitIdle(Rig rig) throws IOException, InterruptedException {
    for (int second = 0; second < idleAfter + IDLE_LIMIT_SECONDS; second++) {
      if (inMemory(rig) == 0) {
        return;
      }
      rig.runFor(1);
    }
    throw new IOException("idle agents do not leave memory: " + rig.api().entities());
  }

  /** As many as do not get into each other's way. */
  private void recoverSome(Rig rig, Report report, List<OperatorApi.NewAgent> offers)
      throws IOException, InterruptedException {
    var storm = new Storm();
    var agents = agents(rig, offers, storm);
    storm.left = agents.size();
    var waiting = new ArrayDeque<>(agents);
    for (int i = 0; i < AT_ONCE; i++) {
      bootstrapNext(waiting);
    }
    await(rig, storm);
    storm.tally.requireNoFaults();
    awaitIdle(rig);
    recover(rig, report, agents);
    agents.forEach(CommittingAgent::close);
    awaitIdle(rig);
  }

  /** Each rotates once, which reads its agent and its family back; and once more at once. */
  private void recover(Rig rig, Report report, List<CommittingAgent> agents) throws IOException {
    report.title(
        "fleet: each of %d rotates once, %d at a time, and once more"
            .formatted(agents.size(), AT_ONCE));
    Latencies cold = pass(rig, report, "read back", agents);
    Latencies warm = pass(rig, report, "in memory", agents);
    report.line("recovery", Recovery.of(cold, warm).toString());
  }

  private static Latencies pass(Rig rig, Report report, String how, List<CommittingAgent> agents)
      throws IOException {
    var measured = Window.open(rig.parts());
    var storm = agents.getFirst().storm();
    storm.tally.reset();
    pass(rig, agents, storm);
    report.cost("rotation", storm.tally.operations(), measured.close());
    report.latencies("latency, " + how, storm.tally.latencies());
    storm.tally.requireNoFaults();
    return storm.tally.latencies();
  }

  private static void pass(Rig rig, List<CommittingAgent> agents, Storm storm) throws IOException {
    storm.left = agents.size();
    var waiting = new ArrayDeque<>(agents);
    for (int i = 0; i < AT_ONCE; i++) {
      next(waiting);
    }
    await(rig, storm);
  }

  private static void next(ArrayDeque<CommittingAgent> waiting) {
    var agent = waiting.poll();
    if (agent != null) {
      agent.rotate(() -> next(waiting));
    }
  }
}
