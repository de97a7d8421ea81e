package io.redoubt.proxy.tools;

import io.redoubt.action.Arguments;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.ApprovalRequest;
import io.redoubt.connector.Connectors;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.proxy.decide.ChangedCalls;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads changed operations as those that agents ask for, of the connector as it is now. */
public final class EditedOperations implements ChangedCalls.Reader {
  private final Connectors connectors;
  private final JsonInspection.Limits inspection;
  private final InstantSource clock;

  public EditedOperations(Connectors connectors, ToolsConfig config, InstantSource clock) {
    this.connectors = connectors;
    this.inspection = config.inspection().limits();
    this.clock = clock;
  }

  @Override
  public ChangedCalls.Reading read(
      AgentKey agent,
      ApprovalRequest original,
      Arguments edited,
      InetAddress source,
      Inspector inspector) {
    Optional<ConnectorSpec> connector =
        Optional.ofNullable(original.within())
            .flatMap(name -> connectors.find(agent.organization(), name));
    var operation = connector.flatMap(it -> it.operation(original.resource()));
    if (connector.isEmpty() || operation.isEmpty()) {
      return new ChangedCalls.Flawed("The operation is not there any more.");
    }
    try {
      var request =
          ExecuteRequest.changed(connector.get().name(), operation.get().name(), edited.values());
      var invocation = Invocation.of(connector.get(), operation.get(), request);
      var found = request.inspected(inspector, inspection);
      var act = new Act(ActionId.next(clock), request.body(), request, invocation, found, null);
      return new ChangedCalls.Read(act.action(source), act.found());
    } catch (ProblemException e) {
      return new ChangedCalls.Flawed("The changed call cannot be meant (" + said(e) + ").");
    }
  }

  private static String said(ProblemException problem) {
    return problem.errors().isEmpty()
        ? String.valueOf(problem.getMessage())
        : problem.errors().stream()
            .map(error -> error.pointer() + ": " + error.detail())
            .collect(Collectors.joining("; "));
  }
}
