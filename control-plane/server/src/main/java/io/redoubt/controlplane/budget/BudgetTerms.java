package io.redoubt.controlplane.budget;

import io.redoubt.controlplane.operator.Checks;
import io.redoubt.protocol.link.Budget;
import java.math.BigDecimal;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** What may be spent, by the days and months of the calendar in UTC; null: no limit. */
public record BudgetTerms(
    @Nullable BigDecimal usdPerDay,
    @Nullable BigDecimal usdPerMonth,
    @Nullable Long tokensPerDay,
    @Nullable Long tokensPerMonth) {
  /** Limits nothing. */
  public static final BudgetTerms NONE = new BudgetTerms(null, null, null, null);

  private static final int DECIMALS = 6;
  private static final BigDecimal MAX_USD = BigDecimal.valueOf(1_000_000_000);

  /** Everything that is wrong with it. */
  public void check(Checks checks) {
    checkMoney(checks, "/budget/usd_per_day", usdPerDay);
    checkMoney(checks, "/budget/usd_per_month", usdPerMonth);
    checkTokens(checks, "/budget/tokens_per_day", tokensPerDay);
    checkTokens(checks, "/budget/tokens_per_month", tokensPerMonth);
  }

  private static void checkMoney(Checks checks, String pointer, @Nullable BigDecimal usd) {
    checks.require(
        usd == null
            || (usd.signum() >= 0 && usd.compareTo(MAX_USD) <= 0 && usd.scale() <= DECIMALS),
        pointer,
        "is 0 to 1000000000, with at most 6 decimals");
  }

  private static void checkTokens(Checks checks, String pointer, @Nullable Long tokens) {
    checks.require(tokens == null || tokens >= 0, pointer, "is not negative");
  }

  /** As an enclave is told. */
  public Budget wire() {
    return new Budget(micros(usdPerDay), micros(usdPerMonth), tokensPerDay, tokensPerMonth);
  }

  /** Of what this release checked, or one that knew the same limits. */
  private static @Nullable Long micros(@Nullable BigDecimal usd) {
    return usd == null ? null : Long.valueOf(usd.movePointRight(DECIMALS).longValueExact());
  }

  /** For the record of a change. */
  public String explained() {
    var said = new StringJoiner(", ", "budget: ", "").setEmptyValue("budget: none");
    say(said, usdPerDay, "USD a day");
    say(said, usdPerMonth, "USD a month");
    say(said, tokensPerDay, "tokens a day");
    say(said, tokensPerMonth, "tokens a month");
    return said.toString();
  }

  private static void say(StringJoiner said, @Nullable Object limit, String of) {
    if (limit != null) {
      said.add((limit instanceof BigDecimal usd ? usd.toPlainString() : limit) + " " + of);
    }
  }

  /** Whether the two allow the same, however it is written. */
  public boolean allowsAs(BudgetTerms other) {
    return wire().equals(other.wire());
  }

  /** Dollars of so many millionths. */
  static BigDecimal usd(long micros) {
    var plain = BigDecimal.valueOf(micros, DECIMALS).stripTrailingZeros();
    return plain.scale() < 0 ? plain.setScale(0) : plain;
  }
}
