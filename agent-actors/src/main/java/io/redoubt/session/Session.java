package io.redoubt.session;

import io.redoubt.action.Act;
import io.redoubt.policy.Facts;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** An agent's last acts. Confined to the agent's actor, so parallel calls see each other's. */
public final class Session {
  /** Acts that are remembered. */
  public static final int LENGTH = 100;

  private final Deque<Act> acts = new ArrayDeque<>();

  /** Puts what was done before in front of what was done since. */
  public void recall(List<Act> earlier) {
    for (int i = earlier.size() - 1; i >= 0 && acts.size() < LENGTH; i--) {
      acts.addFirst(shared(earlier.get(i)));
    }
  }

  public void add(Act act) {
    if (acts.size() == LENGTH) {
      acts.removeFirst();
    }
    acts.addLast(shared(act));
  }

  /** An agent does the same few things over and over: their names are kept once. */
  private Act shared(Act act) {
    return same(act)
        .map(known ->
            new Act(act.at(), known.operation(), known.resource(), act.verdict(), act.content()))
        .orElse(act);
  }

  private Optional<Act> same(Act act) {
    return acts.stream().filter(act::isLike).findFirst();
  }

  /** Whether it was done before, and permitted. */
  boolean hasDone(Act act) {
    return acts.stream().anyMatch(each -> Facts.Session.isDone(each) && each.isLike(act));
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
    return new Facts.Session(List.copyOf(acts));
  }
}
