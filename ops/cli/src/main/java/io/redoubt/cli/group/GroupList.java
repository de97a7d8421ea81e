package io.redoubt.cli.group;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Lists groups. */
@Command(name = "list", description = "List the groups of the draft.")
final class GroupList implements Callable<Integer> {
  private final Session session;

  GroupList(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<JsonNode> groups = session.operator().list(GroupCommand.PATH, 0);
    session.output().list(groups, () -> Table.of(groups, "name", "version", "updated_by"));
    return 0;
  }
}
