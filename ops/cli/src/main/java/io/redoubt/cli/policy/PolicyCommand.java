package io.redoubt.cli.policy;

import picocli.CommandLine.Command;

/** The commands about policies. */
@Command(
    name = "policy",
    description = {
      "Say what agents may do.",
      "You work on a draft, which decides nothing until it is published.",
      "So far policies decide about calls of models (llm:generate) and of tools (tool:call).",
      "Rules by priority, for connectors: see `redoubt rules`."
    },
    subcommands = {
      PolicyList.class,
      PolicyShow.class,
      PolicySet.class,
      PolicyDelete.class,
      CanaryCommand.class,
      WorkflowCommand.class,
      FloorCommand.class,
      PolicyTest.class,
      PolicyDiff.class,
      PolicyReplay.class,
      PolicyShadow.class,
      PolicyPublish.class,
      PolicyVersions.class,
      PolicyRollback.class,
      PolicyExplain.class
    })
public final class PolicyCommand {
  static final String POLICIES = "/api/v1/policies";
  static final String BUNDLES = "/api/v1/bundles";
}
