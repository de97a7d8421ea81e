package io.redoubt.proxy.decide;

import io.redoubt.content.ContentRules;
import io.redoubt.policy.Policies;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * The content policies of the version that decided, which this node may come to know a moment after
 * the one that the agent lives on: an action is decided by one version of everything.
 */
public final class DecidedContents {
  private static final Duration LOOK_EVERY = Duration.ofMillis(20);
  private static final int LOOKS = 100;

  private final Policies policies;
  private final Executor later =
      CompletableFuture.delayedExecutor(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);

  public DecidedContents(Policies policies) {
    this.policies = policies;
  }

  /** Fails with {@link Refusal.Raised} where the version does not become known here. */
  public CompletionStage<ContentRules> of(OrganizationId organization, long version) {
    return of(organization, version, LOOKS);
  }

  private CompletionStage<ContentRules> of(OrganizationId organization, long version, int looks) {
    var known = policies.contents(organization, version);
    if (known.isPresent()) {
      return CompletableFuture.completedFuture(known.get());
    }
    return looks == 0
        ? CompletableFuture.failedFuture(new Refusal.Raised(Refusal.POLICIES_UNKNOWN))
        : CompletableFuture.supplyAsync(() -> looks - 1, later)
            .thenCompose(left -> of(organization, version, left));
  }
}
