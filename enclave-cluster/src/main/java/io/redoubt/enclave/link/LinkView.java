package io.redoubt.enclave.link;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.jspecify.annotations.Nullable;

/** What this node knows of the link, wherever in the cluster the link runs. */
public final class LinkView {
  private static final String TOPIC = "link-status";
  private static final Duration STALE = Duration.ofSeconds(10);

  private record Seen(LinkStatus status, Instant at) {}

  private final InstantSource clock;
  private final OfflineWindow window;
  private volatile @Nullable Seen seen;

  public LinkView(InstantSource clock, OfflineWindow window, MeterRegistry metrics) {
    this.clock = clock;
    this.window = window;
    metrics.gauge("redoubt.link.connected", this, view -> view.connected() ? 1 : 0);
    metrics.gauge("redoubt.link.lag.commands", this, LinkView::lag);
    metrics.gauge("redoubt.link.set.aside", this, LinkView::setAside);
  }

  /** The topic that the link tells its status on; every node spawns one. */
  public static Behavior<Topic.Command<LinkStatus>> topic() {
    return Topic.create(LinkStatus.class, TOPIC);
  }

  /** Feeds this view from the topic. */
  public Behavior<LinkStatus> listener() {
    return Behaviors.receiveMessage(status -> {
      seen = new Seen(status, clock.instant());
      Instant heardAt = status.heardAt();
      if (heardAt != null) {
        window.hears(heardAt);
      }
      return Behaviors.same();
    });
  }

  /** Tells all nodes. */
  public static Consumer<LinkStatus> announcer(ActorRef<Topic.Command<LinkStatus>> topic) {
    return status -> topic.tell(Topic.publish(status));
  }

  /** Whether the link is up, and was a moment ago. */
  public boolean connected() {
    Seen last = seen;
    return last != null
        && last.status().connected()
        && clock.instant().isBefore(last.at().plus(STALE));
  }

  private double lag() {
    Seen last = seen;
    return last == null ? 0 : last.status().lastCommand() - last.status().lastApplied();
  }

  private double setAside() {
    Seen last = seen;
    return last == null ? 0 : last.status().setAside();
  }

  /** For {@code /ready}: truthful, and no reason to be unready, since the enclave works offline. */
  public Map<String, Object> detail() {
    var detail = new LinkedHashMap<String, Object>();
    detail.put("connected", connected());
    detail.putAll(window.detail());
    Seen last = seen;
    if (last != null) {
      detail.put("last_applied", last.status().lastApplied());
      detail.put("last_command", last.status().lastCommand());
      detail.put("set_aside", last.status().setAside());
    }
    return detail;
  }
}
