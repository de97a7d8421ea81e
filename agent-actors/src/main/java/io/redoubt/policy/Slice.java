package io.redoubt.policy;

import com.cedarpolicy.model.DetailedError;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.exception.CacheException;
import com.cedarpolicy.model.policy.Policy;
import io.redoubt.policy.ArgumentType.Mismatch;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Conditional policies that meet in one kind of action, ready in native memory. */
final class Slice {
  /** Answers that are remembered of one slice. */
  private static final int MAX_ANSWERS = 256;

  private final Consulted consulted;
  private final boolean repeats;
  private final com.cedarpolicy.model.policy.PolicySet ready;
  private final Map<List<@Nullable Object>, Answer> answers = new ConcurrentHashMap<>();

  /**
   * What policies said to a question. Where one forbids, Cedar does not say which would permit.
   *
   * @param forbids numbers of the policies that forbid
   * @param permits numbers of those that permit, if none forbids
   * @param errors why a policy could not be evaluated, by its number; -1: none could
   */
  record Answer(Set<Integer> forbids, Set<Integer> permits, Map<Integer, String> errors) {
    static final Answer NOTHING = new Answer(Set.of(), Set.of(), Map.of());

    private static final int NOBODY = -1;

    static Answer failed(String why) {
      return new Answer(Set.of(), Set.of(), Map.of(NOBODY, why));
    }

    /** Whether there was no answer: asked again, there may be one. */
    boolean hasFailed() {
      return errors.containsKey(NOBODY);
    }

    /** What Cedar would have said, had it been asked about the policies of both at once. */
    Answer and(Answer other) {
      var allForbids = union(forbids, other.forbids);
      var allErrors = new TreeMap<>(other.errors);
      allErrors.putAll(errors);
      return new Answer(
          allForbids, allForbids.isEmpty() ? union(permits, other.permits) : Set.of(), allErrors);
    }

    private static Set<Integer> union(Set<Integer> one, Set<Integer> other) {
      var all = new TreeSet<>(one);
      all.addAll(other);
      return all;
    }
  }

  Slice(int[] numbers, List<CompiledPolicy> policies) {
    this.consulted =
        Consulted.all(Arrays.stream(numbers).mapToObj(each -> policies.get(each).consulted()));
    this.repeats = consulted.repeats();
    this.ready =
        new com.cedarpolicy.model.policy.PolicySet(
            Arrays.stream(numbers)
                .mapToObj(each -> new Policy(policies.get(each).body(), Integer.toString(each)))
                .collect(Collectors.toSet()));
    try {
      ready.cache();
    } catch (CacheException _) {
      // Native memory is full: this slice is sent along with each question, which is only slower.
    }
  }

  Answer ask(Question question) {
    var key = repeats ? question.key(consulted) : null;
    if (key == null) {
      return evaluate(question);
    }
    var known = answers.get(key);
    if (known != null) {
      return known;
    }
    var answer = evaluate(question);
    if (answer.hasFailed()) {
      return answer;
    }
    if (answers.size() >= MAX_ANSWERS) {
      answers.clear();
    }
    answers.put(key, answer);
    return answer;
  }

  private Answer evaluate(Question question) {
    try {
      var response =
          Cedar.ENGINE.isAuthorized(
              question.authorization(consulted), ready, question.entities(consulted));
      var success = response.success.orElse(null);
      if (success == null) {
        return Answer.failed(
            response.errors.stream()
                .flatMap(List::stream)
                .map((DetailedError each) -> each.message)
                .collect(Collectors.joining("; ")));
      }
      var reasons =
          success.getReason().stream()
              .map(Integer::valueOf)
              .collect(Collectors.toCollection(TreeSet::new));
      var errors =
          success.getErrors().stream()
              .collect(
                  Collectors.toMap(
                      each -> Integer.valueOf(each.getPolicyId()),
                      each -> each.getError().message,
                      (first, _) -> first));
      return success.isAllowed()
          ? new Answer(Set.of(), reasons, errors)
          : new Answer(reasons, Set.of(), errors);
    } catch (Mismatch e) {
      return Answer.failed(e.text());
    } catch (AuthException e) {
      return Answer.failed("Cedar failed: " + e.getMessage());
    }
  }
}
