package io.redoubt.protocol.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What was inspected, and what was not and why (G12), and what was done about what was found.
 *
 * @param acted beyond letting it pass
 */
public record Coverage(
    List<String> inspected,
    List<Gap> notInspected,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Act> acted) {
  /** There was nothing to inspect. */
  public static final Coverage NOTHING = new Coverage(List.of(), List.of());

  private static final String PENDING = "not seen yet";

  /** Something that was not inspected. */
  public record Gap(String what, String why) {}

  /**
   * Something that was done.
   *
   * @param finding such as {@code pii:email}
   * @param action such as {@code redact}
   * @param by the layer of content policies that says so
   */
  public record Act(String finding, String action, String by) {}

  @SuppressWarnings("ConstantValue") // what was written before there were acts has none
  public Coverage {
    inspected = List.copyOf(inspected);
    notInspected = List.copyOf(notInspected);
    acted = acted == null ? List.of() : List.copyOf(acted);
  }

  /** Nothing was done. */
  public Coverage(List<String> inspected, List<Gap> notInspected) {
    this(inspected, notInspected, List.of());
  }

  /** The same, and something that comes only later: the outcome says what became of it. */
  public Coverage awaiting(String what) {
    var gaps = new ArrayList<>(notInspected);
    gaps.add(new Gap(what, PENDING));
    return new Coverage(inspected, gaps, acted);
  }

  /** The same, after these were done. */
  public Coverage after(List<Act> acts) {
    return acts.isEmpty()
        ? this
        : new Coverage(
            inspected, notInspected, Stream.concat(acted.stream(), acts.stream()).toList());
  }

  /** With what the outcome says of it, in the place of what was awaited. */
  public Coverage completedBy(Coverage later) {
    var known = new ArrayList<>(inspected);
    known.addAll(later.inspected);
    var gaps =
        new ArrayList<>(notInspected.stream().filter(gap -> !PENDING.equals(gap.why())).toList());
    gaps.addAll(later.notInspected);
    return new Coverage(known, gaps, acted).after(later.acted);
  }

  /** Nothing was inspected, since nothing inspects yet what this plane carries. */
  public static Coverage none(String what) {
    return new Coverage(List.of(), List.of(new Gap(what, "no inspector is configured")));
  }
}
