package io.redoubt.cli.budget;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import java.util.List;

/** What may be spent, and what was. */
public final class BudgetTable {
  private BudgetTable() {}

  /** Of whatever has a budget and says how it stands. */
  public static Table of(JsonNode spender) {
    var table = new Table("", "budget", "spent", "reserved", "left", "resets at");
    for (String unit : List.of("usd", "tokens")) {
      for (String period : List.of("day", "month")) {
        String of = "spending." + period + ".";
        table.row(
            unit + " a " + period,
            Table.text(spender, "budget." + unit + "_per_" + period),
            Table.text(spender, of + unit + "_spent"),
            Table.text(spender, of + unit + "_reserved"),
            Table.text(spender, of + unit + "_left"),
            Table.text(spender, of + "resets_at"));
      }
    }
    return table;
  }
}
