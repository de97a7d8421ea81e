package io.redoubt.cli.agent;

import picocli.CommandLine.Command;

/** The commands about agents. */
@Command(
    name = "agent",
    description = "Create, list and stop agents.",
    subcommands = {
      AgentCreate.class,
      AgentList.class,
      AgentShow.class,
      AgentBudget.class,
      AgentIsolate.class,
      AgentRelease.class,
      AgentRevoke.class,
      AgentRevokeToken.class,
      AgentDelete.class
    })
public final class AgentCommand {}
