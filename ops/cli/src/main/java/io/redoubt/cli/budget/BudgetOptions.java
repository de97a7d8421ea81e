package io.redoubt.cli.budget;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What may be spent; days and months are those of UTC. */
public final class BudgetOptions {
  /** As the server takes it: a whole budget, in which what is absent has no limit. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Limits(
      @Nullable BigDecimal usdPerDay,
      @Nullable BigDecimal usdPerMonth,
      @Nullable Long tokensPerDay,
      @Nullable Long tokensPerMonth) {
    public static final Limits NONE = new Limits(null, null, null, null);
  }

  @Option(
      names = "--usd-per-day",
      paramLabel = "USD",
      description = {
        "US dollars a day, in UTC.",
        "A budget is set as a whole: what is not named has no limit."
      })
  @Nullable BigDecimal usdPerDay;

  @Option(names = "--usd-per-month", paramLabel = "USD", description = "US dollars a month.")
  @Nullable BigDecimal usdPerMonth;

  @Option(names = "--tokens-per-day", paramLabel = "N", description = "Tokens a day, in UTC.")
  @Nullable Long tokensPerDay;

  @Option(names = "--tokens-per-month", paramLabel = "N", description = "Tokens a month.")
  @Nullable Long tokensPerMonth;

  public Limits asked() {
    return new Limits(usdPerDay, usdPerMonth, tokensPerDay, tokensPerMonth);
  }
}
