package io.redoubt.controlplane.store;

import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * The times that are taken from outside. Java knows years that PostgreSQL cannot hold, and days are
 * counted on from, so all are kept away from the ends of both calendars.
 */
public final class Calendar {
  /** The years that it has, for those who are told. */
  public static final String YEARS = "1970 to 9998";

  private static final Instant FIRST = Instant.EPOCH;
  private static final Instant END = Instant.parse("9999-01-01T00:00:00Z");
  private static final int FIRST_YEAR = 1970;
  private static final int LAST_YEAR = 9998;

  private Calendar() {}

  /** Whether there is a time, and it can be held. */
  public static boolean has(@Nullable Instant time) {
    return time != null && !time.isBefore(FIRST) && time.isBefore(END);
  }

  /** Whether there is a day, and it can be held. */
  public static boolean has(@Nullable LocalDate day) {
    return day != null && day.getYear() >= FIRST_YEAR && day.getYear() <= LAST_YEAR;
  }
}
