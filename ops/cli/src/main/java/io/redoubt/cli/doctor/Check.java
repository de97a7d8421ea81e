package io.redoubt.cli.doctor;

import java.util.Locale;

/** One thing that was looked at. */
record Check(String name, Verdict verdict, String detail) {
  /** How it stands. */
  enum Verdict {
    OK,
    WARNING,
    FAILED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Check ok(String name, String detail) {
    return new Check(name, Verdict.OK, detail);
  }

  static Check warning(String name, String detail) {
    return new Check(name, Verdict.WARNING, detail);
  }

  static Check failed(String name, String detail) {
    return new Check(name, Verdict.FAILED, detail);
  }
}
