package io.redoubt.proxy.llm;

import io.redoubt.action.Arguments;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import java.util.List;

/**
 * What was found in the texts of a request, of a reply or of the arguments of a call, and how much
 * of it was looked at (G12). Names of kinds and no more: this goes into records and decisions.
 *
 * @param findings each kind once, such as {@code pii:email}
 */
record Inspected(List<String> findings, Coverage coverage) {
  static final String REQUEST = "request";
  static final String REPLY = "reply";
  static final String ARGUMENTS = "arguments";

  /** There was nothing to look at. */
  static final Inspected NOTHING = new Inspected(List.of(), Coverage.NOTHING);

  private static final Coverage WHOLE_REQUEST = new Coverage(categories(REQUEST), List.of());
  private static final Coverage WHOLE_REPLY = new Coverage(categories(REPLY), List.of());

  private static final Coverage WHOLE_ARGUMENTS = new Coverage(categories(ARGUMENTS), List.of());

  private static List<String> categories(String what) {
    return Inspector.STANDARD.categories().stream()
        .map(category -> what + ": " + category)
        .toList();
  }

  static Inspected request(byte[] body, LlmConfig.Inspection limits) {
    var result = JsonInspection.of(Inspector.STANDARD, limits.limits(), REQUEST, body);
    return new Inspected(result.codes(), covered(WHOLE_REQUEST, result.gaps()));
  }

  /** What is found in a reply says so, since a record tells of both. */
  static Inspected reply(JsonInspection.Result result, List<Coverage.Gap> gaps) {
    return new Inspected(
        result.codes().stream().map(code -> REPLY + ':' + code).toList(),
        covered(covered(WHOLE_REPLY, result.gaps()), gaps));
  }

  /** Those of a call, as far as they can be read. */
  static Inspected arguments(Arguments arguments, LlmConfig.Inspection limits) {
    if (arguments.refusal() != null) {
      return not(ARGUMENTS, "undecodable");
    }
    if (arguments.size() == 0) {
      return NOTHING;
    }
    var result =
        JsonInspection.of(Inspector.STANDARD, limits.limits(), ARGUMENTS, arguments.json());
    return new Inspected(result.codes(), covered(WHOLE_ARGUMENTS, result.gaps()));
  }

  /** Nothing of it was looked at. */
  static Inspected not(String what, String why) {
    return new Inspected(List.of(), new Coverage(List.of(), List.of(new Coverage.Gap(what, why))));
  }

  private static Coverage covered(Coverage whole, List<Coverage.Gap> gaps) {
    return gaps.isEmpty() ? whole : whole.completedBy(new Coverage(List.of(), gaps));
  }
}
