package io.redoubt.session;

import io.redoubt.action.Act;
import io.redoubt.policy.Facts;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * An agent's last acts. Confined to the agent's actor, so parallel calls see each other's.
 *
 * <p>What was done is remembered apart from what was tried: an agent that is refused over and over
 * forgets nothing that it did before, and only what it may do makes it forget.
 */
public final class Session {
  /** Acts that are remembered, and acts among them or before them that were done. */
  public static final int LENGTH = Facts.Session.MOST;

  private final Deque<Act> acts = new ArrayDeque<>();
  private final Deque<Act> done = new ArrayDeque<>();

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
  }

  public void add(Act act) {
    var same = shared(act);
    push(acts, same);
    if (Facts.Session.isDone(act)) {
      push(done, same);
    }
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
