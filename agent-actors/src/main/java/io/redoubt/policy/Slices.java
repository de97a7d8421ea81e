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

  /** Which of them are asked together, by their numbers. */
  private final Memory[] memories;

  private final Map<Key, Slice> kept = new ConcurrentHashMap<>();

  Slices(List<CompiledPolicy> policies) {
    this.policies = policies;
    this.memories =
        policies.stream().map(each -> Memory.of(each.consulted())).toArray(Memory[]::new);
  }

  /** How likely an answer is to be found again. */
  private enum Memory {
    /** It is the same for many calls. */
    FACTS,
    /** It is the same for calls whose arguments come off alike. */
    ARGUMENTS,
    NONE;

    private static final List<Memory> ALL = List.of(values());

    static Memory of(Consulted consulted) {
      if (!consulted.repeats()) {
        return NONE;
      }
      return consulted.args().isEmpty() ? FACTS : ARGUMENTS;
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
   * answers are likely to be remembered are asked apart, so that the others do not keep them from
   * being found, and they meet in fewer ways: each question to Cedar costs more than many policies
   * in it do.
   *
   * @param numbers ascending
   */
  Slice.Answer ask(int[] numbers, Question question) {
    var answer = Slice.Answer.NOTHING;
    for (var memory : Memory.ALL) {
      int[] some = Arrays.stream(numbers).filter(each -> memories[each] == memory).toArray();
      if (some.length > 0) {
        var said = together(some, question);
        answer = some.length == numbers.length ? said : answer.and(said);
      }
    }
    return answer;
  }

  private Slice.Answer together(int[] numbers, Question question) {
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
