package io.redoubt.controlplane.budget;

import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.Spending;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** How a budget stood when the enclave last said so. */
public record BudgetStanding(Instant asOf, Period day, Period month) {

  /**
   * A day or a month in UTC.
   *
   * @param resetsAt when the next one begins
   * @param usdReserved kept for calls under way
   * @param usdLeft null: no limit
   * @param tokensReserved kept for calls under way
   * @param tokensLeft null: no limit
   */
  public record Period(
      LocalDate begins,
      Instant resetsAt,
      BigDecimal usdSpent,
      BigDecimal usdReserved,
      @Nullable BigDecimal usdLeft,
      long tokensSpent,
      long tokensReserved,
      @Nullable Long tokensLeft) {

    private static Period of(
        LocalDate begins,
        LocalDate next,
        Spend spent,
        Spend reserved,
        @Nullable Long micros,
        @Nullable Long tokens) {
      Long leftMicros = left(micros, spent.costMicros(), reserved.costMicros());
      return new Period(
          begins,
          next.atStartOfDay(ZoneOffset.UTC).toInstant(),
          BudgetTerms.usd(spent.costMicros()),
          BudgetTerms.usd(reserved.costMicros()),
          leftMicros == null ? null : BudgetTerms.usd(leftMicros),
          spent.tokens(),
          reserved.tokens(),
          left(tokens, spent.tokens(), reserved.tokens()));
    }

    private static @Nullable Long left(@Nullable Long limit, long spent, long reserved) {
      return limit == null ? null : Long.valueOf(Math.max(0, limit - Spend.sum(spent, reserved)));
    }
  }

  /** Under the limits that hold now. */
  public static BudgetStanding of(Spending spending, Instant asOf, BudgetTerms terms) {
    Budget budget = terms.wire();
    LocalDate day = spending.day();
    LocalDate first = day.withDayOfMonth(1);
    return new BudgetStanding(
        asOf,
        Period.of(
            day,
            day.plusDays(1),
            spending.today(),
            spending.reservedToday(),
            budget.microsPerDay(),
            budget.tokensPerDay()),
        Period.of(
            first,
            first.plusMonths(1),
            spending.month(),
            spending.reservedThisMonth(),
            budget.microsPerMonth(),
            budget.tokensPerMonth()));
  }
}
