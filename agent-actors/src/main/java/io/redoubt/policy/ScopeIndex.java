package io.redoubt.policy;

import io.redoubt.policy.Scope.Entity;
import io.redoubt.policy.Scope.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the policies whose scope matches a request, without asking the others. */
final class ScopeIndex {
  /** By the principal that policies name, then by the resource; null: they name none. */
  private final Map<@Nullable Entity, Map<@Nullable Entity, List<Integer>>> places =
      new HashMap<>();

  private final List<CompiledPolicy> policies;

  ScopeIndex(List<CompiledPolicy> policies) {
    this.policies = policies;
    for (int i = 0; i < policies.size(); i++) {
      var scope = policies.get(i).scope();
      places
          .computeIfAbsent(scope.principal().key(), _ -> new HashMap<>())
          .computeIfAbsent(scope.resource().key(), _ -> new ArrayList<>())
          .add(i);
    }
  }

  /** Numbers of the policies, ascending. */
  int[] matching(PolicyAction action, Target principal, Target resource) {
    var found = new Matches();
    var principals = keys(principal);
    var resources = keys(resource);
    for (var one : principals) {
      var byResource = places.get(one);
      if (byResource == null) {
        continue;
      }
      for (var other : resources) {
        for (int each : byResource.getOrDefault(other, List.of())) {
          if (policies.get(each).scope().matches(action, principal, resource)) {
            found.add(each);
          }
        }
      }
    }
    return found.sorted();
  }

  private static List<@Nullable Entity> keys(Target target) {
    var keys = new ArrayList<@Nullable Entity>(2 + target.parents().size());
    keys.add(null);
    keys.add(target.entity());
    keys.addAll(target.parents());
    return keys;
  }

  private static final class Matches {
    private int[] numbers = new int[16];
    private int count;

    void add(int number) {
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, count * 2);
      }
      numbers[count++] = number;
    }

    int[] sorted() {
      var result = Arrays.copyOf(numbers, count);
      Arrays.sort(result);
      return result;
    }
  }
}
