package io.redoubt.cli.group;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows a group. */
@Command(name = "show", description = "Show a group of the draft.")
final class GroupShow implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  GroupShow(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode group = session.operator().get(GroupCommand.path(name));
    session.output().show(group, () -> Table.fields(group));
    return 0;
  }
}
