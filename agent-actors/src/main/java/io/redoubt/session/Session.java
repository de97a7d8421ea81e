package io.redoubt.session;

import io.redoubt.action.Act;
import io.redoubt.policy.Facts;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
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
  private final Map<Name, Times> names = new HashMap<>();

  /** The last acts, oldest first. */
  private final Deque<Late> lately = new ArrayDeque<>();

  private int doneLately;
  private @Nullable Drift drift;

  /** What two acts have in common that are alike. */
  private record Name(String operation, String resource) {
    static Name of(Act act) {
      return new Name(act.operation(), act.resource());
    }

    String text() {
      return operation + ' ' + resource;
    }
  }

  /** How often something is among the acts that are remembered. */
  private static final class Times {
    private final Name name;
    private int tried;
    private int done;
    private int doneLately;

    Times(Name name) {
      this.name = name;
    }

    /** Whether it was not done before the last acts. */
    boolean isUnusual() {
      return done == doneLately;
    }

    /** An agent does the same few things over and over: their names are kept once. */
    Act named(Act act) {
      return new Act(act.at(), name.operation, name.resource, act.verdict(), act.content());
    }
  }

  /** One of the last acts. */
  private record Late(Times times, boolean done) {}

  /** Puts what was done before in front of what was done since. */
  public void recall(List<Act> earlier) {
    for (var act : earlier.reversed()) {
      var times = times(act);
      var same = times.named(act);
      if (acts.size() < LENGTH) {
        acts.addFirst(same);
        times.tried++;
      }
      if (Facts.Session.isDone(act) && done.size() < LENGTH) {
        done.addFirst(same);
        times.done++;
      }
      forget(times);
    }
    while (!lately.isEmpty()) {
      leaveOldest();
    }
    newest(LATELY).toList().reversed().forEach(act -> comeLately(times(act), act));
    drift = drifted();
  }

  public void add(Act act) {
    var times = times(act);
    var same = times.named(act);
    acts.addLast(same);
    times.tried++;
    if (acts.size() > LENGTH) {
      var oldest = times(acts.removeFirst());
      oldest.tried--;
      forget(oldest);
    }
    if (Facts.Session.isDone(act)) {
      done.addLast(same);
      times.done++;
      if (done.size() > LENGTH) {
        var oldest = times(done.removeFirst());
        oldest.done--;
        forget(oldest);
      }
    }
    comeLately(times, same);
    drift = drifted();
  }

  private void comeLately(Times times, Act act) {
    var late = new Late(times, Facts.Session.isDone(act));
    lately.addLast(late);
    if (late.done) {
      times.doneLately++;
      doneLately++;
    }
    if (lately.size() > LATELY) {
      leaveOldest();
    }
  }

  private void leaveOldest() {
    var late = lately.removeFirst();
    if (late.done) {
      late.times.doneLately--;
      doneLately--;
    }
  }

  private Times times(Act act) {
    return names.computeIfAbsent(Name.of(act), Times::new);
  }

  private void forget(Times times) {
    if (times.tried == 0 && times.done == 0) {
      names.remove(times.name);
    }
  }

  /**
   * What was tried lately against what was done before that. It begins with half of the last acts
   * and lasts until it is less than a quarter, so that it is one and the same in between.
   */
  private @Nullable Drift drifted() {
    if (lately.size() < LATELY || done.size() - doneLately < HABIT) {
      return null;
    }
    int unusual = 0;
    for (var late : lately) {
      unusual += late.times.isUnusual() ? 1 : 0;
    }
    return unusual < (drift == null ? LEFT : BACK)
        ? null
        : new Drift(
            unusual,
            LATELY,
            lately.stream()
                .filter(late -> late.times.isUnusual())
                .map(late -> late.times.name.text())
                .distinct()
                .toList());
  }

  /** How the agent has left its usual operations; empty: it has not. */
  public Optional<Drift> drift() {
    return Optional.ofNullable(drift);
  }

  /** Whether it was done before, and permitted. */
  boolean hasDone(Act act) {
    var times = names.get(Name.of(act));
    return times != null && times.done > 0;
  }

  int size() {
    return acts.size();
  }

  /** The last so many, newest first. */
  Stream<Act> newest(int atMost) {
    return acts.reversed().stream().limit(atMost);
  }

  /** How many of the last so many are such. */
  int count(int atMost, Predicate<Act> such) {
    int found = 0;
    var newestFirst = acts.descendingIterator();
    for (int i = 0; i < atMost && newestFirst.hasNext(); i++) {
      found += such.test(newestFirst.next()) ? 1 : 0;
    }
    return found;
  }

  /** Whether all of the last so many are such. */
  boolean all(int atMost, Predicate<Act> such) {
    var newestFirst = acts.descendingIterator();
    for (int i = 0; i < atMost && newestFirst.hasNext(); i++) {
      if (!such.test(newestFirst.next())) {
        return false;
      }
    }
    return true;
  }

  /** As policies see it. */
  public Facts.Session facts() {
    return new Facts.Session(List.copyOf(acts), List.copyOf(done));
  }
}
