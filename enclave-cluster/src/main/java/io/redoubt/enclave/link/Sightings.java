package io.redoubt.enclave.link;

import io.redoubt.agent.AgentKey;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorRef;

/** Agents that this node has heard of lately, handed to the link once a moment. */
public final class Sightings {
  private final Set<AgentKey> agents = ConcurrentHashMap.newKeySet();
  private final ActorRef<ControlPlaneLink.Command> link;
  private final int limit;

  public Sightings(ActorRef<ControlPlaneLink.Command> link, int limit) {
    this.link = link;
    this.limit = limit;
  }

  /** Costs next to nothing: it is called for every rotation. */
  public void note(AgentKey agent) {
    if (agents.size() < limit) {
      agents.add(agent);
    }
  }

  /** To be called every second. */
  public void flush() {
    if (agents.isEmpty()) {
      return;
    }
    var batch = new HashSet<>(agents);
    agents.removeAll(batch);
    link.tell(new ControlPlaneLink.Sighted(batch));
  }
}
