package io.redoubt.multinode.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.multinode.history.Timed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The search decides as trying out every order does, which only tiny histories allow. */
final class LinearizabilityTest {
  private static final int HISTORIES = 20_000;

  /** Replaces what is there, or finds something else there. */
  private record Swap(long started, long ended, int from, int to, boolean swapped)
      implements Timed {}

  /**
   * A register; a call of unknown fate swaps if it finds what it wants. Two of them that want the
   * same are alike, and once it holds the last value nothing changes it.
   */
  private static final class Register implements Model<Integer, Swap> {
    private static final int LAST = 2;

    private record Kind(int from, int to) {}

    @Override
    public Object kind(Swap call) {
      return new Kind(call.from(), call.to());
    }

    @Override
    public boolean isFinal(Integer state) {
      return state == LAST;
    }

    @Override
    public Integer initial() {
      return 0;
    }

    @Override
    public Optional<Integer> apply(Integer state, Swap call) {
      boolean fits = state != LAST && state == call.from();
      if (call.uncertain()) {
        return Optional.of(fits ? call.to() : state);
      }
      return fits == call.swapped() ? Optional.of(fits ? call.to() : state) : Optional.empty();
    }
  }

  @Test
  void itDecidesAsTryingEveryOrderDoes() {
    var random = new Random(20_261_121);
    int accepted = 0;
    for (int i = 0; i < HISTORIES; i++) {
      var history = history(random);
      boolean explained = isExplained(0, history, none());
      accepted += explained ? 1 : 0;

      assertThat(Linearizability.firstInexplicable(new Register(), history).isEmpty())
          .as("%s", history)
          .isEqualTo(explained);
    }
    // Both answers were asked for often enough.
    assertThat(accepted).isBetween(HISTORIES / 10, HISTORIES * 9 / 10);
  }

  private static List<Swap> history(Random random) {
    var history = new ArrayList<Swap>();
    int size = 1 + random.nextInt(6);
    for (int i = 0; i < size; i++) {
      long started = random.nextInt(12);
      long ended = random.nextInt(3) == 0 ? Timed.NEVER : started + 1 + random.nextInt(6);
      history.add(
          new Swap(started, ended, random.nextInt(3), random.nextInt(3), random.nextInt(3) > 0));
    }
    return history;
  }

  private static boolean isExplained(int state, List<Swap> calls, Set<Swap> done) {
    var left = calls.stream().filter(call -> !done.contains(call)).toList();
    if (left.stream().allMatch(Timed::uncertain)) {
      return true;
    }
    return left.stream()
        // Nothing that is left may have ended before it started.
        .filter(call -> left.stream().noneMatch(other -> other.ended() < call.started()))
        .anyMatch(call ->
            new Register()
                .apply(state, call)
                .filter(next -> isExplained(next, calls, plus(done, call)))
                .isPresent());
  }

  /** By identity: two calls may be equal. */
  private static Set<Swap> none() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  private static Set<Swap> plus(Set<Swap> done, Swap call) {
    var more = none();
    more.addAll(done);
    more.add(call);
    return more;
  }
}
