package io.redoubt.enclave.link;

import io.redoubt.enclave.policy.PolicyRollout;
import io.redoubt.policy.BundleStore;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.LinkReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has every node run what is kept, and tells the control plane which do. Away from the commands,
 * which must not wait for a node that does not answer. All of it is told once more whenever a
 * conversation begins or other nodes live.
 */
final class RolloutReporter implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(RolloutReporter.class);
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
  private static final int MOST_AT_ONCE = 50;

  private final LinkConfig config;
  private final LinkClient client;
  private final BundleStore store;
  private final PolicyRollout.Asking rollout;
  private final Supplier<List<LinkReport.NodesSeen.Node>> nodes;

  // Guarded by this.
  private final Map<OrganizationId, BundleStore.Heading> untold = new LinkedHashMap<>();
  private boolean connected;
  private boolean tellAll;

  private Set<String> nodesTold = Set.of();

  RolloutReporter(
      LinkConfig config,
      LinkClient client,
      BundleStore store,
      PolicyRollout.Asking rollout,
      Supplier<List<LinkReport.NodesSeen.Node>> nodes) {
    this.config = config;
    this.client = client;
    this.store = store;
    this.rollout = rollout;
    this.nodes = nodes;
  }

  /** Every node is to run it, and the control plane to hear of it. */
  synchronized void note(BundleStore.Heading bundle) {
    untold.merge(bundle.organization(), bundle, (a, b) -> a.version() > b.version() ? a : b);
    notifyAll();
  }

  /** Nothing is said before a conversation has begun. */
  synchronized void connected(boolean isConnected) {
    tellAll |= isConnected && !connected;
    connected = isConnected;
    notifyAll();
  }

  @Override
  public void run() {
    var backoff = new Backoff(config.backoffMin(), config.backoffMax());
    try {
      while (!Thread.currentThread().isInterrupted()) {
        List<BundleStore.Heading> batch = List.of();
        try {
          noteAllIfDue();
          batch = take();
          if (report(batch)) {
            backoff.reset();
          } else {
            backoff.pause();
          }
        } catch (IOException | TimeoutException | RuntimeException e) {
          LOG.warn("Word of which policies run has to wait: {}", e.toString());
          batch.forEach(this::note);
          backoff.pause();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void noteAllIfDue() throws InterruptedException, TimeoutException {
    Set<String> live =
        nodes.get().stream()
            .map(LinkReport.NodesSeen.Node::node)
            .collect(Collectors.toUnmodifiableSet());
    boolean due;
    synchronized (this) {
      due = connected && (tellAll || !live.equals(nodesTold));
    }
    if (due) {
      Waiting.on(store.headings()).forEach(this::note);
      nodesTold = live;
      synchronized (this) {
        tellAll = false;
      }
    }
  }

  /** What is to be told; empty after a while, so that it is looked who lives. */
  private synchronized List<BundleStore.Heading> take() throws InterruptedException {
    long until = System.nanoTime() + LOOK_EVERY.toNanos();
    while (!connected || untold.isEmpty()) {
      long left = until - System.nanoTime();
      if (left <= 0) {
        return List.of();
      }
      wait(Math.max(1, left / 1_000_000));
    }
    var batch = new ArrayList<BundleStore.Heading>();
    var all = untold.values().iterator();
    while (all.hasNext() && batch.size() < MOST_AT_ONCE) {
      batch.add(all.next());
      all.remove();
    }
    return batch;
  }

  /** Whether nobody was missing. */
  private boolean report(List<BundleStore.Heading> batch)
      throws IOException, InterruptedException, TimeoutException {
    var asked = batch.stream().map(rollout::whoRuns).toList();
    var reports = new ArrayList<LinkReport>();
    boolean complete = true;
    for (int i = 0; i < batch.size(); i++) {
      var running = Waiting.on(asked.get(i));
      reports.add(running);
      if (!running.missing().isEmpty()) {
        LOG.warn(
            "Version {} of the policies of {} is not run by {} yet",
            running.version(),
            running.organizationId(),
            running.missing());
        note(batch.get(i));
        complete = false;
      }
    }
    if (!reports.isEmpty()) {
      client.report(reports);
    }
    return complete;
  }
}
