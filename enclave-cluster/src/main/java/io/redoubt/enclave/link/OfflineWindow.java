package io.redoubt.enclave.link;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.link.Contact;
import io.redoubt.link.Freshness;
import io.redoubt.link.LinkState;
import io.redoubt.organization.Organizations;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long ago the control plane was heard, as this node knows from the database, and what follows
 * from it (G8). The question at each action is one volatile read and a look at the clock.
 */
public final class OfflineWindow implements Freshness {
  private static final Logger LOG = LoggerFactory.getLogger(OfflineWindow.class);

  /**
   * What is known, and the times between which it is fresh.
   *
   * @param from before that, the clock has gone back
   * @param until null: never heard
   */
  private record Known(Contact contact, Instant from, @Nullable Instant until) {
    boolean isFreshAt(Instant now) {
      return until != null && !now.isAfter(until) && !now.isBefore(from);
    }
  }

  private final OfflineConfig config;
  private final LinkState state;
  private final Organizations organizations;
  private final InstantSource clock;
  private volatile Known known = new Known(Contact.NONE, Instant.MIN, null);
  private boolean wasFresh = true;

  public OfflineWindow(
      OfflineConfig config,
      LinkState state,
      Organizations organizations,
      InstantSource clock,
      MeterRegistry metrics) {
    this.config = config;
    this.state = state;
    this.organizations = organizations;
    this.clock = clock;
    metrics.gauge(
        "redoubt.link.age.seconds",
        this,
        window -> window.age().map(age -> (double) age.toSeconds()).orElse(Double.NaN));
    metrics.gauge("redoubt.link.stale", this, window -> window.isFresh() ? 0 : 1);
  }

  /** Reads anew what is durable. Where the database is away, what is known here grows older. */
  public CompletionStage<Void> refresh() {
    return state
        .load()
        .thenAccept(kept -> learn(kept.map(LinkState.Kept::contact).orElse(Contact.NONE)));
  }

  /** Somebody has heard the control plane at that time, by its clock: reads it, if it is news. */
  void hears(Instant time) {
    var last = known.contact().last();
    if (last == null || time.truncatedTo(ChronoUnit.MILLIS).isAfter(last.time())) {
      tick();
    }
  }

  /** To be called from time to time: notes how late it is here, and says when things change. */
  public void tick() {
    refresh()
        .whenComplete((_, failure) -> {
          if (failure != null) {
            LOG.debug("When the control plane was last heard cannot be read for now", failure);
            learn(known.contact());
          }
        });
  }

  private synchronized void learn(Contact read) {
    Instant now = clock.instant();
    Contact before = known.contact();
    boolean sameHeartbeat = Objects.equals(before.last(), read.last());
    // Only a newer heartbeat vouches for a time before one that was seen here.
    Instant seen = sameHeartbeat ? before.clockMark() : null;
    Contact contact = seen == null ? read : read.withClockAt(seen);
    if (!contact.clockWentBack(now, config.clockTolerance())) {
      contact = contact.withClockAt(now);
    }
    known = known(contact);
    boolean fresh = isFresh();
    if (fresh != wasFresh) {
      wasFresh = fresh;
      tell(fresh, now);
    }
  }

  private Known known(Contact contact) {
    Instant mark = contact.clockMark();
    var last = contact.last();
    return new Known(
        contact,
        mark == null ? Instant.MIN : mark.minus(config.clockTolerance()),
        last == null ? null : last.since().plus(config.window()));
  }

  private void tell(boolean fresh, Instant now) {
    if (fresh) {
      LOG.info("The control plane was heard; agents may act as before");
    } else if (known.contact().last() == null) {
      LOG.info("The control plane has not been heard yet; until it is, no agent may act");
    } else if (known.contact().clockWentBack(now, config.clockTolerance())) {
      LOG.error(
          "The clock shows {}, and has shown {}: what the control plane said counts as stale",
          now,
          known.contact().clockMark());
    } else {
      LOG.error(
          "The control plane was not heard for {}: only agents of organizations that chose to"
              + " continue may act",
          config.window());
    }
  }

  private boolean isFresh() {
    return known.isFreshAt(clock.instant());
  }

  @Override
  public Standing standing(OrganizationId organization) {
    if (known.isFreshAt(clock.instant())) {
      return Standing.FRESH;
    }
    return organizations
        .find(organization)
        .map(spec ->
            switch (spec.offlineMode()) {
              case FREEZE -> Standing.FROZEN;
              case CONTINUE -> Standing.CONTINUED;
            })
        .orElse(Standing.FROZEN);
  }

  /** Since the last signed heartbeat; empty: there was none. */
  Optional<Duration> age() {
    return known.contact().age(clock.instant());
  }

  /** For {@code /ready} and for operators. */
  Map<String, Object> detail() {
    Instant now = clock.instant();
    Known current = known;
    var detail = new LinkedHashMap<String, Object>();
    current.contact().age(now).ifPresent(age -> detail.put("age_seconds", age.toSeconds()));
    var last = current.contact().last();
    if (last != null) {
      detail.put("heard_at", last.time().toString());
    }
    detail.put("window_seconds", config.window().toSeconds());
    detail.put("stale", !current.isFreshAt(now));
    detail.put("clock_went_back", current.contact().clockWentBack(now, config.clockTolerance()));
    return detail;
  }
}
