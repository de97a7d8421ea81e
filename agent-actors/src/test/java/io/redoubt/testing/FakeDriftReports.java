package io.redoubt.testing;

import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.session.Drift;
import io.redoubt.session.DriftReports;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Keeps what is reported; it can be out of reach. */
public final class FakeDriftReports implements DriftReports {
  private final List<Drift> reported = new CopyOnWriteArrayList<>();
  private final AtomicInteger failures = new AtomicInteger();

  public List<Drift> reported() {
    return List.copyOf(reported);
  }

  /** The next so many are not taken. */
  public void fail(int times) {
    failures.set(times);
  }

  public void clear() {
    reported.clear();
    failures.set(0);
  }

  @Override
  public CompletionStage<Void> report(
      OrganizationId organization, AgentId agent, @Nullable String owner, Drift drift) {
    if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      return CompletableFuture.failedFuture(new IllegalStateException("the log is away"));
    }
    reported.add(drift);
    return CompletableFuture.completedFuture(null);
  }
}
