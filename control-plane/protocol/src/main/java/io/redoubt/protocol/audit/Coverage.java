package io.redoubt.protocol.audit;

import java.util.List;

/** What was inspected, and what was not and why (G12). */
public record Coverage(List<String> inspected, List<Gap> notInspected) {
  /** Something that was not inspected. */
  public record Gap(String what, String why) {}

  public Coverage {
    inspected = List.copyOf(inspected);
    notInspected = List.copyOf(notInspected);
  }

  /** Nothing was inspected, since nothing inspects yet what this plane carries. */
  public static Coverage none(String what) {
    return new Coverage(List.of(), List.of(new Gap(what, "no inspector is configured")));
  }
}
