package io.redoubt.policy;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A count that a policy asks for: {@code context.session.counts["tool:call shell within 10m"]}.
 *
 * @param text the policy's own words
 * @param name of what is counted: an operation, or an operation and a resource
 */
record Tally(String text, String name, Duration within) {
  /** Acts are remembered by their number, not for ever. */
  private static final Duration LONGEST = Duration.ofDays(7);

  private static final Pattern FORM =
      Pattern.compile(
          "(?<name>[a-z]+:[a-z]+(?: \\S.*)?) within (?<many>[1-9][0-9]{0,5})(?<unit>[smhd])");

  static Optional<Tally> parse(@Nullable String text) {
    var matcher = FORM.matcher(text == null ? "" : text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    var name = matcher.group("name");
    int space = name.indexOf(' ');
    var within =
        Duration.parse(
            (matcher.group("unit").equals("d") ? "P" : "PT")
                + matcher.group("many")
                + matcher.group("unit").toUpperCase(Locale.ROOT));
    return PolicyAction.of(space < 0 ? name : name.substring(0, space)).isPresent()
            && within.compareTo(LONGEST) <= 0
        ? Optional.of(new Tally(matcher.group(), name, within))
        : Optional.empty();
  }
}
