package io.redoubt.cli.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows a rule and the Cedar that it becomes. */
@Command(name = "show", description = "Show a rule of the draft, and the Cedar that it becomes.")
final class RulesShow implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  RulesShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode rule = session.operator().get(RulesCommand.path(name));
    session
        .output()
        .show(
            rule,
            () -> {
              ObjectNode fields = rule.deepCopy();
              fields.remove("cedar");
              return Table.fields(fields);
            });
    if (!session.output().isJson()) {
      session.output().line("");
      rule.path("cedar")
          .asText()
          .lines()
          .forEach(line -> session.output().line(Table.printable(line)));
    }
    Shadows.remark(session, rule);
    return 0;
  }
}
