package io.redoubt.cli.group;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.json.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Makes or replaces a group. */
@Command(
    name = "set",
    description = {
      "Make or replace a group of the draft.",
      "It counts once `redoubt policy publish` has published the draft."
    })
final class GroupSet implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "NAME", description = "What it is called.")
  String name = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "ID",
      description = "All who are in it: members (mbr_…) and clients (cli_…).")
  List<String> members = List.of();

  private final Session session;

  GroupSet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    ObjectNode body = Json.STRICT.createObjectNode();
    var all = body.putArray("members");
    members.forEach(all::add);
    JsonNode group = session.operator().put(GroupCommand.path(name), body);
    session
        .output()
        .say(
            group, "Group " + name + " is in the draft. Publish it with `redoubt policy publish`.");
    return 0;
  }
}
