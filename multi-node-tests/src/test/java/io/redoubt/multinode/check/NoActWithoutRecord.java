package io.redoubt.multinode.check;

import io.redoubt.multinode.history.AuditLine;
import io.redoubt.multinode.history.ModelCall;
import io.redoubt.multinode.history.Sighting;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * G4: whatever the upstream saw has an intent that was recorded before, one for each time; every
 * intent has an outcome in the end, and {@code unknown} is the excuse of a crash only.
 */
public final class NoActWithoutRecord {
  private NoActWithoutRecord() {}

  /**
   * Sentences about what is wrong; empty: nothing is.
   *
   * @param audit every record of the plane of the calls, of the agents concerned
   * @param crashes when the product was killed, by the wall clock
   */
  public static List<String> violations(
      List<Sighting> sightings,
      List<ModelCall> calls,
      List<AuditLine> audit,
      List<Instant> crashes) {
    var violations = new ArrayList<String>();
    twice(audit, violations);
    unrecorded(sightings, permitsByTrace(audit), violations);
    unanswered(calls, permitsByTrace(audit), violations);
    unfinished(audit, crashes, violations);
    return violations;
  }

  private static Map<String, List<AuditLine>> permitsByTrace(List<AuditLine> audit) {
    return audit.stream()
        .filter(line -> line.permits() && line.trace() != null)
        .sorted(Comparator.comparing(AuditLine::time))
        .collect(Collectors.groupingBy(line -> String.valueOf(line.trace())));
  }

  private static void twice(List<AuditLine> audit, List<String> violations) {
    var seen = new HashSet<String>();
    for (AuditLine line : audit) {
      if (!seen.add(line.id())) {
        violations.add("audit record %s stands there twice".formatted(line.id()));
      }
    }
  }

  private static void unrecorded(
      List<Sighting> sightings, Map<String, List<AuditLine>> permits, List<String> violations) {
    sightings.stream()
        .sorted(Comparator.comparing(Sighting::time))
        .collect(Collectors.groupingBy(Sighting::trace))
        .forEach((trace, seen) -> {
          var intents = permits.getOrDefault(trace, List.of());
          for (int i = 0; i < seen.size(); i++) {
            if (i >= intents.size() || intents.get(i).time().isAfter(seen.get(i).time())) {
              violations.add(
                  "the upstream saw %s without an earlier intent; intents %s"
                      .formatted(seen.get(i), intents));
            }
          }
        });
  }

  private static void unanswered(
      List<ModelCall> calls, Map<String, List<AuditLine>> permits, List<String> violations) {
    for (ModelCall call : calls) {
      if (call.permitted() && !permits.containsKey(call.trace())) {
        violations.add("answered, and not in the audit log: %s".formatted(call));
      }
    }
  }

  private static void unfinished(
      List<AuditLine> audit, List<Instant> crashes, List<String> violations) {
    for (AuditLine line : audit) {
      if (!line.permits()) {
        continue;
      }
      if (line.outcome() == null) {
        violations.add("no outcome: %s".formatted(line));
      } else if (line.outcome().equals("unknown")
          && crashes.stream().noneMatch(crash -> !crash.isBefore(line.time()))) {
        violations.add("unknown without a crash: %s".formatted(line));
      }
    }
  }
}
