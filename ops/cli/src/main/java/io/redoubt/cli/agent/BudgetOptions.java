package io.redoubt.cli.agent;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What an agent may spend; days and months are those of UTC. */
final class BudgetOptions {
  @Option(names = "--usd-per-day", paramLabel = "USD", description = "US dollars a day, in UTC.")
  @Nullable BigDecimal usdPerDay;

  @Option(names = "--usd-per-month", paramLabel = "USD", description = "US dollars a month.")
  @Nullable BigDecimal usdPerMonth;

  @Option(names = "--tokens-per-day", paramLabel = "N", description = "Tokens a day, in UTC.")
  @Nullable Long tokensPerDay;

  @Option(names = "--tokens-per-month", paramLabel = "N", description = "Tokens a month.")
  @Nullable Long tokensPerMonth;

  NewAgent.Budget asked() {
    return new NewAgent.Budget(usdPerDay, usdPerMonth, tokensPerDay, tokensPerMonth);
  }
}
