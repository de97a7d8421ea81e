package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.operator.Endpoint;
import io.redoubt.http.Bodies;
import io.redoubt.protocol.policy.Canary;
import java.time.Clock;
import java.util.List;

/** {@code /api/v1/canaries}: requests whose verdict a publication must give, of the draft. */
public final class CanaryRoutes {
  private final DraftPartRoutes<CanaryBody, Canary> routes;

  public CanaryRoutes(Policies policies, Bodies bodies, Clock clock) {
    this.routes =
        new DraftPartRoutes<>(
            "/api/v1/canaries",
            policies.canaries,
            bodies,
            CanaryBody.class,
            (body, name) -> {
              var canary = body.checked(name, clock.instant());
              return _ -> canary;
            },
            CanaryEntry::of);
  }

  public List<Endpoint> endpoints() {
    return routes.endpoints();
  }
}
