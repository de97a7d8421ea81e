package io.redoubt.policy;

import java.util.Arrays;
import java.util.BitSet;
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
  private final BitSet repeating = new BitSet();
  private final Map<Key, Slice> kept = new ConcurrentHashMap<>();

  Slices(List<CompiledPolicy> policies) {
    this.policies = policies;
    for (int i = 0; i < policies.size(); i++) {
      repeating.set(i, policies.get(i).consulted().repeats());
    }
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
   * What these policies, all of which are conditional and match in their scope, say. Those whose
   * answer is likely to be remembered are asked apart, so that the others do not keep it from being
   * found: each question to Cedar costs more than many policies in it do.
   *
   * @param numbers ascending
   */
  Slice.Answer ask(int[] numbers, Question question) {
    int[] first = Arrays.stream(numbers).filter(repeating::get).toArray();
    if (first.length == 0 || first.length == numbers.length) {
      return together(numbers, question);
    }
    int[] others = Arrays.stream(numbers).filter(each -> !repeating.get(each)).toArray();
    return together(first, question).and(together(others, question));
  }

  private Slice.Answer together(int[] numbers, Question question) {
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
