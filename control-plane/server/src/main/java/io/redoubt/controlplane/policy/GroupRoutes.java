package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.http.Bodies;
import io.redoubt.protocol.approval.ApproverGroup;
import java.util.List;

/**
 * {@code /api/v1/groups}: members and clients under one name, whom tiers of workflows ask; of the
 * draft.
 */
public final class GroupRoutes {
  private final DraftPartRoutes<GroupBody, ApproverGroup> routes;

  public GroupRoutes(Policies policies, Bodies bodies) {
    this.routes =
        new DraftPartRoutes<>(
            "/api/v1/groups",
            policies.groups,
            bodies,
            GroupBody.class,
            (body, name) -> {
              var checked = body.checked(name);
              return change -> checked.group(name, Approvers.standing(change));
            },
            GroupEntry::of);
  }

  public List<Endpoint> endpoints() {
    return routes.endpoints();
  }
}
