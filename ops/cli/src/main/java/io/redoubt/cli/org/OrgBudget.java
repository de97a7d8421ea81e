package io.redoubt.cli.org;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.budget.BudgetChange;
import io.redoubt.cli.budget.BudgetTable;
import io.redoubt.cli.session.Session;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;

/** Sets what all agents may spend together, or shows what they may and did. */
@Command(
    name = "budget",
    description = "Show what all agents together may spend and have spent, or set it.")
final class OrgBudget implements Callable<Integer> {
  @ArgGroup(exclusive = true)
  @Nullable BudgetChange change;

  private final Session session;

  OrgBudget(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var operator = session.operator();
    JsonNode own = OwnOrganization.require(operator);
    String path = OwnOrganization.PATH + "/" + own.path("id").asText();
    var shown = change == null ? own : operator.patch(path, Map.of("budget", change.asked()));
    session.output().show(shown, () -> BudgetTable.of(shown));
    return 0;
  }
}
