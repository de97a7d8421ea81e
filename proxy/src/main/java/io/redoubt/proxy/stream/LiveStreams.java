package io.redoubt.proxy.stream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.agent.AgentKey;
import io.redoubt.lease.Lease;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.OrganizationId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Everything that agents have under way on this node, bounded per agent and in total. */
public final class LiveStreams {
  private final LiveStreamsConfig config;
  private final Lease lease;
  private final ConcurrentHashMap<AgentKey, OfAgent> agents = new ConcurrentHashMap<>();
  private final AtomicInteger open = new AtomicInteger();
  private final Map<Cut, Counter> cut = new EnumMap<>(Cut.class);

  public LiveStreams(LiveStreamsConfig config, Lease lease, MeterRegistry metrics) {
    this.config = config;
    this.lease = lease;
    metrics.gauge("redoubt.llm.streams.open", open);
    for (Cut why : Cut.values()) {
      cut.put(
          why,
          Counter.builder("redoubt.llm.streams.cut")
              .description("What agents had under way, and this node ended before its time")
              .tag("why", why.name().toLowerCase(Locale.ROOT))
              .register(metrics));
    }
  }

  /**
   * Admits one more, if there is room for it.
   *
   * @param jti of the access token that it runs on
   */
  public Registration register(AgentKey agent, FamilyId family, String jti) {
    if (open.incrementAndGet() > config.total()) {
      open.decrementAndGet();
      return Registration.Full.NODE;
    }
    while (true) {
      var result = agents.computeIfAbsent(agent, OfAgent::new).add(family, jti);
      if (result == null) {
        continue; // its last stream ended just now: take the next one
      }
      if (result instanceof Registration.Full) {
        open.decrementAndGet();
      }
      return result;
    }
  }

  /** Cuts all that the agent has under way; answers how many. */
  public int cut(AgentKey agent) {
    var ofAgent = agents.get(agent);
    return ofAgent == null ? 0 : ofAgent.cut(Cut.STOPPED, _ -> true);
  }

  /** Cuts all that runs on tokens of one family; answers how many. */
  public int cutFamily(OrganizationId organization, FamilyId family) {
    return cutOf(organization, stream -> stream.family().equals(family));
  }

  /** Cuts all that runs on one access token; answers how many. */
  public int cutToken(OrganizationId organization, String jti) {
    return cutOf(organization, stream -> stream.jti().equals(jti));
  }

  private int cutOf(OrganizationId organization, Predicate<LiveStream> which) {
    int cut = 0;
    for (var entry : agents.entrySet()) {
      if (entry.getKey().organization().equals(organization)) {
        cut += entry.getValue().cut(Cut.STOPPED, which);
      }
    }
    return cut;
  }

  /** Cuts everything that is under way on the node. */
  public int cutAll(Cut why) {
    return agents.values().stream().mapToInt(ofAgent -> ofAgent.cut(why, _ -> true)).sum();
  }

  /** How many are under way. */
  public int open() {
    return open.get();
  }

  /** What one agent has under way. */
  final class OfAgent {
    private final AgentKey agent;
    private final Set<LiveStream> streams = new HashSet<>();
    private boolean outOfUse;

    OfAgent(AgentKey agent) {
      this.agent = agent;
    }

    /** Null once this is no longer in the map. */
    synchronized @Nullable Registration add(FamilyId family, String jti) {
      if (outOfUse) {
        return null;
      }
      if (streams.size() >= config.perAgent()) {
        return Registration.Full.AGENT;
      }
      var stream = new LiveStream(this, family, jti, lease);
      streams.add(stream);
      return stream;
    }

    synchronized void remove(LiveStream stream) {
      if (streams.remove(stream)) {
        open.decrementAndGet();
        if (streams.isEmpty()) {
          outOfUse = true;
          agents.remove(agent, this);
        }
      }
    }

    /** Told by each stream that is cut, whoever cut it. */
    void noteCut(Cut why) {
      Objects.requireNonNull(cut.get(why)).increment();
    }

    private int cut(Cut why, Predicate<LiveStream> which) {
      List<LiveStream> chosen;
      synchronized (this) {
        chosen = new ArrayList<>(streams);
      }
      int cut = 0;
      for (var stream : chosen) {
        if (which.test(stream) && stream.cut(why)) {
          cut++;
        }
      }
      return cut;
    }
  }
}
