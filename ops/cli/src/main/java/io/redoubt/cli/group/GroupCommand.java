package io.redoubt.cli.group;

import io.redoubt.cli.api.Query;
import picocli.CommandLine.Command;

/** The commands about groups of approvers. */
@Command(
    name = "group",
    description = {
      "Give members and clients one name, by which tiers of workflows ask them: group:NAME.",
      "What is set here counts once `redoubt policy publish` has published it."
    },
    subcommands = {GroupList.class, GroupShow.class, GroupSet.class, GroupDelete.class})
public final class GroupCommand {
  public static final String PATH = "/api/v1/groups";

  static String path(String name) {
    return PATH + "/" + Query.encode(name);
  }
}
