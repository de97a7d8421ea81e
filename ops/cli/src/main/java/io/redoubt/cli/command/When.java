package io.redoubt.cli.command;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/** Times as people type them. */
public final class When {
  private When() {}

  /** An RFC 3339 time, a date that means its first moment in UTC, or an age such as {@code 15m}. */
  public static Instant instant(String text, Clock clock) {
    try {
      if (text.matches("[0-9]{1,6}[smhd]")) {
        String unit = text.substring(text.length() - 1).toUpperCase(Locale.ROOT);
        return clock
            .instant()
            .minus(Duration.parse((unit.equals("D") ? "P" : "PT") + text.toUpperCase(Locale.ROOT)));
      }
      return text.indexOf('T') < 0
          ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
          : Instant.parse(text);
    } catch (DateTimeException e) {
      throw CommandFailure.usage(
          text
              + " is neither a time such as 2026-01-31T12:00:00Z, nor a date such as 2026-01-31,"
              + " nor an age such as 15m.");
    }
  }
}
