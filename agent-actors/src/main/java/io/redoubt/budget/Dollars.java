package io.redoubt.budget;

import java.math.BigDecimal;

/** Millionths of a US dollar, written as dollars. */
final class Dollars {
  private static final int DECIMALS = 6;

  private Dollars() {}

  static String of(long micros) {
    var plain = BigDecimal.valueOf(micros, DECIMALS).stripTrailingZeros();
    return (plain.scale() < 0 ? plain.setScale(0) : plain).toPlainString();
  }
}
