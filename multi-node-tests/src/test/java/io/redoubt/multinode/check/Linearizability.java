package io.redoubt.multinode.check;

import io.redoubt.multinode.history.Timed;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whether concurrent calls can be put in one order that respects real time and that the model could
 * have answered so (Herlihy and Wing). The search is Lowe's just-in-time linearization: it walks
 * through time and keeps every state that is still possible, together with the open calls that have
 * taken effect in it. A call of unknown fate stays open for ever: it may take effect at any later
 * time, or never.
 *
 * <p>Since it may never, of two ways to the same state the one that used fewer of such calls can go
 * wherever the other can, and the other is not followed. And of open ones that are alike only the
 * earliest is tried, and in a final state none is counted. Without these, each call of unknown fate
 * doubles the ways, and a history with thirty of them is never decided.
 */
final class Linearizability {
  private Linearizability() {}

  /** A state, and which open calls of known and of unknown fate have taken effect in it. */
  private record Configuration<S>(S state, BitSet known, BitSet unknown) {
    boolean has(int call) {
      return known.get(call) || unknown.get(call);
    }

    Configuration<S> with(int call, boolean uncertain, S next, boolean isFinal) {
      if (isFinal) { // what could still happen makes no difference
        return new Configuration<>(next, uncertain ? known : plus(known, call), new BitSet());
      }
      return uncertain
          ? new Configuration<>(next, known, plus(unknown, call))
          : new Configuration<>(next, plus(known, call), unknown);
    }

    Configuration<S> without(int call) {
      var fewer = (BitSet) known.clone();
      fewer.clear(call);
      return new Configuration<>(state, fewer, unknown);
    }

    private static BitSet plus(BitSet set, int call) {
      var more = (BitSet) set.clone();
      more.set(call);
      return more;
    }
  }

  /** Configurations, without those that are no better than another. */
  private static final class Possible<S> {
    private record Kind<S>(S state, BitSet known) {}

    private final Map<Kind<S>, List<BitSet>> ways = new HashMap<>();

    /** False if a way is known already that used no other calls of unknown fate. */
    boolean add(Configuration<S> configuration) {
      var there =
          ways.computeIfAbsent(
              new Kind<>(configuration.state(), configuration.known()), _ -> new ArrayList<>());
      if (there.stream().anyMatch(fewer -> isWithin(fewer, configuration.unknown()))) {
        return false;
      }
      there.removeIf(more -> isWithin(configuration.unknown(), more));
      there.add(configuration.unknown());
      return true;
    }

    private static boolean isWithin(BitSet fewer, BitSet more) {
      if (fewer.cardinality() > more.cardinality()) {
        return false;
      }
      for (int call = fewer.nextSetBit(0); call >= 0; call = fewer.nextSetBit(call + 1)) {
        if (!more.get(call)) {
          return false;
        }
      }
      return true;
    }

    boolean isEmpty() {
      return ways.isEmpty();
    }

    Stream<Configuration<S>> all() {
      return ways.entrySet().stream()
          .flatMap(each ->
              each.getValue().stream()
                  .map(unknown ->
                      new Configuration<>(each.getKey().state(), each.getKey().known(), unknown)));
    }
  }

  private record Moment(long at, boolean end, int call) {}

  /**
   * The first call, in the order of ends, whose answer no order explains.
   *
   * @return empty: the history is linearizable
   */
  static <S, C extends Timed> Optional<C> firstInexplicable(Model<S, C> model, List<C> history) {
    // Whoever is asked for the earliest of several finds it first.
    var calls = history.stream().sorted(Comparator.comparingLong(Timed::started)).toList();
    var possible = new Possible<S>();
    possible.add(new Configuration<>(model.initial(), new BitSet(), new BitSet()));
    var open = new BitSet();
    for (Moment moment : moments(calls)) {
      if (!moment.end()) {
        open.set(moment.call());
        continue;
      }
      possible = afterEnd(model, calls, possible, open, moment.call());
      if (possible.isEmpty()) {
        return Optional.of(calls.get(moment.call()));
      }
      open.clear(moment.call());
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
  private static <S, C extends Timed> Possible<S> afterEnd(
      Model<S, C> model, List<C> calls, Possible<S> possible, BitSet open, int ended) {
    var result = new Possible<S>();
    var seen = new Possible<S>();
    var work = new ArrayDeque<Configuration<S>>();
    possible.all().filter(seen::add).forEach(work::add);
    while (!work.isEmpty()) {
      var configuration = work.removeFirst();
      if (configuration.has(ended)) {
        result.add(configuration.without(ended));
        continue;
      }
      var tried = new HashSet<>();
      open.stream()
          .filter(call -> !configuration.has(call))
          .filter(call -> !calls.get(call).uncertain() || tried.add(model.kind(calls.get(call))))
          .forEach(call ->
              model
                  .apply(configuration.state(), calls.get(call))
                  .map(next ->
                      configuration.with(
                          call, calls.get(call).uncertain(), next, model.isFinal(next)))
                  .filter(seen::add)
                  .ifPresent(work::add));
    }
    return result;
  }
}
