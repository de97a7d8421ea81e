package io.redoubt.multinode.check;

import io.redoubt.multinode.history.AuditLine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * G8: what happened while the control plane was away is in its audit log afterwards, each thing
 * exactly once, and nothing is missing in between.
 */
public final class BackfilledOnce {
  private BackfilledOnce() {}

  /**
   * What is missing or there twice among the numbers under which audit went up (G10).
   *
   * @param numbers of an organization's lines, in their order
   */
  public static List<String> gaps(List<Long> numbers) {
    var violations = new ArrayList<String>();
    long last = 0;
    for (long number : numbers) {
      if (number != last + 1) {
        violations.add("number %d follows %d".formatted(number, last));
      }
      last = number;
    }
    return violations;
  }

  /**
   * Sentences about what is wrong; empty: nothing is.
   *
   * @param traces of what was certainly done, in its order, one thing after the other
   * @param audit in any order
   */
  public static List<String> violations(List<String> traces, List<AuditLine> audit) {
    var violations = new ArrayList<String>();
    Map<String, Long> ids =
        audit.stream().collect(Collectors.groupingBy(AuditLine::id, Collectors.counting()));
    ids.forEach((id, count) -> {
      if (count > 1) {
        violations.add("record %s stands there %d times".formatted(id, count));
      }
    });
    var byTrace =
        audit.stream()
            .filter(line -> line.trace() != null)
            .collect(Collectors.groupingBy(line -> String.valueOf(line.trace())));
    var found = new ArrayList<AuditLine>();
    for (String trace : traces) {
      var lines = byTrace.getOrDefault(trace, List.of());
      if (lines.size() == 1) {
        found.addAll(lines);
      } else {
        violations.add("trace %s has the records %s".formatted(trace, lines));
      }
    }
    var inTime = found.stream().sorted(Comparator.comparing(AuditLine::time)).toList();
    if (!inTime.equals(found)) {
      violations.add("the records are not in the order of what was done");
    }
    return violations;
  }
}
