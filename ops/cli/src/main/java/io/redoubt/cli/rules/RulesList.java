package io.redoubt.cli.rules;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists rules in the order in which they are asked. */
@Command(name = "list", description = "List the rules of the draft, the first that is asked first.")
final class RulesList implements Callable<Integer> {
  private final Session session;

  RulesList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> rules = session.operator().list(RulesCommand.PATH, 0);
    session
        .output()
        .list(
            rules,
            () ->
                Table.of(
                    rules,
                    "priority",
                    "name",
                    "access",
                    "connector",
                    "operation",
                    "agent_id",
                    "group",
                    "risk",
                    "verdict",
                    "workflow"));
    rules.forEach(rule -> Shadows.remark(session, rule));
    return 0;
  }
}
