package io.redoubt.proxy.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.action.GovernedAction;
import io.redoubt.policy.PolicyAction;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.proxy.decide.Inspected;
import java.net.InetAddress;
import java.util.Set;
import java.util.function.Function;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * An operation with its parameters, as it is decided, recorded and done: as the agent asks for it,
 * or as whoever approves has changed it.
 *
 * @param said the body that it was asked for with
 * @param edit the call that it stands in the place of; null: it is as the agent asked for it
 */
record Act(
    ActionId id,
    ByteString said,
    ExecuteRequest request,
    Invocation invocation,
    Inspected found,
    ApprovalView.@Nullable Edit edit) {

  /**
   * One that somebody has changed.
   *
   * @param instead what they wrote in the place of what was shown to them
   * @throws io.redoubt.protocol.problem.ProblemException where that cannot be meant
   */
  static Act changed(
      ActionId id,
      ConnectorSpec connector,
      ConnectorSpec.Operation operation,
      ObjectNode instead,
      Function<ExecuteRequest, Inspected> inspection,
      ApprovalView.@Nullable Edit edit) {
    var request = ExecuteRequest.changed(connector.name(), operation.name(), instead);
    var invocation = Invocation.of(connector, operation, request);
    return new Act(id, request.body(), request, invocation, inspection.apply(request), edit);
  }

  /** What policies call it; what is not known here counts as a change. */
  static String operation(@Nullable Invocation invocation) {
    return (invocation != null && invocation.operation().access() == ConnectorSpec.Access.READ
            ? PolicyAction.CONNECTOR_READ
            : PolicyAction.CONNECTOR_WRITE)
        .id();
  }

  String digest() {
    return invocation.digest();
  }

  GovernedAction action(InetAddress source) {
    return new GovernedAction(
        id,
        Plane.CONNECTOR,
        operation(invocation),
        request.operation(),
        request.connector(),
        digest(),
        source,
        false,
        Set.copyOf(found.findings()),
        request.arguments());
  }
}
