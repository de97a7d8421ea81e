package io.redoubt.testing;

import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Fences;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/** Fences in memory, which go up and never down. */
public final class FakeFences implements Fences {
  /** One call that was made, whether it worked or not. */
  public record Raise(AgentKey agent, long fence) {}

  public final Outage outage = new Outage();
  private final Map<AgentKey, Long> fences = new HashMap<>();
  private final List<Raise> calls = new ArrayList<>();

  @Override
  public CompletionStage<Void> raise(AgentKey agent, long fence) {
    if (fence < 1) {
      throw new IllegalArgumentException("a fence starts at 1");
    }
    synchronized (this) {
      calls.add(new Raise(agent, fence));
    }
    return outage.run(() -> {
      synchronized (this) {
        fences.merge(agent, fence, Math::max);
      }
    });
  }

  @Override
  public CompletionStage<OptionalLong> standing(AgentKey agent) {
    return outage.attempt(() -> current(agent));
  }

  /** Where the fence stands; empty: nobody made one. */
  public synchronized OptionalLong current(AgentKey agent) {
    Long fence = fences.get(agent);
    return fence == null ? OptionalLong.empty() : OptionalLong.of(fence);
  }

  /** As new. */
  public synchronized void clear() {
    fences.clear();
    calls.clear();
  }

  public synchronized List<Raise> calls() {
    return List.copyOf(calls);
  }
}
