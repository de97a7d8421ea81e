package io.redoubt.cli.policy;

import io.redoubt.cli.api.Query;
import picocli.CommandLine.Command;

/** The commands about approval workflows. */
@Command(
    name = "workflow",
    description = {
      "Say who is asked where policies want an approval, one tier after the other.",
      "What they decide: see `redoubt approvals`."
    },
    subcommands = {WorkflowList.class, WorkflowShow.class, WorkflowSet.class, WorkflowDelete.class})
final class WorkflowCommand {
  static final String PATH = "/api/v1/approval-workflows";

  static String path(String name) {
    return PATH + "/" + Query.encode(name);
  }
}
