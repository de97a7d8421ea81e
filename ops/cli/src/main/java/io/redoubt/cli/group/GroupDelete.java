package io.redoubt.cli.group;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Takes a group out of the draft. */
@Command(name = "delete", description = "Delete a group of the draft.")
final class GroupDelete implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "Which one.")
  String name = "";

  private final Session session;

  GroupDelete(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().delete(GroupCommand.path(name));
    session
        .output()
        .say(answer, "Group " + name + " is out of the draft. It counts until you publish.");
    return 0;
  }
}
