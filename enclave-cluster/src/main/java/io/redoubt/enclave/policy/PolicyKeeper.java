package io.redoubt.enclave.policy;

import io.redoubt.policy.BundleStore;
import io.redoubt.policy.Compilation;
import io.redoubt.policy.LivePolicies;
import io.redoubt.policy.Policies;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.PolicySet;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.BundleDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes this node decide by the bundles that are kept. A bundle is read and made ready aside, then
 * takes the place of the one before it at once; one that is damaged, or whose canaries do not hold
 * here, changes nothing, and the node says that it is not ready.
 */
public final class PolicyKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyKeeper.class);

  private final BundleStore store;
  private final LivePolicies live;
  private final Function<Bundle, Compilation> compiler;
  private final InstantSource clock;
  private final Map<OrganizationId, Run> runs = new ConcurrentHashMap<>();
  private final Set<OrganizationId> failing = ConcurrentHashMap.newKeySet();

  /** Making policies ready takes its time: one after the other, away from what answers requests. */
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("policies").factory());

  private volatile boolean current;
  private volatile Instant lookedAt = Instant.MIN;
  private volatile @Nullable Ready ready;

  /**
   * What this node runs.
   *
   * @param since when it began
   */
  public record Run(
      OrganizationId organizationId,
      long version,
      BundleDigest digest,
      Instant publishedAt,
      Instant since) {}

  /** The bundle that was made ready last: it is about to be run. */
  private record Ready(BundleDigest digest, Compilation compilation) {}

  public PolicyKeeper(
      BundleStore store,
      LivePolicies live,
      Function<Bundle, Compilation> compiler,
      InstantSource clock) {
    this.store = store;
    this.live = live;
    this.compiler = compiler;
    this.clock = clock;
  }

  /**
   * Loads what evaluates policies, which is native code: the first of them should not wait for it.
   */
  public CompletionStage<Compilation> warmUp() {
    return CompletableFuture.supplyAsync(
        () -> PolicySet.compile(List.of(Starter.DOCUMENT)), thread);
  }

  /** Whether the bundle would run here. */
  public CompletionStage<Compilation> tryOut(Bundle bundle) {
    return CompletableFuture.supplyAsync(() -> compiled(bundle), thread);
  }

  /**
   * Makes sure that the version runs if it is kept, and says what runs then.
   *
   * @param version that should be kept by now
   */
  CompletionStage<Optional<Run>> catchUp(OrganizationId organization, long version) {
    var run = runs.get(organization);
    return run != null && run.version() >= version
        ? CompletableFuture.completedFuture(Optional.of(run))
        : catchUp(organization);
  }

  /** Looks what is kept of the organization, runs it if it is newer, and says what runs then. */
  private CompletionStage<Optional<Run>> catchUp(OrganizationId organization) {
    return store
        .find(organization)
        .thenAcceptAsync(kept -> kept.ifPresent(this::run), thread)
        .thenApply(_ -> Optional.ofNullable(runs.get(organization)));
  }

  /**
   * The first look of a node that has become a member: from then on its policies decide. What was
   * published before, is read; of what is published later, members are told before anybody says
   * that it runs everywhere.
   */
  public CompletionStage<Void> settle() {
    return catchUp().thenRun(live::settle);
  }

  /** Looks at what is kept of all organizations, and runs what is newer. */
  public CompletionStage<Void> catchUp() {
    return store
        .headings()
        .thenCompose(headings -> {
          CompletionStage<Void> done = CompletableFuture.completedFuture(null);
          for (var heading : headings) {
            if (!isRun(heading)) {
              done = done.thenCompose(_ -> catchUp(heading));
            }
          }
          return done.thenAccept(_ -> {
            current = headings.stream().allMatch(this::isRun);
            lookedAt = clock.instant();
          });
        });
  }

  /** One that cannot be run does not keep the others from it. */
  private CompletionStage<Void> catchUp(BundleStore.Heading heading) {
    return catchUp(heading.organization())
        .handle((_, failure) -> {
          if (failure != null && failing.add(heading.organization())) {
            LOG.error("The policies of {} cannot be read", heading.organization(), failure);
          }
          return null;
        });
  }

  private boolean isRun(BundleStore.Heading heading) {
    var run = runs.get(heading.organization());
    return run != null && run.digest().equals(heading.digest());
  }

  private void run(Bundle bundle) {
    var organization = bundle.organization();
    var before = runs.get(organization);
    if (before != null && before.version() >= bundle.version()) {
      return;
    }
    var digest = bundle.digest();
    switch (compiled(bundle)) {
      case PolicySet set -> {
        var next = new Policies.Running(bundle.version(), digest, bundle.publishedAt(), set);
        live.run(organization, next);
        runs.put(
            organization,
            new Run(organization, bundle.version(), digest, bundle.publishedAt(), clock.instant()));
        failing.remove(organization);
        LOG.info("Policies of {}: version {} decides from now on", organization, bundle.version());
      }
      case PolicyProblems(var problems) -> {
        // It ran before it was kept; another release of this program may see it otherwise.
        if (failing.add(organization)) {
          LOG.error(
              "Version {} of the policies of {} cannot be run: {}",
              bundle.version(),
              organization,
              problems.getFirst());
        }
      }
    }
  }

  private Compilation compiled(Bundle bundle) {
    var digest = bundle.digest();
    var known = ready;
    if (known != null && known.digest().equals(digest)) {
      return known.compilation();
    }
    var compilation = compiler.apply(bundle);
    ready = new Ready(digest, compilation);
    return compilation;
  }

  /** Whether a look within that time found that everything that is kept is run. */
  public boolean isCurrent(Duration within) {
    return current && lookedAt.isAfter(clock.instant().minus(within));
  }

  /** What this node runs, at most so many. */
  public List<Run> running(int atMost) {
    var all = new ArrayList<>(runs.values());
    all.sort(Comparator.comparing(run -> run.organizationId().toString()));
    return List.copyOf(all.subList(0, Math.min(atMost, all.size())));
  }

  @Override
  public void close() {
    thread.shutdown();
  }
}
