package io.redoubt.proxy.inspect;

/** How a finding is known, from the weakest to the strongest. */
public enum Confidence {
  /** By its form alone. */
  FORM,
  /** By its form and by a word beside it that says what it is. */
  CONTEXT,
  /** By its check digits, its checksum, or what it decodes to. */
  CHECKED
}
