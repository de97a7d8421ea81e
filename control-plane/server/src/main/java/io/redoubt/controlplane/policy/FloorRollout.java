package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Operator;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a new floor into every organization: what it published last is published again, above the
 * floor as it is now. Whatever process dies in between, those that are left are found anew. Rounds
 * do not overlap, neither here nor with those of other processes: checking policies is much work.
 */
public final class FloorRollout {
  private static final Logger LOG = LoggerFactory.getLogger(FloorRollout.class);

  /** Organizations that are looked up at once. */
  private static final int BATCH = 100;

  /** How often policies may take too long to be checked, before the floor stands alone. */
  private static final int TRIES = 3;

  /** Rounds that come sooner say nothing new of how busy the machine is. */
  private static final Duration BETWEEN_TRIES = Duration.ofMinutes(1);

  private final Policies policies;
  private final Database database;
  private final Trail trail;
  private final Clock clock;
  private final Rounds rounds;

  /** What could not be checked in time, and is tried again. */
  private final Map<OrganizationId, Late> late = new ConcurrentHashMap<>();

  private final Map<OrganizationId, Yielded> yielded = new ConcurrentHashMap<>();

  /**
   * An organization that does not have the floor yet.
   *
   * @param version of its bundle, which goes on deciding, above an older floor
   */
  record Refused(OrganizationId organizationId, long version, long floor, String why) {}

  private record Late(Refused refused, int tries, Instant at) {}

  /**
   * An organization whose policies had to yield to the floor.
   *
   * @param version of the bundle in which they do
   * @param alone whether nothing is left of them, so that nothing is permitted there
   */
  record Yielded(
      OrganizationId organizationId, long version, long floor, boolean alone, String why) {
    private Yielded in(long laterVersion, long laterFloor) {
      return new Yielded(organizationId, laterVersion, laterFloor, alone, why);
    }
  }

  /** What there is to do in an organization. */
  private record Task(OrganizationId organization, long version, Content content) {}

  /**
   * What came of it.
   *
   * @param raised null: it is tried again
   */
  private record Tried(Task task, @Nullable Raised raised) {}

  public FloorRollout(Policies policies, Database database, Trail trail, Clock clock) {
    this.policies = policies;
    this.database = database;
    this.trail = trail;
    this.clock = clock;
    this.rounds = new Rounds(this::round);
  }

  /**
   * In all organizations that have an older one, one after the other; by another process, where one
   * is at it.
   */
  public CompletionStage<Void> everywhere() {
    return rounds.next();
  }

  private CompletionStage<Void> round() {
    return database
        .blocking(this::turn)
        .thenCompose(turn ->
            turn.isEmpty() ? CompletableFuture.<Void>completedFuture(null) : inTurn(turn.get()));
  }

  /** Empty: there is nothing to do, or another process is at it. */
  private Optional<FloorTurn> turn() {
    boolean done =
        database.inTransactionBlocking(
            handle -> Floors.below(handle, Optional.empty(), 1).isEmpty());
    return done ? Optional.empty() : FloorTurn.take(database);
  }

  private CompletionStage<Void> inTurn(FloorTurn turn) {
    return floor()
        .thenCompose(before -> from(turn, Optional.empty()).thenApply(_ -> before))
        .whenComplete((_, _) -> turn.close())
        // Who set a newer one meanwhile found the turn taken, and left it to this process.
        .thenCompose(before -> floor().thenApply(now -> now.equals(before)))
        .thenCompose(same -> same ? CompletableFuture.<Void>completedFuture(null) : round());
  }

  /** Its version. */
  private CompletionStage<Long> floor() {
    return database.inTransaction(handle -> Floors.standing(handle).version());
  }

  /** Those that cannot have it yet, as far as this process has found out. */
  List<Refused> refused() {
    return late.values().stream().map(Late::refused).toList();
  }

  /**
   * Those whose policies yielded, and that have published nothing since, as far as this process has
   * found out.
   */
  CompletionStage<List<Yielded>> yielded(int most) {
    CompletionStage<List<Yielded>> all = CompletableFuture.completedFuture(List.of());
    for (var each : yielded.values().stream().limit(most).toList()) {
      all =
          all.thenCompose(before -> stands(each).thenApply(it -> it ? and(before, each) : before));
    }
    return all;
  }

  private CompletionStage<Boolean> stands(Yielded each) {
    return database
        .inOrganization(
            each.organizationId(),
            handle ->
                policies
                    .bundles()
                    .newest(Transaction.of(each.organizationId(), handle))
                    .filter(it -> it.version() == each.version())
                    .isPresent())
        .thenApply(stands -> {
          if (!stands) {
            yielded.remove(each.organizationId(), each);
          }
          return stands;
        });
  }

  private static List<Yielded> and(List<Yielded> before, Yielded another) {
    return Stream.concat(before.stream(), Stream.of(another)).toList();
  }

  private CompletionStage<Void> from(FloorTurn turn, Optional<OrganizationId> after) {
    return database
        .inTransaction(handle -> Floors.below(handle, after, BATCH))
        .thenCompose(organizations -> {
          CompletionStage<Void> done = CompletableFuture.completedFuture(null);
          for (var organization : organizations) {
            done =
                done.thenCompose(_ -> database.blocking(turn::held))
                    .thenCompose(_ -> inOne(organization));
          }
          return organizations.size() < BATCH
              ? done
              : done.thenCompose(_ -> from(turn, Optional.of(organizations.getLast())));
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
                        this::tried,
                        (it, tooLong) -> new Tried(it, afterTries(it, tooLong)))
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
        .flatMap(it ->
            bundles
                .content(transaction, it.version())
                .filter(content -> content.floor() < floor.version())
                .map(content ->
                    new Task(transaction.organization(), it.version(), content.above(floor))));
  }

  private Tried tried(Task task) {
    return new Tried(task, Raised.of(task.content(), task.organization(), clock.instant()));
  }

  private CompletionStage<Void> settle(Tried tried) {
    var task = tried.task();
    var raised = tried.raised();
    if (raised == null) {
      return CompletableFuture.completedFuture(null);
    }
    return database
        .inOrganization(task.organization(), handle -> publish(handle, task, raised))
        .thenApply(_ -> null);
  }

  /** A machine may be busy for a moment. Null: it is tried again with the next round. */
  private @Nullable Raised afterTries(Task task, PolicyProblems why) {
    var refused =
        new Refused(
            task.organization(),
            task.version(),
            task.content().floor(),
            why.problems().getFirst().message());
    var now = clock.instant();
    var known = late.get(task.organization());
    int tries = 1;
    if (known != null && known.refused().equals(refused)) {
      if (now.isBefore(known.at().plus(BETWEEN_TRIES))) {
        return null;
      }
      tries = known.tries() + 1;
    }
    if (tries >= TRIES) {
      return Raised.alone(task.content(), why);
    }
    late.put(task.organization(), new Late(refused, tries, now));
    LOG.warn(
        "The policies of {} could not be checked above floor {} in time",
        task.organization(),
        task.content().floor());
    return null;
  }

  private boolean publish(Handle handle, Task task, Raised raised) {
    var change = new Change(handle, Operator.system(task.organization()), clock, null, trail);
    change.lockOrganization(); // nobody publishes in between
    if (!task(change).equals(Optional.of(task))) {
      return false; // it has another version, or another floor, by now: found anew later
    }
    var content = raised.content();
    // What holds no longer, holds no longer because of the floor, which has the last word.
    var published =
        policies
            .bundles()
            .publish(
                change,
                content,
                Optional.empty(),
                "floor " + content.floor() + raised.remark() + task.content().without(content));
    handle.afterCommit(() -> isPublished(task, raised, published.version()));
    return true;
  }

  private void isPublished(Task task, Raised raised, long version) {
    var organization = task.organization();
    late.remove(organization);
    if (raised.yielded().isEmpty()) {
      var before = yielded.remove(organization);
      if (before != null && before.version() == task.version()) {
        // What yielded to an earlier floor, stands as it was published then.
        yielded.put(organization, before.in(version, task.content().floor()));
      }
      return;
    }
    yielded.put(
        organization,
        new Yielded(organization, version, task.content().floor(), raised.alone(), raised.why()));
    LOG.warn(
        "Policies of {} yield to floor {}: {}", organization, task.content().floor(), raised.why());
  }
}
