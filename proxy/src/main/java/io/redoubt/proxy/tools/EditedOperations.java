package io.redoubt.proxy.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.agent.AgentKey;
import io.redoubt.approval.CallEditor;
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
  /** Whoever makes more of them at once is not helped by all. */
  private static final int MOST_ERRORS = 5;

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
      AgentKey agent, CallEditor.Change change, InetAddress source, Inspector inspector) {
    var original = change.original();
    Optional<ConnectorSpec> connector =
        Optional.ofNullable(original.within())
            .flatMap(name -> connectors.find(agent.organization(), name));
    var operation = connector.flatMap(it -> it.operation(original.resource()));
    if (connector.isEmpty() || operation.isEmpty()) {
      return new ChangedCalls.Flawed("The operation is not there any more.");
    }
    if (!isAsItWas(change, connector.get(), operation.get())) {
      return new ChangedCalls.Flawed(
          "The connector was changed since this was asked for. Deny it, and it is asked anew.");
    }
    try {
      var act =
          Act.changed(
              ActionId.next(clock),
              connector.get(),
              operation.get(),
              change.instead().values(),
              request -> request.inspected(inspector, inspection),
              null);
      return new ChangedCalls.Read(act.action(source), act.found(), act.request().shown());
    } catch (ProblemException e) {
      return new ChangedCalls.Flawed("The changed call cannot be meant (" + said(e) + ").");
    }
  }

  /** What was shown comes to the same call: nobody approves another address unseen (G9). */
  private static boolean isAsItWas(
      CallEditor.Change change, ConnectorSpec connector, ConnectorSpec.Operation operation) {
    if (!(change.shown() instanceof ObjectNode shown)) {
      return false;
    }
    try {
      var request = ExecuteRequest.changed(connector.name(), operation.name(), shown);
      var invocation = Invocation.of(connector, operation, request);
      return invocation.digest().equals(change.original().digest())
          && Act.operation(invocation).equals(change.original().operation());
    } catch (ProblemException _) {
      return false; // its path wants other parameters by now
    }
  }

  private static String said(ProblemException problem) {
    return problem.errors().isEmpty()
        ? String.valueOf(problem.getMessage())
        : problem.errors().stream()
            .limit(MOST_ERRORS)
            .map(error -> error.pointer() + ": " + error.detail())
            .collect(Collectors.joining("; "));
  }
}
