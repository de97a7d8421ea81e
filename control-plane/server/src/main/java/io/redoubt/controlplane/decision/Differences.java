package io.redoubt.controlplane.decision;

import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Verdicts that are not the same, counted, with a few of them named. */
final class Differences {
  private static final int MAX_EXAMPLES = 5;

  private final Map<Pair, Found> found = new HashMap<>();

  private record Pair(Verdict from, Verdict to) {}

  private static final class Found {
    private final List<Example> examples = new ArrayList<>();
    private int count;
  }

  /**
   * An action whose verdict would be another.
   *
   * @param recorded what became of it then
   * @param before policies that decide so
   * @param after policies that decide otherwise
   */
  record Example(
      ActionId actionId,
      Instant time,
      @Nullable AgentId agentId,
      String operation,
      @Nullable String resource,
      Verdict recorded,
      List<String> before,
      List<String> after) {}

  /** So many times one verdict instead of another. */
  record Difference(Verdict from, Verdict to, int count, List<Example> examples) {}

  void add(AuditRecord record, Verdict from, List<String> before, Verdict to, List<String> after) {
    var pair = found.computeIfAbsent(new Pair(from, to), _ -> new Found());
    pair.count++;
    if (pair.examples.size() < MAX_EXAMPLES) {
      pair.examples.add(
          new Example(
              new ActionId(record.id().uuid()),
              record.time(),
              record.agentId(),
              record.operation(),
              record.resource(),
              record.verdict(),
              before,
              after));
    }
  }

  /** The most frequent first. */
  List<Difference> all() {
    return found.entrySet().stream()
        .map(it ->
            new Difference(
                it.getKey().from(),
                it.getKey().to(),
                it.getValue().count,
                List.copyOf(it.getValue().examples)))
        .sorted(
            Comparator.comparingInt(Difference::count)
                .reversed()
                .thenComparing(Difference::from)
                .thenComparing(Difference::to))
        .toList();
  }
}
