package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.http.Bodies;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import java.util.List;

/**
 * {@code /api/v1/approval-workflows}: who is asked where policies want an approval; of the draft.
 */
public final class WorkflowRoutes {
  private final DraftPartRoutes<WorkflowBody, ApprovalWorkflow> routes;

  public WorkflowRoutes(Policies policies, Bodies bodies) {
    this.routes =
        new DraftPartRoutes<>(
            "/api/v1/approval-workflows",
            policies.workflows,
            bodies,
            WorkflowBody.class,
            (body, name) -> {
              var workflow = body.checked(name);
              return _ -> workflow;
            },
            WorkflowEntry::of);
  }

  public List<Endpoint> endpoints() {
    return routes.endpoints();
  }
}
