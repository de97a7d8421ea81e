package io.redoubt.protocol.audit;

import java.util.ArrayList;
import java.util.List;

/** What was inspected, and what was not and why (G12). */
public record Coverage(List<String> inspected, List<Gap> notInspected) {
  /** There was nothing to inspect. */
  public static final Coverage NOTHING = new Coverage(List.of(), List.of());

  private static final String PENDING = "not seen yet";

  /** Something that was not inspected. */
  public record Gap(String what, String why) {}

  public Coverage {
    inspected = List.copyOf(inspected);
    notInspected = List.copyOf(notInspected);
  }

  /** The same, and something that comes only later: the outcome says what became of it. */
  public Coverage awaiting(String what) {
    var gaps = new ArrayList<>(notInspected);
    gaps.add(new Gap(what, PENDING));
    return new Coverage(inspected, gaps);
  }

  /** With what the outcome says of it, in the place of what was awaited. */
  public Coverage completedBy(Coverage later) {
    var known = new ArrayList<>(inspected);
    known.addAll(later.inspected);
    var gaps =
        new ArrayList<>(notInspected.stream().filter(gap -> !PENDING.equals(gap.why())).toList());
    gaps.addAll(later.notInspected);
    return new Coverage(known, gaps);
  }

  /** Nothing was inspected, since nothing inspects yet what this plane carries. */
  public static Coverage none(String what) {
    return new Coverage(List.of(), List.of(new Gap(what, "no inspector is configured")));
  }
}
