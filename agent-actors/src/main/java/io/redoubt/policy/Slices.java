package io.redoubt.policy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The slices of a policy set that were needed so far. What it costs to evaluate policies grows with
 * their number, so only those are evaluated whose scope matches.
 */
final class Slices {
  /** Slices kept of one set; they hold native memory until they are collected. */
  private static final int MAX_KEPT = 1_024;

  private final List<CompiledPolicy> policies;
  private final Map<Key, Slice> kept = new ConcurrentHashMap<>();

  Slices(List<CompiledPolicy> policies) {
    this.policies = policies;
  }

  private static final class Key {
    private final int[] numbers;
    private final int hash;

    Key(int[] numbers) {
      this.numbers = numbers;
      this.hash = Arrays.hashCode(numbers);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && Arrays.equals(numbers, key.numbers);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /**
   * What these policies, all of which are conditional and match in their scope, say.
   *
   * @param numbers ascending
   */
  Slice.Answer ask(int[] numbers, Question question) {
    if (numbers.length == 0) {
      return Slice.Answer.NOTHING;
    }
    var key = new Key(numbers);
    var slice = kept.get(key);
    if (slice == null) {
      slice = new Slice(numbers, policies);
      if (kept.size() >= MAX_KEPT) {
        kept.clear();
      }
      kept.put(key, slice);
    }
    return slice.ask(question);
  }
}
