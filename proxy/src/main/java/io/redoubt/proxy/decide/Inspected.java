package io.redoubt.proxy.decide;

import io.redoubt.action.Arguments;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import io.redoubt.proxy.inspect.Redaction;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What was found in the texts of a request, of a reply or of the arguments of a call, and how much
 * of it was looked at (G12). Names of kinds and no more: this goes into records and decisions.
 *
 * @param findings each kind once, such as {@code pii:email}
 * @param places how many findings there are
 */
public record Inspected(List<String> findings, Coverage coverage, long places) {
  public static final String REQUEST = "request";
  public static final String REPLY = "reply";
  public static final String ARGUMENTS = "arguments";

  /** There was nothing to look at. */
  public static final Inspected NOTHING = new Inspected(List.of(), Coverage.NOTHING, 0);

  private static final Map<String, Coverage> STANDARD =
      Stream.of(REQUEST, REPLY, ARGUMENTS)
          .collect(
              Collectors.toUnmodifiableMap(
                  Function.identity(), what -> whole(what, Inspector.STANDARD)));

  /** All of it was looked at. */
  private static Coverage whole(String what, Inspector inspector) {
    return new Coverage(
        inspector.categories().stream().map(category -> what + ": " + category).toList(),
        List.of());
  }

  private static Coverage allOf(String what, Inspector inspector) {
    var standard = inspector == Inspector.STANDARD ? STANDARD.get(what) : null;
    return standard == null ? whole(what, inspector) : standard;
  }

  public static Inspected request(byte[] body, Inspector inspector, JsonInspection.Limits limits) {
    var result = JsonInspection.of(inspector, limits, REQUEST, body);
    return of(result.codes(), covered(allOf(REQUEST, inspector), result.gaps()), result);
  }

  /** What is found in a reply says so, since a record tells of both. */
  public static Inspected reply(
      Inspector inspector, JsonInspection.Result result, List<Coverage.Gap> gaps) {
    return of(
        result.codes().stream().map(code -> REPLY + ':' + code).toList(),
        covered(covered(allOf(REPLY, inspector), result.gaps()), gaps),
        result);
  }

  /** Those of a call, as far as they can be read. */
  public static Inspected arguments(
      Arguments arguments, Inspector inspector, JsonInspection.Limits limits) {
    if (arguments.refusal() != null) {
      return not(ARGUMENTS, "undecodable");
    }
    if (arguments.size() == 0) {
      return NOTHING;
    }
    var result = JsonInspection.of(inspector, limits, ARGUMENTS, arguments.json());
    return of(result.codes(), covered(allOf(ARGUMENTS, inspector), result.gaps()), result);
  }

  private static Inspected of(
      List<String> findings, Coverage coverage, JsonInspection.Result result) {
    return new Inspected(findings, coverage, result.findings().size() + result.more());
  }

  /** Whether there are texts that nobody looked at, in which there may be anything. */
  public boolean isPartial() {
    return coverage.notInspected().stream()
        .anyMatch(gap -> gap.why().equals("limit") || gap.why().equals("undecodable"));
  }

  /** The same, and what was done about it. */
  public Inspected after(List<Coverage.Act> acts) {
    return acts.isEmpty() ? this : new Inspected(findings, coverage.after(acts), places);
  }

  /** The same of a reply that could not be read to its end; null: it could. */
  public Inspected lacking(@Nullable String why) {
    return why == null
        ? this
        : new Inspected(
            findings,
            covered(coverage, List.of(new Coverage.Gap(REPLY + ": " + why, "not understood"))),
            places);
  }

  /** By how much the text may grow at most where all of it is redacted. */
  public long growth() {
    return places * Redaction.LONGEST_MARKER;
  }

  /** Nothing of it was looked at. */
  public static Inspected not(String what, String why) {
    return new Inspected(
        List.of(), new Coverage(List.of(), List.of(new Coverage.Gap(what, why))), 0);
  }

  private static Coverage covered(Coverage whole, List<Coverage.Gap> gaps) {
    return gaps.isEmpty() ? whole : whole.completedBy(new Coverage(List.of(), gaps));
  }
}
