package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Loop;
import io.redoubt.bench.measure.Jvm;
import io.redoubt.bench.measure.Latencies;
import io.redoubt.bench.measure.Machine;
import io.redoubt.bench.measure.Measured;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.measure.Window;
import io.redoubt.bench.product.OperatorApi;
import io.redoubt.bench.product.OwnDatabase;
import io.redoubt.bench.product.Product;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.bench.product.RuntimeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A running product with what it takes to load it. */
final class Rig implements AutoCloseable {
  private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int SETTLE_SECONDS = 180;
  private static final int QUIET_SECONDS = 2;
  private static final double QUIET_SHARE = 0.08;

  /** One measured window. */
  record Run(
      long operations,
      Window.Cost cost,
      Latencies latencies,
      Jvm.Upkeep upkeep,
      OwnDatabase.@Nullable Work database) {
    double productMicros() {
      return cost.productMicrosPer(Math.max(1, operations));
    }
  }

  private final ProductOptions options;
  private final Product product;
  private final Report report;
  private final OperatorApi api;
  private final @Nullable OwnDatabase database;
  private final Loop loop;
  private int profiles;

  private Rig(ProductOptions options, Product product, Report report) throws IOException {
    this.options = options;
    this.product = product;
    this.report = report;
    this.api = new OperatorApi(product.runtime());
    this.database = OwnDatabase.of(product).orElse(null);
    this.loop = new Loop();
  }

  static Rig start(ProductOptions options, Report report) throws IOException, InterruptedException {
    Product product = Product.start(options);
    report.title(Machine.describe(product.dataDirectory()));
    return new Rig(options, product, report);
  }

  Product product() {
    return product;
  }

  OperatorApi api() {
    return api;
  }

  Loop loop() {
    return loop;
  }

  /** The product's parts and this process. */
  List<Measured> parts(Measured... helpers) {
    var parts = new ArrayList<>(product.parts());
    parts.add(Measured.helper("load generator", ProcessHandle.current().pid()));
    parts.addAll(List.of(helpers));
    return parts;
  }

  /**
   * Warms up, measures the windows, prints the one of median cost and answers it.
   *
   * @param operation what is counted, in the singular
   * @param latency what the recorded times are
   */
  Run measure(
      String operation, String latency, WindowOptions window, Tally tally, List<Measured> parts)
      throws IOException, InterruptedException {
    runFor(window.warmUp);
    var runs = new ArrayList<Run>();
    for (int i = 0; i < window.runs; i++) {
      runs.add(measureOnce(window.seconds, tally, parts));
    }
    profile(window);
    tally.requireNoFaults();
    runs.sort(Comparator.comparingDouble(Run::productMicros));
    Run median = runs.get(runs.size() / 2);
    print(operation, latency, median);
    report.line(
        "CPU of all windows",
        runs.stream().map(run -> "%.1f".formatted(run.productMicros())).toList() + " µs");
    report.memory(parts);
    return median;
  }

  /** Prints what a window cost, and how long its operations took. */
  void print(String operation, String latency, Run run) {
    report.cost(operation, run.operations(), run.cost());
    report.latencies(latency, run.latencies());
    report.upkeep(operation, run.operations(), run.upkeep());
    var work = run.database();
    if (work != null) {
      report.line(
          "database",
          String.format(
              Locale.ROOT,
              "%.0f bytes of WAL, %.2f rows written, %.3f commits per %s",
              (double) work.walBytes() / run.operations(),
              (double) work.rows() / run.operations(),
              (double) work.commits() / run.operations(),
              operation));
    }
  }

  /** Records one more window, where that was asked for. */
  void profile(WindowOptions window) throws IOException, InterruptedException {
    Path profile = options.profile();
    if (profile != null) {
      long pid = product.node(0).pid();
      Jvm.startProfile(pid);
      runFor(window.seconds);
      Jvm.stopProfile(pid, numbered(profile));
    }
  }

  /**
   * Measures one window of a load that is warm.
   *
   * @param beside what else counts from the same moment on
   */
  Run measureOnce(int seconds, Tally tally, List<Measured> parts, Tally... beside)
      throws IOException, InterruptedException {
    var pids = product.nodes().stream().map(RuntimeFile.Node::pid).toList();
    var before = Jvm.Upkeep.of(pids);
    runFor(1); // looking at the counters has held the load up
    tally.reset();
    for (Tally other : beside) {
      other.reset();
    }
    var workBefore = database == null ? null : database.work();
    Window window = Window.open(parts);
    runFor(seconds);
    var cost = window.close();
    long operations = tally.operations();
    var latencies = tally.latencies();
    tally.requireNoFaults();
    for (Tally other : beside) {
      other.requireNoFaults(); // the next window forgets what was missed in this one
    }
    tally.reset();
    var work = database == null || workBefore == null ? null : database.work().since(workBefore);
    return new Run(operations, cost, latencies, Jvm.Upkeep.of(pids).since(before), work);
  }

  private Path numbered(Path profile) {
    String name = profile.getFileName().toString();
    int dot = name.lastIndexOf('.');
    String number = "-" + ++profiles;
    return profile.resolveSibling(
        dot < 0 ? name + number : name.substring(0, dot) + number + name.substring(dot));
  }

  /**
   * Waits until the product has nothing left to do: what it does after its answers, as sending
   * audit to the control plane, may lag behind a load, and then belongs to no window. Prints what
   * that cost per operation, and so disturbs no measurement that follows.
   */
  void settle(String operation, Tally tally) throws IOException {
    long operations = Math.max(1, tally.takeUnsettled());
    long start = System.nanoTime();
    long owed = 0;
    boolean quiet = false;
    while (!quiet && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(SETTLE_SECONDS)) {
      Window window = Window.open(product.parts());
      runFor(QUIET_SECONDS);
      var cost = window.close();
      quiet = cost.productCpuNanos() < QUIET_SHARE * cost.nanos();
      owed += quiet ? 0 : cost.productCpuNanos();
    }
    report.line(
        "afterwards",
        "%s after %d s; %.1f µs of CPU per %s since the load began"
            .formatted(
                quiet ? "idle" : "NOT idle",
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start),
                owed / 1e3 / operations,
                operation));
  }

  void runFor(int seconds) throws IOException {
    loop.runUntil(System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds));
  }

  /** Waits, within a limit, until nothing is under way any more. */
  void drain(BooleanSupplier busy) throws IOException {
    if (!loop.runWhile(busy, System.nanoTime() + DRAIN_NANOS)) {
      throw new IOException("requests were still without an answer after 10 s");
    }
  }

  @Override
  public void close() throws IOException {
    try (product;
        api;
        loop;
        database) {
      report.title("Stopping the product");
    }
  }
}
