package io.redoubt.multinode.check;

import io.redoubt.multinode.history.Timed;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Whether concurrent calls can be put in one order that respects real time and that the model could
 * have answered so (Herlihy and Wing). The search is Lowe's just-in-time linearization: it walks
 * through time and keeps every state that is still possible, together with the open calls that have
 * taken effect in it. A call of unknown fate stays open for ever: it may take effect at any later
 * time, or never.
 */
final class Linearizability {
  private Linearizability() {}

  private record Configuration<S>(S state, Set<Integer> done) {
    Configuration<S> with(int call, S next) {
      var more = new HashSet<>(done);
      more.add(call);
      return new Configuration<>(next, Set.copyOf(more));
    }

    Configuration<S> without(int call) {
      var fewer = new HashSet<>(done);
      fewer.remove(call);
      return new Configuration<>(state, Set.copyOf(fewer));
    }
  }

  private record Moment(long at, boolean end, int call) {}

  /**
   * The first call, in the order of ends, whose answer no order explains.
   *
   * @return empty: the history is linearizable
   */
  static <S, C extends Timed> Optional<C> firstInexplicable(Model<S, C> model, List<C> calls) {
    Set<Configuration<S>> possible = Set.of(new Configuration<>(model.initial(), Set.of()));
    var open = new HashSet<Integer>();
    for (Moment moment : moments(calls)) {
      if (!moment.end()) {
        open.add(moment.call());
        continue;
      }
      possible = afterEnd(model, calls, possible, open, moment.call());
      if (possible.isEmpty()) {
        return Optional.of(calls.get(moment.call()));
      }
      open.remove(moment.call());
    }
    return Optional.empty();
  }

  /** Starts come before ends of the same instant: such calls count as concurrent. */
  private static <C extends Timed> List<Moment> moments(List<C> calls) {
    var moments = new ArrayList<Moment>();
    for (int i = 0; i < calls.size(); i++) {
      moments.add(new Moment(calls.get(i).started(), false, i));
      if (!calls.get(i).uncertain()) {
        moments.add(new Moment(calls.get(i).ended(), true, i));
      }
    }
    moments.sort(Comparator.comparingLong(Moment::at).thenComparing(Moment::end));
    return moments;
  }

  /** All that is possible once the call has taken effect, however many others did before it. */
  private static <S, C extends Timed> Set<Configuration<S>> afterEnd(
      Model<S, C> model,
      List<C> calls,
      Set<Configuration<S>> possible,
      Set<Integer> open,
      int ended) {
    var result = new HashSet<Configuration<S>>();
    var seen = new HashSet<>(possible);
    var work = new ArrayDeque<>(possible);
    while (!work.isEmpty()) {
      var configuration = work.removeFirst();
      if (configuration.done().contains(ended)) {
        result.add(configuration.without(ended));
        continue;
      }
      for (int call : open) {
        if (!configuration.done().contains(call)) {
          model
              .apply(configuration.state(), calls.get(call))
              .map(next -> configuration.with(call, next))
              .filter(seen::add)
              .ifPresent(work::add);
        }
      }
    }
    return result;
  }
}
