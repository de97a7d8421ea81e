package io.redoubt.content;

import java.util.Locale;

/** What a finding is about. */
public enum Category {
  PII,
  SECRET,
  INJECTION,
  CUSTOM;

  /** As it is written in policies and records. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
