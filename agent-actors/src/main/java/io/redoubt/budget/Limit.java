package io.redoubt.budget;

import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.link.Budget;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** The four limits that a budget can have. Months first: they last longer. */
public enum Limit {
  USD_PER_MONTH(true, true),
  TOKENS_PER_MONTH(false, true),
  USD_PER_DAY(true, false),
  TOKENS_PER_DAY(false, false);

  private final boolean money;
  private final boolean month;

  Limit(boolean money, boolean month) {
    this.money = money;
    this.month = month;
  }

  boolean isOfMonth() {
    return month;
  }

  /** What the budget allows; null: it does not limit this. */
  @Nullable Long in(Budget budget) {
    return switch (this) {
      case USD_PER_MONTH -> budget.microsPerMonth();
      case TOKENS_PER_MONTH -> budget.tokensPerMonth();
      case USD_PER_DAY -> budget.microsPerDay();
      case TOKENS_PER_DAY -> budget.tokensPerDay();
    };
  }

  /** What counts of a spend. */
  long of(Spend spend) {
    return money ? spend.costMicros() : spend.tokens();
  }

  /** When the period that the day is in is over. */
  Instant resets(LocalDate day) {
    var next = month ? day.withDayOfMonth(1).plusMonths(1) : day.plusDays(1);
    return next.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  /** An amount as people read it. */
  String say(long amount) {
    return money ? Dollars.of(amount) + " USD" : amount + " tokens";
  }

  /** The period, as in a budget of so much a day. */
  String period() {
    return month ? "month" : "day";
  }
}
