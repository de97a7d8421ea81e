package io.redoubt.bench.measure;

import java.util.Locale;

/**
 * A figure that has to be reached.
 *
 * @param limit in words, with its unit
 * @param figure in words, with its unit
 */
public record Goal(String name, String limit, String figure, boolean reached) {
  public static Goal atMost(String name, double limit, double figure, String unit) {
    return new Goal(
        name, "<= " + number(limit) + " " + unit, number(figure) + " " + unit, figure <= limit);
  }

  public static Goal below(String name, double limit, double figure, String unit) {
    return new Goal(
        name, "< " + number(limit) + " " + unit, number(figure) + " " + unit, figure < limit);
  }

  public static Goal atLeast(String name, double limit, double figure, String unit) {
    return new Goal(
        name,
        (">= " + number(limit) + " " + unit).strip(),
        (number(figure) + " " + unit).strip(),
        figure >= limit);
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
  }
}
