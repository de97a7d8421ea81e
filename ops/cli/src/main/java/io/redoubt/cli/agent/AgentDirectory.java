package io.redoubt.cli.agent;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.ApiFailure;
import io.redoubt.cli.api.OperatorApi;
import io.redoubt.cli.api.Query;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.enclave.EnclaveDirectory;
import java.util.List;
import java.util.Optional;

/** Makes agents, and finds them by what people call them. */
public final class AgentDirectory {
  public static final String PATH = "/api/v1/agents";

  private final OperatorApi operator;

  public AgentDirectory(OperatorApi operator) {
    this.operator = operator;
  }

  /** The agent with this id or, where it is none, this name; deleted ones only by id. */
  public Optional<JsonNode> find(String nameOrId) {
    if (nameOrId.startsWith("agt_")) {
      return Optional.of(operator.get(path(nameOrId)));
    }
    List<JsonNode> matches =
        operator.list(Query.of(PATH).with("name", nameOrId).toString(), 0).stream()
            .filter(agent -> nameOrId.equals(agent.path("name").textValue()))
            .filter(agent ->
                agent.path("deleted_at").isMissingNode() || agent.path("deleted_at").isNull())
            .toList();
    if (matches.size() > 1) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "Several agents are called "
              + nameOrId
              + "; name one by its id: "
              + String.join(", ", matches.stream().map(AgentDirectory::id).toList()));
    }
    return matches.stream().findFirst();
  }

  /** Creates an agent. Where it has to be said in which enclave, the failure names them. */
  public JsonNode create(NewAgent agent) {
    try {
      return operator.post(PATH, agent);
    } catch (ApiFailure failure) {
      if (agent.enclaveId() != null || !failure.isAbout("/enclave_id")) {
        throw failure;
      }
      String choice = new EnclaveDirectory(operator).choice();
      if (choice.isEmpty()) {
        throw failure;
      }
      throw new CommandFailure(
          failure.exitCode(),
          failure.getMessage() + "\nSay --enclave NAME. There are: " + choice,
          failure);
    }
  }

  public JsonNode require(String nameOrId) {
    return find(nameOrId)
        .orElseThrow(() ->
            new CommandFailure(ExitCode.NOT_FOUND, "There is no agent called " + nameOrId + "."));
  }

  /** The id of one agent, given by name or id. */
  public String idOf(String nameOrId) {
    return nameOrId.startsWith("agt_") ? nameOrId : id(require(nameOrId));
  }

  /** The path of one agent, given by name or id. */
  public String pathOf(String nameOrId) {
    return path(idOf(nameOrId));
  }

  public static String path(String id) {
    return PATH + "/" + Query.encode(id);
  }

  public static String id(JsonNode agent) {
    return agent.path("id").asText();
  }
}
