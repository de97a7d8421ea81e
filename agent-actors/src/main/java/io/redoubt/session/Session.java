package io.redoubt.session;

import io.redoubt.action.Act;
import io.redoubt.policy.Facts;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An agent's last acts. Confined to the agent's actor, so parallel calls see each other's.
 *
 * <p>What was done is remembered apart from what was tried: an agent that is refused over and over
 * forgets nothing that it did before, and only what it may do makes it forget.
 */
public final class Session {
  /** Acts that are remembered, and acts among them or before them that were done. */
  public static final int LENGTH = Facts.Session.MOST;

  /** Acts in which a change of habits shows. */
  static final int LATELY = 20;

  /** Before so many were done an agent has no habits that it could leave. */
  static final int HABIT = 20;

  /** So many of the last are none of the usual: it has left them. */
  static final int LEFT = 10;

  /** With fewer it is back, or they have become usual. */
  static final int BACK = 5;

  private final Deque<Act> acts = new ArrayDeque<>();
  private final Deque<Act> done = new ArrayDeque<>();
  private @Nullable Drift drift;

  /** Puts what was done before in front of what was done since. */
  public void recall(List<Act> earlier) {
    for (var act : earlier.reversed()) {
      var same = shared(act);
      if (acts.size() < LENGTH) {
        acts.addFirst(same);
      }
      if (Facts.Session.isDone(act) && done.size() < LENGTH) {
        done.addFirst(same);
      }
    }
    drift = drifted();
  }

  public void add(Act act) {
    var same = shared(act);
    push(acts, same);
    if (Facts.Session.isDone(act)) {
      push(done, same);
    }
    drift = drifted();
  }

  /**
   * What was tried lately against what was done before that. It begins with half of the last acts
   * and lasts until it is less than a quarter, so that it is one and the same in between.
   */
  private @Nullable Drift drifted() {
    long doneLately = newest(LATELY).filter(Facts.Session::isDone).count();
    var usual = done.stream().limit(done.size() - doneLately).toList();
    if (acts.size() < LATELY || usual.size() < HABIT) {
      return null;
    }
    var unusual =
        newest(LATELY).filter(act -> usual.stream().noneMatch(act::isLike)).toList().reversed();
    return unusual.size() < (drift == null ? LEFT : BACK)
        ? null
        : new Drift(unusual.size(), LATELY, unusual.stream().map(Act::name).distinct().toList());
  }

  /** How the agent has left its usual operations; empty: it has not. */
  public Optional<Drift> drift() {
    return Optional.ofNullable(drift);
  }

  private static void push(Deque<Act> ring, Act act) {
    if (ring.size() == LENGTH) {
      ring.removeFirst();
    }
    ring.addLast(act);
  }

  /** An agent does the same few things over and over: their names are kept once. */
  private Act shared(Act act) {
    return Stream.concat(acts.stream(), done.stream())
        .filter(act::isLike)
        .findFirst()
        .map(known ->
            new Act(act.at(), known.operation(), known.resource(), act.verdict(), act.content()))
        .orElse(act);
  }

  /** Whether it was done before, and permitted. */
  boolean hasDone(Act act) {
    return done.stream().anyMatch(act::isLike);
  }

  int size() {
    return acts.size();
  }

  /** The last so many, newest first. */
  Stream<Act> newest(int atMost) {
    return acts.reversed().stream().limit(atMost);
  }

  /** As policies see it. */
  public Facts.Session facts() {
    return new Facts.Session(List.copyOf(acts), List.copyOf(done));
  }
}
