package io.redoubt.cli.output;

import java.util.Locale;

/** How answers are written. */
public enum Format {
  TABLE,
  JSON;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
