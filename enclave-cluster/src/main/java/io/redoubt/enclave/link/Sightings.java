package io.redoubt.enclave.link;

import io.redoubt.agent.AgentKey;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * Agents that this node has heard of lately, handed to the link once a moment. That an agent goes
 * on living is not said again before a while has passed: each time costs the control plane a write.
 */
public final class Sightings {
  private static final int PAGE = 1_000;

  private final Set<AgentKey> agents = ConcurrentHashMap.newKeySet();
  private final Set<AgentKey> spenders = ConcurrentHashMap.newKeySet();
  private final Map<AgentKey, Long> toldAt = new ConcurrentHashMap<>();
  private final ActorRef<ControlPlaneLink.Command> link;
  private final LinkConfig config;
  private volatile long spendingAt;

  public Sightings(ActorRef<ControlPlaneLink.Command> link, LinkConfig config) {
    this.link = link;
    this.config = config;
    this.spendingAt = System.nanoTime() - config.spendingEvery().toNanos();
  }

  /**
   * The agent is alive, as it was before. Costs next to nothing: it is called at every rotation.
   */
  public void note(AgentKey agent) {
    if (!toldAt.containsKey(agent)) {
      noteNow(agent);
    }
  }

  /** There is news of the agent. */
  public void noteNow(AgentKey agent) {
    if (agents.size() < config.maxSightings()) {
      agents.add(agent);
    }
  }

  /**
   * There is news of what the agent has spent. Costs next to nothing: each of its calls is news.
   */
  public void noteSpending(AgentKey agent) {
    if (spenders.size() < config.maxSightings()) {
      spenders.add(agent);
    }
  }

  /** To be called every second. */
  public void flush() {
    long now = System.nanoTime();
    if (!spenders.isEmpty() && now - spendingAt >= config.spendingEvery().toNanos()) {
      spendingAt = now;
      var batch = Set.copyOf(spenders);
      spenders.removeAll(batch);
      batch.forEach(this::noteNow);
    }
    toldAt.values().removeIf(at -> now - at > config.seenEvery().toNanos());
    if (agents.isEmpty()) {
      return;
    }
    var batch = new HashSet<>(agents);
    agents.removeAll(batch);
    for (AgentKey agent : batch) {
      if (toldAt.size() < config.maxSightings()) {
        toldAt.put(agent, now);
      }
    }
    // Between nodes a message has a limit, and a storm has more agents than fit into one.
    var page = new HashSet<AgentKey>();
    for (AgentKey agent : batch) {
      page.add(agent);
      if (page.size() == PAGE) {
        link.tell(new ControlPlaneLink.Sighted(Set.copyOf(page)));
        page.clear();
      }
    }
    if (!page.isEmpty()) {
      link.tell(new ControlPlaneLink.Sighted(Set.copyOf(page)));
    }
  }
}
