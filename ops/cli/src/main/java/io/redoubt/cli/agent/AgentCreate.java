package io.redoubt.cli.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.budget.BudgetOptions;
import io.redoubt.cli.enclave.EnclaveDirectory;
import io.redoubt.cli.session.Session;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Creates an agent and shows its bootstrap token, once. */
@Command(name = "create", description = "Create an agent; its bootstrap token is shown once.")
final class AgentCreate implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "What people call it.")
  String name = "";

  @Option(names = "--description", paramLabel = "TEXT", description = "What it is for.")
  @Nullable String description;

  @Option(names = "--label", paramLabel = "KEY=VALUE", description = "A label; may be repeated.")
  @Nullable List<String> labels;

  @Option(
      names = "--owner",
      paramLabel = "MEMBER",
      description = "Who answers for it; you, if left out.")
  @Nullable String owner;

  @Option(
      names = "--enclave",
      paramLabel = "ENCLAVE",
      description = "Where it lives, by name or id; may be left out where there is one.")
  @Nullable String enclave;

  @Option(
      names = "--cidr",
      paramLabel = "BLOCK",
      description = "Addresses it may call from; may be repeated.")
  @Nullable List<String> cidr;

  @Option(
      names = "--allow-model",
      paramLabel = "PATTERN",
      description = "Models it may use, such as claude-*; may be repeated.")
  @Nullable List<String> allow;

  @Option(
      names = "--block-model",
      paramLabel = "PATTERN",
      description = "Models it may not use; may be repeated.")
  @Nullable List<String> block;

  @ArgGroup(exclusive = false)
  @Nullable BudgetOptions budget;

  private final Session session;

  AgentCreate(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var models = allow == null && block == null ? null : new NewAgent.Models(allow, block);
    JsonNode answer =
        new AgentDirectory(session.operator())
            .create(
                new NewAgent(
                    name,
                    description,
                    labels == null ? null : Label.all(labels),
                    owner,
                    enclave == null ? null : new EnclaveDirectory(session.operator()).idOf(enclave),
                    cidr,
                    models,
                    budget == null ? null : budget.asked()));
    session
        .output()
        .say(
            answer,
            """
            Created %s (%s).

            Bootstrap token, shown only now, good for one use within the hour:
              %s

            To run a program as this agent without handling the token yourself:
              redoubt run --agent %s -- COMMAND\
            """
                .formatted(
                    answer.at("/agent/name").asText(),
                    answer.at("/agent/id").asText(),
                    answer.path("bootstrap_token").asText(),
                    answer.at("/agent/name").asText()));
    return 0;
  }
}
