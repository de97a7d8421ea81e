package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What may be spent, by the days and months of the calendar in UTC; null: no limit. Money is in
 * millionths of a US dollar.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Budget(
    @Nullable Long microsPerDay,
    @Nullable Long microsPerMonth,
    @Nullable Long tokensPerDay,
    @Nullable Long tokensPerMonth) {
  /** Limits nothing. */
  public static final Budget NONE = new Budget(null, null, null, null);

  /** Equal to one that limits nothing, which is not written down: so it was before. */
  static final class Unsaid {
    @Override
    public boolean equals(@Nullable Object other) {
      return other == null || NONE.equals(other);
    }

    @Override
    public int hashCode() {
      return NONE.hashCode();
    }
  }

  /** Less than nothing is nothing. */
  public Budget {
    microsPerDay = notNegative(microsPerDay);
    microsPerMonth = notNegative(microsPerMonth);
    tokensPerDay = notNegative(tokensPerDay);
    tokensPerMonth = notNegative(tokensPerMonth);
  }

  /** Whether there is any limit. */
  public boolean limits() {
    return limitsMoney() || limitsTokens();
  }

  public boolean limitsTokens() {
    return tokensPerDay != null || tokensPerMonth != null;
  }

  public boolean limitsMoney() {
    return microsPerDay != null || microsPerMonth != null;
  }

  private static @Nullable Long notNegative(@Nullable Long limit) {
    return limit == null ? null : Long.valueOf(Math.max(0, limit));
  }
}
