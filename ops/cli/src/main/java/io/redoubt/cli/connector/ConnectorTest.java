package io.redoubt.cli.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.agent.AgentDirectory;
import io.redoubt.cli.policy.DryRun;
import io.redoubt.cli.session.ExactObject;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.json.Json;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what would happen if an agent asked for an operation, without doing it. */
@Command(
    name = "test",
    description = {
      "Show what an operation comes to: the request to the API, and what policies would say.",
      "Nothing is asked of the API and nothing is recorded. What is tried is the draft of the"
          + " policies, for an agent that has done nothing before, with no risk and nothing found in"
          + " the parameters.",
      "The exit code is 3 where the draft denies, and 1 where it is not valid."
    })
final class ConnectorTest implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "NAME", description = "Which connector.")
  String name = "";

  @Parameters(index = "1", paramLabel = "OPERATION", description = "Which of its operations.")
  String operation = "";

  @Option(
      names = "--agent",
      required = true,
      paramLabel = "AGENT",
      description = "Who would ask for it, by name or id.")
  String agent = "";

  @ArgGroup(exclusive = true)
  @Nullable GivenParameters parameters;

  private final Session session;

  ConnectorTest(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    var given = parameters == null ? Json.STRICT.createObjectNode() : parameters.read(session);
    var operator = session.operator();
    JsonNode connector = operator.get(ConnectorCommand.path(name));
    var request = OperationRequest.of(connector, operation, given);
    var dryRun = DryRun.of(operator, action(request, given));
    if (session.output().isJson()) {
      ObjectNode document = Json.LENIENT.createObjectNode();
      document.set("request", request.document());
      session.output().json(document.setAll(dryRun.document()));
    } else {
      request.lines().forEach(session.output()::line);
      session.output().line("");
      dryRun.show(session);
    }
    return dryRun.exitCode().number();
  }

  /** Harmless but for what is known of it, as in canaries. */
  private ObjectNode action(OperationRequest request, ObjectNode given) {
    ObjectNode action =
        Json.LENIENT
            .createObjectNode()
            .put("agent_id", new AgentDirectory(session.operator()).idOf(agent))
            .put("action", "connector:" + request.operation().access().wire())
            .put("resource", name + "/" + operation)
            .put("risk", 0);
    action.set("args", ExactObject.canonical(given));
    action.putArray("findings");
    action.putArray("history");
    return action;
  }
}
