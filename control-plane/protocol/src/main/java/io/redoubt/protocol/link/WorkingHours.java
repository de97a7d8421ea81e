package io.redoubt.protocol.link;

import java.util.List;
import java.util.Objects;

/**
 * When an organization's people are at work. As it was said: an enclave may be of a release that
 * does not know the zone.
 *
 * @param zone such as {@code Europe/Zurich}
 * @param from such as {@code 08:00}
 * @param until such as {@code 18:00}, when they are not any more
 * @param days such as {@code monday}
 */
public record WorkingHours(String zone, String from, String until, List<String> days) {
  public WorkingHours {
    zone = Objects.requireNonNullElse(zone, "");
    from = Objects.requireNonNullElse(from, "");
    until = Objects.requireNonNullElse(until, "");
    days = List.copyOf(Objects.requireNonNullElse(days, List.of()));
  }

  /** In one line. */
  public String explained() {
    return "%s-%s %s, %s".formatted(from, until, String.join(" ", days), zone);
  }
}
