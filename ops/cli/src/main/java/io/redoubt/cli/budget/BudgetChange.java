package io.redoubt.cli.budget;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Some limits, or none at all. */
public final class BudgetChange {
  @ArgGroup(exclusive = false)
  @Nullable BudgetOptions limits;

  @Option(names = "--none", description = "No limit at all.")
  boolean none;

  /** As the server takes it. */
  public BudgetOptions.Limits asked() {
    return limits == null ? BudgetOptions.Limits.NONE : limits.asked();
  }
}
