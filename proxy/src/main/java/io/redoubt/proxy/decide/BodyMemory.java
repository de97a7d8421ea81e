package io.redoubt.proxy.decide;

import io.redoubt.agent.AgentKey;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The memory that requests may take from their first byte to the end of their call: of each agent,
 * so that none takes it from the others, and of all together (G11).
 */
public final class BodyMemory {
  private final Limits limits;
  private final Map<AgentKey, Long> taken = new HashMap<>();
  private long total;

  /**
   * How much memory requests may take.
   *
   * @param perAgent bytes of one agent, at least those of one body; more: 429
   * @param total bytes of all agents; more: 503
   */
  public record Limits(long perAgent, long total) {}

  public BodyMemory(Limits limits) {
    this.limits = limits;
  }

  /**
   * The part of one call, which is nothing yet.
   *
   * @param agent null where a service of ours speaks for an agent and is not believed yet
   */
  public Share share(@Nullable AgentKey agent) {
    return new Share(agent);
  }

  /** What one call holds; once given back it gets nothing more. */
  public final class Share {
    private final @Nullable AgentKey agent;
    private long held;
    private boolean over;

    private Share(@Nullable AgentKey agent) {
      this.agent = agent;
    }

    /**
     * Takes so many bytes more.
     *
     * @throws Refusal.Raised where there is no room for them
     */
    public void take(long bytes) {
      synchronized (BodyMemory.this) {
        long ofAgent = agent == null ? 0 : taken.getOrDefault(agent, 0L) + bytes;
        if (ofAgent > limits.perAgent()) {
          throw new Refusal.Raised(Refusal.TOO_MANY_STREAMS);
        }
        if (over || total + bytes > limits.total()) {
          throw new Refusal.Raised(Refusal.OVERLOADED);
        }
        held += bytes;
        total += bytes;
        if (agent != null) {
          taken.put(agent, ofAgent);
        }
      }
    }

    /** May be called again. */
    public void giveBack() {
      synchronized (BodyMemory.this) {
        total -= held;
        if (agent != null) {
          long bytes = held;
          taken.computeIfPresent(agent, (_, all) -> all == bytes ? null : all - bytes);
        }
        held = 0;
        over = true;
      }
    }
  }
}
