package io.redoubt.cli.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Sets what an agent may spend, or shows what it may and did. */
@Command(
    name = "budget",
    description = {
      "Show what an agent may spend and has spent, or set it.",
      "A budget is set as a whole: what is not named has no limit."
    })
final class AgentBudget implements Callable<Integer> {
  @Parameters(paramLabel = "AGENT", description = "Name or id.")
  String agent = "";

  @ArgGroup(exclusive = true)
  @Nullable Wanted wanted;

  /** Some limits, or none at all. */
  static final class Wanted {
    @ArgGroup(exclusive = false)
    @Nullable BudgetOptions limits;

    @Option(names = "--none", description = "No limit at all.")
    boolean none;
  }

  private final Session session;

  AgentBudget(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var operator = session.operator();
    JsonNode found = new AgentDirectory(operator).require(agent);
    if (wanted != null) {
      var limits = wanted.limits == null ? new BudgetOptions() : wanted.limits;
      found =
          operator.patch(
              AgentDirectory.PATH + "/" + found.path("id").asText(),
              Map.of("budget", limits.asked()));
    }
    JsonNode shown = found;
    session.output().show(shown, () -> table(shown));
    return 0;
  }

  private static Table table(JsonNode agent) {
    var table = new Table("", "budget", "spent", "reserved", "left", "resets at");
    for (String unit : List.of("usd", "tokens")) {
      for (String period : List.of("day", "month")) {
        String of = "spending." + period + ".";
        table.row(
            unit + " a " + period,
            Table.text(agent, "budget." + unit + "_per_" + period),
            Table.text(agent, of + unit + "_spent"),
            Table.text(agent, of + unit + "_reserved"),
            Table.text(agent, of + unit + "_left"),
            Table.text(agent, of + "resets_at"));
      }
    }
    return table;
  }
}
