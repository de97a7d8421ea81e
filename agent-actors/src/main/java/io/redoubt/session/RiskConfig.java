package io.redoubt.session;

import com.typesafe.config.Config;
import io.redoubt.protocol.link.WorkingHours;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What contributes how much; section {@value #PATH}, every key is explained in {@code
 * reference.conf}.
 */
public record RiskConfig(
    int offIntent,
    int newOperation,
    int drift,
    int burst,
    int loop,
    int denials,
    int finding,
    int offHours,
    Hours hours) {
  public static final String PATH = "redoubt.agent.risk";

  /** When people are at work. */
  public record Hours(ZoneId zone, LocalTime from, LocalTime until, Set<DayOfWeek> days) {
    public Hours {
      days = Set.copyOf(days);
      if (!from.isBefore(until)) {
        throw new IllegalArgumentException(PATH + ".hours.from must be before until");
      }
    }

    /** Those of an organization. Empty: they cannot be read here. */
    static Optional<Hours> of(WorkingHours said) {
      try {
        return Optional.of(
            new Hours(
                ZoneId.of(said.zone()),
                LocalTime.parse(said.from()),
                LocalTime.parse(said.until()),
                days(said.days())));
      } catch (DateTimeException | IllegalArgumentException _) {
        return Optional.empty();
      }
    }

    private static Set<DayOfWeek> days(List<String> names) {
      return names.stream()
          .map(day -> DayOfWeek.valueOf(day.toUpperCase(Locale.ROOT)))
          .collect(Collectors.toSet());
    }

    boolean contain(Instant moment) {
      var here = moment.atZone(zone);
      var time = here.toLocalTime();
      return days.contains(here.getDayOfWeek()) && !time.isBefore(from) && time.isBefore(until);
    }
  }

  public static RiskConfig from(Config root) {
    var config = root.getConfig(PATH);
    return new RiskConfig(
        points(config, "off-intent"),
        points(config, "new-operation"),
        points(config, "drift"),
        points(config, "burst"),
        points(config, "loop"),
        points(config, "denials"),
        points(config, "finding"),
        points(config, "off-hours"),
        new Hours(
            ZoneId.of(config.getString("hours.zone")),
            LocalTime.parse(config.getString("hours.from")),
            LocalTime.parse(config.getString("hours.until")),
            Hours.days(config.getStringList("hours.days"))));
  }

  private static int points(Config config, String key) {
    int points = config.getInt(key);
    if (points < 0 || points > Risk.MOST) {
      throw new IllegalArgumentException(PATH + '.' + key + " must be 0 to " + Risk.MOST);
    }
    return points;
  }
}
