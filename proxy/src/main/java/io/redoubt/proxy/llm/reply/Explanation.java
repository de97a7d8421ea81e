package io.redoubt.proxy.llm.reply;

import java.util.Collection;
import java.util.Objects;
import java.util.stream.Collectors;

/** The words in the place of a call that was denied. */
final class Explanation {
  private Explanation() {}

  static String of(GatheredCall call) {
    var denied = Objects.requireNonNull(call.denied());
    var policies =
        denied.policyIds().isEmpty() ? "" : "; policies " + String.join(", ", denied.policyIds());
    return "[Redoubt denied the call of the tool \"%s\": %s (action %s%s)]"
        .formatted(shortened(call.tool()), denied.why(), denied.action(), policies);
  }

  static String ofAll(Collection<GatheredCall> calls) {
    return calls.stream().map(Explanation::of).collect(Collectors.joining("\n"));
  }

  /** A model chose it. */
  private static String shortened(String name) {
    var printable = name.replaceAll("\\p{Cntrl}", "?");
    return printable.length() > 64 ? printable.substring(0, 64) + "…" : printable;
  }
}
