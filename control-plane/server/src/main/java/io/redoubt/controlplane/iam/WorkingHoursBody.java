package io.redoubt.controlplane.iam;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.protocol.link.WorkingHours;
import java.time.DayOfWeek;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The hours of an organization, as somebody says them. None of it: those of each enclave. */
record WorkingHoursBody(
    @Nullable String zone,
    @Nullable String from,
    @Nullable String until,
    @Nullable List<@Nullable String> days) {
  private static final String POINTER = "/working_hours";
  private static final Pattern TIME = Pattern.compile("([01][0-9]|2[0-3]):[0-5][0-9]");
  private static final List<String> DAYS =
      Arrays.stream(DayOfWeek.values()).map(it -> it.name().toLowerCase(Locale.ROOT)).toList();

  /** Everything that is wrong with them. */
  void check(Checks checks) {
    if (zone == null && from == null && until == null && days == null) {
      return;
    }
    var begin = time(from);
    var end = time(until);
    checks
        .require(
            zone != null && ZoneId.getAvailableZoneIds().contains(zone),
            POINTER + "/zone",
            "is the name of a time zone, such as Europe/Zurich")
        .require(begin != null, POINTER + "/from", "is a time of the day, such as 08:00")
        .require(end != null, POINTER + "/until", "is a time of the day, such as 18:00")
        .require(
            begin == null || end == null || begin.isBefore(end),
            POINTER + "/until",
            "is after from")
        .require(
            days != null
                && !days.isEmpty()
                && days.stream().allMatch(it -> it != null && DAYS.contains(it))
                && days.stream().distinct().count() == days.size(),
            POINTER + "/days",
            "are some of monday to sunday, each once");
  }

  private static @Nullable LocalTime time(@Nullable String text) {
    return text != null && TIME.matcher(text).matches() ? LocalTime.parse(text) : null;
  }

  /** What was checked. Null: those of each enclave. */
  @Nullable WorkingHours wanted() {
    return zone == null || from == null || until == null || days == null
        ? null
        : new WorkingHours(zone, from, until, DAYS.stream().filter(days::contains).toList());
  }
}
