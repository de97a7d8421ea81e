package io.redoubt.cli.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.budget.BudgetChange;
import io.redoubt.cli.budget.BudgetTable;
import io.redoubt.cli.session.Session;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Sets what an agent may spend, or shows what it may and did. */
@Command(name = "budget", description = "Show what an agent may spend and has spent, or set it.")
final class AgentBudget implements Callable<Integer> {
  @Parameters(paramLabel = "AGENT", description = "Name or id.")
  String agent = "";

  @ArgGroup(exclusive = true)
  @Nullable BudgetChange change;

  private final Session session;

  AgentBudget(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var operator = session.operator();
    JsonNode found = new AgentDirectory(operator).require(agent);
    String path = AgentDirectory.PATH + "/" + found.path("id").asText();
    var shown = change == null ? found : operator.patch(path, Map.of("budget", change.asked()));
    session.output().show(shown, () -> BudgetTable.of(shown));
    return 0;
  }
}
