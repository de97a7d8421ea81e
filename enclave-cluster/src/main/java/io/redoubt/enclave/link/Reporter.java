package io.redoubt.enclave.link;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.enclave.kill.UnreportedAgents;
import io.redoubt.link.LinkState;
import io.redoubt.protocol.link.LinkReport;
import io.redoubt.singleton.SupersededException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the control plane what it may know late: how far its commands are applied, what the agents
 * are that were heard of, which nodes live. Collects for a moment, then says it in one call; what
 * could not be said is kept, within bounds, and said later.
 */
final class Reporter implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Reporter.class);
  private static final int MOST_AT_ONCE = 200;

  /** So that what is told at once fits into one call. */
  private static final int MOST_APPROVALS = 20;

  private static final int MOST_TURNS = 50;
  private static final Duration NODES_EVERY = Duration.ofSeconds(5);

  /** At each turn: somebody may want to lift at the control plane what was done here. */
  private static final Duration UNREPORTED_EVERY = Duration.ofMillis(500);

  private final LinkConfig config;
  private final LinkClient client;
  private final Agents agents;
  private final UnreportedAgents unreported;
  private final ApprovalBoard approvals;
  private final LinkState state;
  private final Consumer<String> superseded;
  private final Supplier<List<LinkReport.NodesSeen.Node>> nodes;
  private final Clock clock;

  // Guarded by this.
  private final Set<AgentKey> sighted = new LinkedHashSet<>();
  private boolean connected;
  private long applied;

  private long appliedReported;
  private long nodesAt;
  private long unreportedAt;

  Reporter(
      LinkConfig config,
      LinkClient client,
      Agents agents,
      UnreportedAgents unreported,
      ApprovalBoard approvals,
      LinkState state,
      Consumer<String> superseded,
      Supplier<List<LinkReport.NodesSeen.Node>> nodes,
      Clock clock) {
    this.config = config;
    this.client = client;
    this.agents = agents;
    this.unreported = unreported;
    this.approvals = approvals;
    this.state = state;
    this.superseded = superseded;
    this.nodes = nodes;
    this.clock = clock;
    long longAgo = System.nanoTime() - Duration.ofDays(1).toNanos();
    this.nodesAt = longAgo;
    this.unreportedAt = longAgo;
  }

  /** The agents are to be reported as they are; over the limit the newest are left out. */
  synchronized void note(Set<AgentKey> seen) {
    for (AgentKey agent : seen) {
      if (sighted.size() < config.maxSightings()) {
        sighted.add(agent);
      }
    }
  }

  synchronized void applied(long number) {
    applied = Math.max(applied, number);
    notifyAll();
  }

  /** Nothing is said before a conversation has begun. */
  synchronized void connected(boolean isConnected) {
    connected = isConnected;
    notifyAll();
  }

  @Override
  public void run() {
    var backoff = new Backoff(config.backoffMin(), config.backoffMax());
    try {
      while (!Thread.currentThread().isInterrupted()) {
        awaitWork();
        List<AgentKey> batch = take();
        try {
          report(batch);
          backoff.reset();
        } catch (SupersededException e) {
          superseded.accept(String.valueOf(e.getMessage()));
          return;
        } catch (IOException | TimeoutException | RuntimeException e) {
          LOG.warn("Reports to the control plane have to wait: {}", e.toString());
          note(new LinkedHashSet<>(batch));
          backoff.pause();
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void awaitWork() throws InterruptedException {
    long until = System.nanoTime() + config.reportEvery().toNanos();
    while (!connected || applied == appliedReported) {
      long left = until - System.nanoTime();
      if (connected && left <= 0) {
        return;
      }
      wait(Math.max(1, connected ? left / 1_000_000 : 1_000));
    }
  }

  private synchronized List<AgentKey> take() {
    var batch = new ArrayList<AgentKey>();
    var all = sighted.iterator();
    while (all.hasNext() && batch.size() < MOST_AT_ONCE) {
      batch.add(all.next());
      all.remove();
    }
    return batch;
  }

  private void report(List<AgentKey> batch)
      throws IOException, InterruptedException, TimeoutException {
    var reports = new ArrayList<LinkReport>();
    long upTo;
    synchronized (this) {
      upTo = applied;
    }
    if (upTo != appliedReported) {
      // What is durable, by whoever: a replaced link must not say what it remembers.
      long durable = Waiting.on(state.load()).map(LinkState.Kept::lastApplied).orElse(upTo);
      reports.add(new LinkReport.Applied(durable, clock.instant()));
    }
    long now = System.nanoTime();
    boolean nodesDue = now - nodesAt > NODES_EVERY.toNanos();
    if (nodesDue) {
      reports.add(new LinkReport.NodesSeen(nodes.get(), clock.instant()));
    }
    boolean unreportedDue = now - unreportedAt > UNREPORTED_EVERY.toNanos();
    List<UnreportedAgents.Noted> noted =
        unreportedDue ? Waiting.on(unreported.oldest(MOST_AT_ONCE)) : List.of();
    var subjects = new LinkedHashSet<>(batch);
    noted.forEach(it -> subjects.add(it.agent()));
    Map<AgentKey, Optional<LinkReport>> described = describe(subjects);
    described.values().stream().flatMap(Optional::stream).forEach(reports::add);
    if (!reports.isEmpty()) {
      client.report(reports);
    }
    int turns = 0;
    while (reportApprovals() && ++turns < MOST_TURNS) {
      LOG.debug("More approvals are to be reported");
    }
    for (var it : noted) {
      if (described.containsKey(it.agent())) {
        Waiting.on(unreported.reported(it));
      }
    }
    synchronized (this) {
      appliedReported = upTo;
    }
    nodesAt = nodesDue ? now : nodesAt;
    // With as many as were asked for there are more: come back at the next turn.
    unreportedAt = unreportedDue && noted.size() < MOST_AT_ONCE ? now : unreportedAt;
  }

  /** Apart from the rest, so that one which the control plane cannot take holds up nothing else. */
  private boolean reportApprovals() throws IOException, InterruptedException, TimeoutException {
    List<ApprovalBoard.News> news = Waiting.on(approvals.unreported(MOST_APPROVALS));
    if (news.isEmpty()) {
      return false;
    }
    tell(news);
    Waiting.on(approvals.reported(news));
    return news.size() == MOST_APPROVALS;
  }

  /** One that the control plane cannot take keeps none beside it from those who are to decide. */
  private void tell(List<ApprovalBoard.News> news) throws IOException, InterruptedException {
    try {
      client.report(news.stream().map(Reporter::seen).toList());
    } catch (LinkClient.RefusedException e) {
      if (e.status() != 400 && e.status() != 422) {
        throw e;
      }
      if (news.size() == 1) {
        LOG.error(
            "The control plane cannot take {}, and will not show it: {}",
            news.getFirst().key(),
            e.getMessage());
        return;
      }
      for (var each : news) {
        tell(List.of(each));
      }
    }
  }

  private static LinkReport seen(ApprovalBoard.News news) {
    return new LinkReport.ApprovalSeen(
        news.key().organization(), ApprovalWords.forControlPlane(news.view()));
  }

  /**
   * Each agent as it is now, asked of itself: what was seen a moment ago may have changed. One that
   * does not answer is left out, so that it keeps nothing else back.
   */
  private Map<AgentKey, Optional<LinkReport>> describe(Set<AgentKey> subjects)
      throws InterruptedException, TimeoutException {
    var described = new ConcurrentHashMap<AgentKey, Optional<LinkReport>>();
    var asked =
        subjects.stream()
            .map(agent ->
                describe(agent)
                    .thenAccept(report -> described.put(agent, report))
                    .exceptionally(_ -> null)
                    .toCompletableFuture())
            .toArray(CompletableFuture[]::new);
    Waiting.on(CompletableFuture.allOf(asked));
    return described;
  }

  private CompletionStage<Optional<LinkReport>> describe(AgentKey agent) {
    return agents
        .ask(agent, Agent.Describe::new)
        .thenApply(reply ->
            switch (reply) {
              case Agent.Description it ->
                  Optional.of(
                      new LinkReport.AgentSeen(
                          agent.organization(),
                          agent.agent(),
                          it.status(),
                          it.lastSeenAt(),
                          it.isolations(),
                          it.spending(),
                          clock.instant()));
              case Agent.Refused _,
                  Agent.Done _,
                  Agent.Bootstrapped _,
                  Agent.RefreshAdmitted _,
                  Agent.Decided _,
                  Agent.Permitted _,
                  Agent.Denied _,
                  Agent.LifecycleChanged _ ->
                  Optional.empty();
            });
  }
}
