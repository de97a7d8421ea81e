package io.redoubt.proxy.inspect;

import io.redoubt.content.Category;
import io.redoubt.content.Detector;

/**
 * Something was found. Never holds what was found: findings go where the text must not (G6).
 *
 * @param detector what found it, such as {@code email}
 * @param offset of its first byte in the text's UTF-8
 * @param length in bytes
 */
public record Finding(
    String detector, Category category, long offset, int length, Confidence confidence) {
  public Finding {
    if (offset < 0 || length < 1) {
      throw new IllegalArgumentException("a finding is somewhere");
    }
  }

  static Finding of(Detector detector, long offset, int length, Confidence confidence) {
    return new Finding(detector.code(), detector.category(), offset, length, confidence);
  }

  /** Category and detector, as policies and records name it: {@code pii:email}. */
  public String code() {
    return category.code() + ':' + detector;
  }

  /** Of the first byte after it. */
  public long end() {
    return offset + length;
  }
}
