package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Jvm;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.measure.Window;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.bench.upstream.UpstreamProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Streamed model replies: the first chunk, every chunk, and what many open streams cost. */
@Command(
    name = "stream",
    description = "Streamed model replies: first chunk, delay and cost of each, memory of many")
public final class Stream implements Scenario {
  private static final int FIRST_CHUNK_RATE = 20;
  private static final int HELD_CHUNKS = 200;
  private static final int HELD_PACE_MILLIS = 250;
  private static final int HELD_SEEN = 8;

  @Mixin private ProductOptions product = new ProductOptions();
  @Mixin private WindowOptions window = new WindowOptions();

  @Option(names = "--streams", defaultValue = "256", description = "default: ${DEFAULT-VALUE}")
  private int streams;

  @Option(names = "--chunks", defaultValue = "50", description = "default: ${DEFAULT-VALUE}")
  private int chunks;

  @Option(names = "--pace-ms", defaultValue = "20", description = "default: ${DEFAULT-VALUE}")
  private int paceMillis;

  @Option(
      names = "--held",
      defaultValue = "500",
      description = "streams open at once when memory is measured (default: ${DEFAULT-VALUE})")
  private int held;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    try (Rig rig = Rig.start(product, report);
        UpstreamProcess upstream = UpstreamProcess.start()) {
      rig.api().putProvider("bench", upstream.port());
      var agents = Fleet.enrol(rig.product(), rig.api(), "stream", Math.min(64, streams));
      var goals = new ArrayList<Goal>();
      goals.addAll(chained(rig, report, upstream, agents));
      goals.add(firstChunk(rig, report, upstream.address(), agents));
      goals.add(memory(rig, report, agents));
      return goals;
    }
  }

  private List<Goal> chained(
      Rig rig, Report report, UpstreamProcess upstream, List<Fleet.Identity> agents)
      throws IOException, InterruptedException {
    String what = "%d streams of %d chunks, one each %d ms".formatted(streams, chunks, paceMillis);
    report.title("stream: " + what + ", straight to the upstream");
    var straight = new Tally();
    var direct = callers(rig, upstream.address(), null, streams, new Tally(), straight);
    begin(rig, direct);
    rig.runFor(3);
    straight.reset();
    rig.runFor(5);
    end(rig, direct);
    straight.requireNoFaults();
    report.latencies("delay of a chunk", straight.latencies());
    throughNginx(rig, report, upstream, what);

    report.title("stream: " + what + ", through the product");
    var tally = new Tally();
    var through = callers(rig, rig.product().node(0).acting(), agents, streams, new Tally(), tally);
    begin(rig, through);
    var run =
        rig.measure("stream", "delay of a chunk", window, tally, rig.parts(upstream.measured()));
    end(rig, through);
    rig.settle("stream", tally);
    tally.requireNoFaults();
    return List.of(
        Goal.atMost(
            "delay of a chunk, p99, " + streams + " streams", 6, run.latencies().millis(99), "ms"),
        Goal.atMost("CPU per stream of " + chunks + " chunks", 2, run.productMicros() / 1e3, "ms"));
  }

  /** The yardstick: what passing the same chunks on costs a proxy that does nothing else. */
  private void throughNginx(Rig rig, Report report, UpstreamProcess upstream, String what)
      throws IOException, InterruptedException {
    var installed = Nginx.installed();
    if (installed.isEmpty()) {
      return;
    }
    report.title("stream: " + what + ", through nginx, which checks nothing");
    try (Nginx proxy = Nginx.start(installed.get(), upstream.port())) {
      var tally = new Tally();
      var callers = callers(rig, proxy.address(), null, streams, new Tally(), tally);
      begin(rig, callers);
      rig.runFor(3);
      tally.reset();
      var window = Window.open(List.of(proxy.measured(), upstream.measured()));
      rig.runFor(this.window.seconds);
      var cost = window.close();
      report.cost("stream", tally.operations(), cost);
      report.latencies("delay of a chunk", tally.latencies());
      end(rig, callers);
      tally.requireNoFaults();
    }
  }

  /** Spread over the pace, as clients that know nothing of each other are. */
  private void begin(Rig rig, List<StreamCaller> callers) {
    long start = System.nanoTime();
    long apart = TimeUnit.MILLISECONDS.toNanos((long) chunks * paceMillis) / callers.size();
    for (int i = 0; i < callers.size(); i++) {
      rig.loop().at(start + i * apart, callers.get(i)::keepGoing);
    }
  }

  private static void end(Rig rig, List<StreamCaller> callers) throws IOException {
    callers.forEach(StreamCaller::stop);
    rig.drain(() -> callers.stream().anyMatch(StreamCaller::isBusy));
    callers.forEach(StreamCaller::close);
  }

  private Goal firstChunk(
      Rig rig, Report report, InetSocketAddress upstream, List<Fleet.Identity> agents)
      throws IOException {
    report.title("stream: first chunk, " + FIRST_CHUNK_RATE + " streams/s each way in turn");
    var through = new Tally();
    var direct = new Tally();
    var delays = new Tally();
    var throughCallers =
        callers(rig, rig.product().node(0).acting(), agents, agents.size(), through, delays);
    var directCallers = callers(rig, upstream, null, agents.size(), direct, delays);
    long interval = TimeUnit.SECONDS.toNanos(1) / FIRST_CHUNK_RATE;
    long start = System.nanoTime();
    int count = FIRST_CHUNK_RATE * window.seconds;
    // A stream lasts far less than it takes until its caller's turn comes again.
    for (int i = 0; i < count; i++) {
      rig.loop().at(start + i * interval, throughCallers.get(i % agents.size())::once);
      rig.loop()
          .at(start + i * interval + interval / 2, directCallers.get(i % agents.size())::once);
    }
    rig.loop().runUntil(start + count * interval);
    rig.drain(() -> throughCallers.stream().anyMatch(StreamCaller::isBusy));
    delays.requireNoFaults();
    report.latencies("through the product", through.latencies());
    report.latencies("straight", direct.latencies());
    return Goal.atMost(
        "first chunk later than straight, p50",
        2,
        through.latencies().millis(50) - direct.latencies().millis(50),
        "ms");
  }

  private Goal memory(Rig rig, Report report, List<Fleet.Identity> agents)
      throws IOException, InterruptedException {
    report.title("stream: " + held + " streams open at once");
    InetSocketAddress acting = rig.product().node(0).acting();
    var tally = new Tally();
    var callers = new ArrayList<StreamCaller>();
    for (int i = 0; i < held; i++) {
      String token = agents.get(i % agents.size()).accessToken();
      byte[] request = Messages.stream(acting, token, HELD_CHUNKS, HELD_PACE_MILLIS);
      callers.add(
          new StreamCaller(
              new Caller(rig.loop(), acting), request, HELD_CHUNKS, new Tally(), tally));
    }
    callers.forEach(StreamCaller::once);
    boolean flowing =
        rig.loop()
            .runWhile(
                () -> callers.stream().anyMatch(caller -> caller.seen() < HELD_SEEN),
                System.nanoTime() + TimeUnit.SECONDS.toNanos(20));
    if (!flowing) {
      long first = callers.stream().filter(caller -> caller.seen() >= HELD_SEEN).count();
      tally.requireNoFaults();
      throw new IOException("only " + first + " of " + held + " streams flow after 20 s");
    }
    long open = callers.stream().filter(StreamCaller::isBusy).count();
    long live = Jvm.liveBytes(rig.product().node(0).pid());
    report.line("open streams", Long.toString(open));
    report.line("live heap", "%.0f MiB after a full collection".formatted(Report.mebibytes(live)));
    report.memory(rig.product().parts());
    callers.forEach(StreamCaller::close);
    tally.requireNoFaults();
    return Goal.below(
        "live heap with " + open + " open streams", 256, Report.mebibytes(live), "MiB");
  }

  /**
   * Callers of streams.
   *
   * @param agents null: straight to the upstream
   */
  private List<StreamCaller> callers(
      Rig rig,
      InetSocketAddress to,
      @Nullable List<Fleet.Identity> agents,
      int count,
      Tally firsts,
      Tally delays) {
    var callers = new ArrayList<StreamCaller>();
    for (int i = 0; i < count; i++) {
      String token = agents == null ? null : agents.get(i % agents.size()).accessToken();
      callers.add(
          new StreamCaller(
              new Caller(rig.loop(), to),
              Messages.stream(to, token, chunks, paceMillis),
              chunks,
              firsts,
              delays));
    }
    return callers;
  }
}
