package io.redoubt.enclave.link;

import io.redoubt.agent.AgentKey;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.LinkReport;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is set aside and waits for each other, in its order: the first is carried out, then what
 * came of it is told, then it makes room for the next. Used under the monitor of who has it.
 */
final class SetAsideQueue {
  /**
   * One that waits.
   *
   * @param envelope what is carried out; null: nothing can be
   * @param unread what is said of the command that this stands for, which cannot be read; null: it
   *     is the command itself
   */
  record Task(
      OrganizationId organization,
      long number,
      Instant since,
      @Nullable CommandEnvelope envelope,
      @Nullable String unread) {

    static Task of(SetAside.Order order) {
      var envelope = order.envelope();
      return new Task(envelope.organizationId(), envelope.number(), order.since(), envelope, null);
    }

    boolean stops() {
      return envelope != null && CommandApplier.stops(envelope.command());
    }

    /** What came of it, and who is to hear of that. */
    Ended ended(CommandApplier.Result result) {
      return switch (result) {
        case CommandApplier.Applied _, CommandApplier.Waits _ ->
            new Ended(unread == null ? List.of() : rejected(unread), null, false);
        case CommandApplier.Stopped(var agent, var proof) ->
            new Ended(unread == null ? List.of(proof) : rejected(unread), agent, stops());
        case CommandApplier.Voted(var answer) ->
            new Ended(unread == null ? List.of(answer) : rejected(unread), null, false);
        case CommandApplier.Rejected(var why) ->
            new Ended(
                rejected(unread == null ? why : unread + ", which is refused: " + why),
                null,
                false);
      };
    }

    Ended rejectedFor(String why) {
      return new Ended(rejected(why), null, false);
    }

    private List<LinkReport> rejected(String why) {
      return List.of(new LinkReport.Rejected(number, why));
    }
  }

  /**
   * What came of one.
   *
   * @param untold what the control plane has not heard of it yet
   * @param changed agent that is to be told of as it is now; null: none
   * @param still whether it left its agent stopped
   */
  record Ended(List<LinkReport> untold, @Nullable AgentKey changed, boolean still) {
    Ended {
      untold = List.copyOf(untold);
    }

    boolean rejects() {
      return untold.stream().anyMatch(LinkReport.Rejected.class::isInstance);
    }

    Ended told() {
      return new Ended(List.of(), null, still);
    }
  }

  private final Deque<Task> tasks = new ArrayDeque<>();
  private final Backoff pauses;
  private int failures;
  private long dueAt = System.nanoTime();

  /** Null: the first is still to be carried out. */
  private @Nullable Ended ended;

  SetAsideQueue(LinkConfig config) {
    this.pauses = new Backoff(config.backoffMin(), config.backoffMax());
  }

  void add(Task task) {
    tasks.addLast(task);
  }

  Task first() {
    return tasks.getFirst();
  }

  boolean isEmpty() {
    return tasks.isEmpty();
  }

  boolean has(long number) {
    return tasks.stream().anyMatch(task -> task.number() == number);
  }

  @Nullable Ended ended() {
    return ended;
  }

  /** The first is carried out: from here on it is only told. */
  void ended(Ended outcome) {
    ended = outcome;
    pauses.reset();
    dueAt = System.nanoTime();
  }

  /** By the monotonic clock, in nanoseconds; zero or below: it is due. */
  long dueIn(long now) {
    return dueAt - now;
  }

  /** The first is over. */
  void next() {
    tasks.removeFirst();
    ended = null;
    failures = 0;
    pauses.reset();
    dueAt = System.nanoTime();
  }

  void later() {
    dueAt = System.nanoTime() + pauses.next().toNanos();
  }

  /** How often the first has failed, with this time. */
  int failsOnceMore() {
    return ++failures;
  }

  /**
   * Whether what follows has to wait until it is told what came of the first. Where that left the
   * agent stopped, what lets it go on may wait: after a crash in between, the stop would be told as
   * come too late. A stop waits for no telling (G3).
   */
  boolean waitsToBeTold() {
    return ended != null
        && ended.still()
        && tasks.stream().skip(1).findFirst().map(next -> !next.stops()).orElse(true);
  }
}
