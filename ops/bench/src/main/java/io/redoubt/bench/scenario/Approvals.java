package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Jvm;
import io.redoubt.bench.measure.Latencies;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.product.Fleet;
import io.redoubt.bench.product.OwnDatabase;
import io.redoubt.bench.product.ProductOptions;
import io.redoubt.bench.scenario.Pleas.Plane;
import io.redoubt.bench.scenario.Pleas.Plea;
import io.redoubt.bench.upstream.UpstreamProcess;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Many requests wait for people on one node, and callers for some of them; some are approved while
 * their callers wait, and some end by themselves: in memory, out of it, and after a restart.
 */
@Command(
    name = "approvals",
    description = "Pending approvals: memory, of callers too, decision to release, deadlines")
public final class Approvals implements Scenario {
  private static final String ENTITY = "io.redoubt.approval.ApprovalEntity";

  private static final int ASKING_AT_ONCE = 16;
  private static final int DUE = 200;
  private static final int SOON_SECONDS = 30;
  private static final int WARM_UP = 40;
  private static final int LONGEST_WAIT = 290;

  @Mixin private ProductOptions product = new ProductOptions();

  @Option(names = "--pending", defaultValue = "10000", description = "default: ${DEFAULT-VALUE}")
  private int pending;

  @Option(
      names = "--agents",
      defaultValue = "250",
      description = "that ask for them (default: ${DEFAULT-VALUE})")
  private int agents;

  @Option(
      names = "--decisions",
      defaultValue = "300",
      description = "through each channel (default: ${DEFAULT-VALUE})")
  private int decisions;

  @Option(
      names = "--rate",
      defaultValue = "10",
      description = "decisions each second (default: ${DEFAULT-VALUE})")
  private int rate;

  @Option(
      names = "--waiters",
      defaultValue = "500",
      description = "callers that wait at once (default: ${DEFAULT-VALUE})")
  private int waiters;

  @Option(
      names = "--plane",
      defaultValue = "MODEL",
      description = "what is asked for: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Plane plane = Plane.MODEL;

  @Option(
      names = "--idle-after",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "how soon an idle request leaves memory (default: ${DEFAULT-VALUE})")
  private int idleAfter;

  @Option(
      names = "--slack",
      description = "decide in a stand-in for Slack, too, where each request is shown first: 1/s")
  private boolean inSlack;

  private enum Part {
    MEMORY,
    WAITING,
    DECISIONS,
    RESTART
  }

  @Option(
      names = "--only",
      paramLabel = "PART",
      split = ",",
      defaultValue = "memory,waiting,decisions,restart",
      description = "which of ${COMPLETION-CANDIDATES} (default: all)")
  private Set<Part> only = Set.of();

  private List<Fleet.Identity> identities = List.of();

  /** Asked for so far, and decided by nobody for the whole run. */
  private int others;

  private interface Work<T, R> {
    R of(T input) throws IOException, InterruptedException;
  }

  @Override
  public List<Goal> measure(Report report) throws Exception {
    product
        .orNodes(1)
        .with(
            Map.of(
                "redoubt.approval.entity.idle-after",
                idleAfter + "s",
                "redoubt.approval.pending-per-agent",
                "1000",
                "redoubt.approval.pending-per-organization",
                Integer.toString(2 * pending + waiters),
                "redoubt.approval.waiters-per-agent",
                Integer.toString(Math.max(1000, waiters)),
                "redoubt.approval.waiters-per-node",
                Integer.toString(Math.max(1000, waiters)),
                "redoubt.enclave.operator-api.per-second",
                "1000",
                "redoubt.enclave.operator-api.burst",
                "1000",
                "redoubt.control-plane.channels.private-hosts.0",
                "127.0.0.1"));
    try (var upstream = UpstreamProcess.start();
        Rig rig = Rig.start(product, report);
        var pleas = new Pleas()) {
      var goals = new ArrayList<Goal>();
      rig.api().putProvider("bench", upstream.port());
      rig.api()
          .putConnector("bench", upstream.port(), List.of("bench", "soon", "later", "after-all"));
      identities = Fleet.enrol(rig.product(), rig.api(), "asking", agents);
      askPeople(rig, "patient", "bench", 24 * 3600);
      askPeople(rig, "soon", "soon", SOON_SECONDS);
      askPeople(rig, "later", "later", 2 * idleAfter + SOON_SECONDS);
      askPeople(rig, "after-all", "after-all", 90);
      rig.api().publish();
      if (only.contains(Part.MEMORY)) {
        memory(rig, report, pleas, goals);
      }
      if (only.contains(Part.WAITING)) {
        waiting(rig, report, pleas);
      }
      if (only.contains(Part.DECISIONS)) {
        release(rig, report, pleas, goals);
      }
      if (only.contains(Part.RESTART)) {
        restart(rig, report, pleas, goals);
      }
      return goals;
    }
  }

  /** People are asked about every call of that name, for so long. */
  private void askPeople(Rig rig, String workflow, String name, int seconds)
      throws IOException, InterruptedException {
    rig.api().putWorkflow(workflow, seconds);
    rig.api().putPolicy(workflow, plane.policy(workflow, name));
  }

  private List<Plea> pleas(Rig rig, String name, String about, int count) {
    var pleas = new ArrayList<Plea>();
    for (int i = 0; i < count; i++) {
      var agent = identities.get(i % identities.size());
      pleas.add(new Plea(rig.product().node(0), agent, plane, name, about + " " + i));
    }
    return pleas;
  }

  /** What comes next may begin long after what came before: nobody is to be told 401. */
  private void renew(Rig rig) throws IOException, InterruptedException {
    identities = Fleet.renew(rig.product(), identities);
  }

  /** What each pending request costs, in memory and out of it; and when those end that are due. */
  private void memory(Rig rig, Report report, Pleas asking, List<Goal> goals)
      throws IOException, InterruptedException {
    report.title("approvals: " + pending + " pending, of " + identities.size() + " agents");
    long pid = rig.product().node(0).pid();
    all(pleas(rig, "bench", "warm up", identities.size()), asking::ask);
    awaitGone(rig, pid);
    renew(rig);
    var before = Jvm.alive(pid);
    report.line("live heap before", mebibytes(before));
    long start = System.nanoTime();
    all(pleas(rig, "bench", "please", pending), asking::ask);
    others += pending;
    report.line(
        "asked",
        String.format(Locale.ROOT, "%.0f/s", pending / ((System.nanoTime() - start) / 1e9)));
    var soon = all(pleas(rig, "soon", "soon", DUE), asking::ask);
    var later = all(pleas(rig, "later", "later", DUE), asking::ask);
    var during = Jvm.alive(pid);
    long held = during.count(ENTITY) - before.count(ENTITY);
    report.line("live heap, pending", "%s; %d in memory".formatted(mebibytes(during), held));
    report.line("of each in memory", kibibytes(during.bytes() - before.bytes(), held));
    lateness(rig, report, "end of its time, in memory", soon, SOON_SECONDS + 5, goals);
    awaitGone(rig, pid);
    var idle = Jvm.alive(pid);
    double each = (idle.bytes() - before.bytes()) / 1024.0 / pending;
    report.line(
        "live heap, all idle", "%s; %d in memory".formatted(mebibytes(idle), idle.count(ENTITY)));
    report.line("of each idle", kibibytes(idle.bytes() - before.bytes(), pending));
    report.memory(rig.product().parts());
    goals.add(Goal.below("live heap of a pending request, idle", 3, each, "KiB"));
    lateness(rig, report, "end of its time, idle", later, 2 * idleAfter + SOON_SECONDS, goals);
  }

  /** What each caller costs that waits for a decision, beside the request that it waits for. */
  private void waiting(Rig rig, Report report, Pleas asking)
      throws IOException, InterruptedException {
    report.title("approvals: " + waiters + " callers wait, each for a decision of its own");
    renew(rig);
    long pid = rig.product().node(0).pid();
    var pleas = pleas(rig, "bench", "wait for", waiters);
    all(pleas, asking::ask);
    others += waiters;
    var before = Jvm.alive(pid);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        var held = new Pleas()) {
      for (var plea : pleas) {
        threads.execute(() -> hold(held, plea));
      }
      rig.runFor(10);
      var during = Jvm.alive(pid);
      long waiting = during.count(plane.call()) - before.count(plane.call());
      if (waiting < waiters) {
        throw new IOException("only " + waiting + " callers wait");
      }
      report.line("live heap, all waiting", "%s; %d wait".formatted(mebibytes(during), waiting));
      report.line("of each that waits", kibibytes(during.bytes() - before.bytes(), waiting));
    }
  }

  private static void hold(Pleas pleas, Plea plea) {
    try {
      pleas.waitFor(plea, LONGEST_WAIT);
    } catch (IOException _) {
      // nobody decides, and its client goes
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitGone(Rig rig, long pid) throws IOException, InterruptedException {
    for (int waited = 0; waited <= 2 * idleAfter; waited += 5) {
      if (Jvm.alive(pid).count(ENTITY) == 0) {
        return;
      }
      rig.runFor(5);
    }
    throw new IOException("idle requests do not leave memory");
  }

  /** How much later than due those requests are over, as the database saw it. */
  private static void lateness(
      Rig rig, Report report, String name, List<String> requests, int within, List<Goal> goals)
      throws IOException, InterruptedException {
    try (var database =
        OwnDatabase.of(rig.product())
            .orElseThrow(() -> new IOException("needs the product's own database"))) {
      lateness(rig, report, name, database, database.due(requests), within, goals);
    }
  }

  private static void lateness(
      Rig rig,
      Report report,
      String name,
      OwnDatabase database,
      Map<String, Instant> due,
      int within,
      List<Goal> goals)
      throws IOException, InterruptedException {
    if (due.isEmpty()) {
      throw new IOException("none of them was due: they took longer to ask than they had time");
    }
    for (int waited = 0; database.over(due.keySet()).size() < due.size(); waited++) {
      if (waited > within) {
        throw new IOException("some of the requests that are due are not over");
      }
      rig.runFor(1);
    }
    var late = new Latencies();
    var over = database.over(due.keySet());
    due.forEach((id, at) -> late.record(Duration.between(at, over.get(id)).toNanos()));
    report.line(name, due.size() + " requests, later than due: " + late);
    goals.add(Goal.below(name + ", latest", 1000, late.millis(100), "ms"));
  }

  /** From the decision to the caller that waited for it. */
  private void release(Rig rig, Report report, Pleas asking, List<Goal> goals)
      throws IOException, InterruptedException {
    report.title(
        "approvals: decided at %d/s while their callers wait, %d others pending"
            .formatted(rate, others));
    var node = rig.product().node(0);
    channel(rig, report, asking, "the enclave", id -> rig.api().approveAt(node, id), goals);
    channel(rig, report, asking, "the control plane", rig.api()::approve, goals);
    if (inSlack) {
      try (var slack = new InSlack(rig.api(), node)) {
        channel(rig, report, asking, "Slack (a stand-in)", slack, goals);
      }
    }
  }

  /** Where somebody decides. */
  interface Channel {
    void approve(String approval) throws IOException, InterruptedException;

    /** Waits until somebody sees it there. */
    default void await(String approval) throws InterruptedException {}
  }

  private void channel(
      Rig rig, Report report, Pleas asking, String name, Channel channel, List<Goal> goals)
      throws IOException, InterruptedException {
    var released = decide(rig, asking, name, channel);
    report.latencies("decision at " + name, released);
    goals.add(
        Goal.below(
            "decision at %s to released caller, p99".formatted(name),
            150,
            released.millis(99),
            "ms"));
  }

  private Latencies decide(Rig rig, Pleas asking, String name, Channel channel)
      throws IOException, InterruptedException {
    renew(rig);
    var pleas = pleas(rig, "bench", "by " + name, WARM_UP + decisions);
    var approvals = all(pleas, asking::ask);
    for (String approval : approvals) {
      channel.await(approval);
    }
    renew(rig);
    var renewed = pleas(rig, "bench", "by " + name, WARM_UP + decisions);
    var latencies = new Latencies();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var released = new ArrayList<Future<Long>>();
      for (var plea : renewed) {
        released.add(
            threads.submit(() -> {
              asking.waitFor(plea, LONGEST_WAIT);
              return System.nanoTime();
            }));
      }
      rig.runFor(5);
      var decided = new ArrayList<Long>();
      var said = new ArrayList<Future<?>>();
      long due = System.nanoTime();
      for (String approval : approvals) {
        TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
        decided.add(System.nanoTime());
        said.add(
            threads.submit(() -> {
              channel.approve(approval);
              return null;
            }));
        due += TimeUnit.SECONDS.toNanos(1) / rate;
      }
      for (int i = 0; i < approvals.size(); i++) {
        said.get(i).get();
        long took = released.get(i).get() - decided.get(i);
        if (i >= WARM_UP) {
          latencies.record(took);
        }
      }
    } catch (ExecutionException e) {
      throw new IOException("a decision at " + name, e.getCause());
    }
    return latencies;
  }

  /** Every node is restarted between the request and its end. */
  private void restart(Rig rig, Report report, Pleas asking, List<Goal> goals)
      throws IOException, InterruptedException {
    renew(rig);
    report.title("approvals: " + DUE + " end after a restart of everything");
    var requests = all(pleas(rig, "after-all", "after all", DUE), asking::ask);
    Map<String, Instant> due;
    try (var database = OwnDatabase.of(rig.product()).orElseThrow()) {
      due = database.due(requests);
    }
    report.line(
        "restarted",
        String.format(Locale.ROOT, "in %.1f s", rig.product().restart().toMillis() / 1e3));
    try (var database = OwnDatabase.of(rig.product()).orElseThrow()) {
      lateness(rig, report, "end of its time, after a restart", database, due, 120, goals);
    }
  }

  private static <T, R> List<R> all(List<T> inputs, Work<T, R> work)
      throws IOException, InterruptedException {
    try (var threads = Executors.newFixedThreadPool(ASKING_AT_ONCE, Thread.ofVirtual().factory())) {
      var steps = new ArrayList<Callable<R>>();
      for (T input : inputs) {
        steps.add(() -> work.of(input));
      }
      var results = new ArrayList<R>();
      for (Future<R> result : threads.invokeAll(steps)) {
        results.add(result.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new IOException("asking for approvals", e.getCause());
    }
  }

  private static String mebibytes(Jvm.Alive alive) {
    return String.format(Locale.ROOT, "%.1f MiB", alive.bytes() / 1048576.0);
  }

  private static String kibibytes(long bytes, long requests) {
    return String.format(Locale.ROOT, "%.2f KiB", bytes / 1024.0 / Math.max(1, requests));
  }
}
