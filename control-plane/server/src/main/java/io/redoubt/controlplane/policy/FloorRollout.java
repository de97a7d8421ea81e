package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Operator;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.policy.Compilation;
import io.redoubt.policy.PolicyProblem;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.Bundle;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a new floor into every organization: what it published last is published again, above the
 * floor as it is now. Whatever process dies in between, those that are left are found anew.
 */
public final class FloorRollout {
  private static final Logger LOG = LoggerFactory.getLogger(FloorRollout.class);

  /** Organizations that are looked up at once. */
  private static final int BATCH = 100;

  private final Policies policies;
  private final Database database;
  private final Trail trail;
  private final Clock clock;

  /** What could not be published, so that it is not compiled again each minute. */
  private final Map<OrganizationId, Refused> refused = new ConcurrentHashMap<>();

  /**
   * An organization whose policies cannot be run together with the floor.
   *
   * @param version of its bundle, which goes on deciding, above an older floor
   */
  record Refused(OrganizationId organizationId, long version, long floor, String why) {}

  /** What there is to do in an organization. */
  private record Task(OrganizationId organization, long version, Content content) {}

  private record Tried(Task task, Compilation compilation) {}

  public FloorRollout(Policies policies, Database database, Trail trail, Clock clock) {
    this.policies = policies;
    this.database = database;
    this.trail = trail;
    this.clock = clock;
  }

  /** In all organizations that have an older one, one after the other. */
  public CompletionStage<Void> everywhere() {
    return from(Optional.empty());
  }

  /** Those that cannot have it, as far as this process has found out. */
  List<Refused> refused() {
    return List.copyOf(refused.values());
  }

  private CompletionStage<Void> from(Optional<OrganizationId> after) {
    return database
        .inTransaction(handle -> Floors.below(handle, after, BATCH))
        .thenCompose(organizations -> {
          CompletionStage<Void> done = CompletableFuture.completedFuture(null);
          for (var organization : organizations) {
            done = done.thenCompose(_ -> inOne(organization));
          }
          return organizations.size() < BATCH
              ? done
              : done.thenCompose(_ -> from(Optional.of(organizations.getLast())));
        });
  }

  /** What fails in one is tried again later, and does not keep the others from it. */
  private CompletionStage<Void> inOne(OrganizationId organization) {
    return database
        .inOrganization(organization, handle -> task(Transaction.of(organization, handle)))
        .thenCompose(task ->
            task.isEmpty()
                ? CompletableFuture.<Void>completedFuture(null)
                : policies
                    .work(
                        CompletableFuture.completedFuture(task.get()),
                        it -> new Tried(it, it.content().compile()),
                        Tried::new)
                    .thenCompose(this::settle))
        .exceptionally(failure -> {
          LOG.warn("The floor is not in the policies of {} yet", organization, failure);
          return null;
        });
  }

  private Optional<Task> task(Transaction transaction) {
    var floor = policies.floors.standing(transaction);
    var bundles = policies.bundles();
    return bundles
        .newest(transaction)
        .filter(it -> !isRefused(transaction.organization(), it.version(), floor.version()))
        .flatMap(it ->
            bundles
                .content(transaction, it.version())
                .filter(content -> content.floor() < floor.version())
                .map(content ->
                    new Task(transaction.organization(), it.version(), content.above(floor))));
  }

  private boolean isRefused(OrganizationId organization, long version, long floor) {
    var known = refused.get(organization);
    return known != null && known.version() == version && known.floor() == floor;
  }

  private CompletionStage<Void> settle(Tried tried) {
    var task = tried.task();
    if (task.content().documents().size() > Bundle.MAX_POLICIES) {
      refuse(task, "more than " + Bundle.MAX_POLICIES + " policies");
      return CompletableFuture.completedFuture(null);
    }
    return switch (tried.compilation()) {
      case PolicyProblems(var problems) -> {
        refuse(task, explained(problems.getFirst()));
        yield CompletableFuture.completedFuture(null);
      }
      case PolicySet set ->
          database
              .inOrganization(task.organization(), handle -> publish(handle, task, set))
              .thenApply(_ -> null);
    };
  }

  private static String explained(PolicyProblem problem) {
    return PolicyTexts.pointer(problem) + ": " + problem.message();
  }

  private void refuse(Task task, String why) {
    refused.put(
        task.organization(),
        new Refused(task.organization(), task.version(), task.content().floor(), why));
    LOG.warn(
        "The policies of {} cannot be run above floor {}: {}",
        task.organization(),
        task.content().floor(),
        why);
  }

  private boolean publish(Handle handle, Task task, PolicySet set) {
    var change = new Change(handle, Operator.system(task.organization()), clock, null, trail);
    change.lockOrganization(); // nobody publishes in between
    if (!task(change).equals(Optional.of(task))) {
      return false; // it has another version, or another floor, by now: found anew later
    }
    // What holds no longer, holds no longer because of the floor, which has the last word.
    var content = task.content().holding(set, task.organization());
    policies
        .bundles()
        .publish(
            change,
            content,
            Optional.empty(),
            "floor " + content.floor() + task.content().without(content));
    refused.remove(task.organization());
    return true;
  }
}
