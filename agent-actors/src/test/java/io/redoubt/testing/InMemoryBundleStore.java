package io.redoubt.testing;

import io.redoubt.policy.BundleStore;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.Bundle;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** Bundles as long as the test lasts. */
public final class InMemoryBundleStore implements BundleStore {
  /** What is kept of these organizations is damaged. */
  public final Set<OrganizationId> damaged = ConcurrentHashMap.newKeySet();

  private final Map<OrganizationId, Bundle> kept = new HashMap<>();

  @Override
  public synchronized CompletionStage<Boolean> keep(Bundle bundle) {
    var before = kept.get(bundle.organization());
    boolean newer = before == null || before.version() < bundle.version();
    if (newer) {
      kept.put(bundle.organization(), bundle);
    }
    return CompletableFuture.completedFuture(newer);
  }

  @Override
  public synchronized CompletionStage<Optional<Bundle>> find(OrganizationId organization) {
    return damaged.contains(organization)
        ? CompletableFuture.failedFuture(new IllegalStateException("damaged"))
        : CompletableFuture.completedFuture(Optional.ofNullable(kept.get(organization)));
  }

  @Override
  public synchronized CompletionStage<List<Heading>> headings() {
    return CompletableFuture.completedFuture(
        kept.values().stream()
            .map(it -> new Heading(it.organization(), it.version(), it.digest()))
            .toList());
  }
}
