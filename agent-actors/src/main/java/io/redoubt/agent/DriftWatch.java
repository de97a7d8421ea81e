package io.redoubt.agent;

import io.redoubt.agent.AgentState.Known;
import io.redoubt.session.Drift;
import io.redoubt.session.DriftReports;
import io.redoubt.session.Session;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has it reported that an agent has left its usual operations, once until it is back. Where that
 * could not be recorded, the next act brings it once more; so does an agent that is recovered in
 * the midst of it, since nobody knows whether its predecessor came to it.
 */
final class DriftWatch {
  private static final Logger LOG = LoggerFactory.getLogger(DriftWatch.class);

  private enum Said {
    NOTHING,
    UNDER_WAY,
    REPORTED
  }

  private final AgentKey key;
  private final DriftReports reports;

  /** Of this episode; the report ends on another thread. */
  private AtomicReference<Said> said = new AtomicReference<>(Said.NOTHING);

  DriftWatch(AgentKey key, DriftReports reports) {
    this.key = key;
    this.reports = reports;
  }

  /** After each act. */
  void look(Known agent, Session session) {
    session.drift().ifPresentOrElse(drift -> left(agent, drift), this::back);
  }

  private void left(Known agent, Drift drift) {
    var episode = said;
    if (!episode.compareAndSet(Said.NOTHING, Said.UNDER_WAY)) {
      return;
    }
    var _ =
        // What it throws at once must not end the decision that it is a remark to.
        CompletableFuture.completedFuture(agent.spec().owner())
            .thenCompose(owner -> reports.report(key.organization(), key.agent(), owner, drift))
            .whenComplete((_, failure) -> {
              episode.set(failure == null ? Said.REPORTED : Said.NOTHING);
              if (failure != null) {
                LOG.warn("That {} has left its usual operations is not recorded", key, failure);
              }
            });
  }

  private void back() {
    if (said.get() != Said.NOTHING) {
      said = new AtomicReference<>(Said.NOTHING);
    }
  }
}
