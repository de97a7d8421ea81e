package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Latencies;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.upstream.UpstreamProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Model calls in an open loop: they leave at a fixed rate, whatever became of those before. Calls
 * through the product and calls straight to the upstream take turns, so that both see the same
 * machine.
 */
final class Paced {
  private static final int DIRECT_CALLERS = 64;

  private final Rig rig;
  private final Report report;
  private final UpstreamProcess upstream;
  private final String expected;
  private final WindowOptions window;

  Paced(Rig rig, Report report, UpstreamProcess upstream, String expected, WindowOptions window) {
    this.rig = rig;
    this.report = report;
    this.upstream = upstream;
    this.expected = expected;
    this.window = window;
  }

  /** One window: what it cost, and how long the calls beside it took. */
  private record Turn(Rig.Run run, Latencies straight) {
    double addedMillis(double percentile) {
      return run.latencies().millis(percentile) - straight.millis(percentile);
    }
  }

  /** By how much calls through the product are slower at a percentile, in the median window. */
  double addedMillis(List<Fleet.Identity> agents, int rate, double percentile)
      throws IOException, InterruptedException {
    report.title("proxy: " + rate + " requests/s, and as many straight to the upstream");
    var throughTally = new Tally();
    var directTally = new Tally();
    var through = new Pacer(Proxy.proxied(rig, agents, expected, throughTally), throughTally);
    var direct =
        new Pacer(
            Proxy.direct(rig.loop(), upstream.address(), DIRECT_CALLERS, expected, directTally),
            directTally);
    long start = System.nanoTime();
    long interval = TimeUnit.SECONDS.toNanos(1) / rate;
    through.begin(rig.loop(), start, interval);
    direct.begin(rig.loop(), start + interval / 2, interval);
    rig.runFor(Math.min(5, window.warmUp));
    var turns = new ArrayList<Turn>();
    for (int i = 0; i < window.runs; i++) {
      var run = rig.measureOnce(window.seconds, throughTally, rig.parts(), directTally);
      turns.add(new Turn(run, directTally.latencies()));
    }
    rig.profile(window);
    through.stop();
    direct.stop();
    throughTally.reset();
    directTally.reset();
    rig.settle("request", throughTally);
    throughTally.requireNoFaults();
    directTally.requireNoFaults();
    turns.sort(Comparator.comparingDouble(turn -> turn.addedMillis(percentile)));
    var median = turns.get(turns.size() / 2);
    rig.print("request", "through the product", median.run());
    report.latencies("straight", median.straight());
    report.line(
        "added, in all windows",
        turns.stream()
                .map(turn ->
                    String.format(
                        Locale.ROOT,
                        "p50 %.2f p99 %.2f",
                        turn.addedMillis(50),
                        turn.addedMillis(99)))
                .toList()
            + " ms");
    return median.addedMillis(percentile);
  }
}
