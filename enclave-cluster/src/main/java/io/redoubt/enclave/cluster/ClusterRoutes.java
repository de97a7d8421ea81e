package io.redoubt.enclave.cluster;

import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import io.redoubt.enclave.operatorapi.OperatorGate;
import io.redoubt.http.Replies;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code GET /v1/cluster} of the management server, for operators. */
public final class ClusterRoutes {
  private static final String PERMISSION = "enclaves:read";

  private final OperatorGate gate;
  private final ClusterReporter reporter;

  public ClusterRoutes(OperatorGate gate, ClusterReporter reporter) {
    this.gate = gate;
    this.reporter = reporter;
  }

  public Route routes() {
    return path(segment("v1").slash("cluster"), () -> get(() -> extractRequest(this::status)));
  }

  private Route status(org.apache.pekko.http.javadsl.model.HttpRequest request) {
    return Replies.async(
        gate.admit(request, PERMISSION)
            .thenCompose(_ -> reporter.status())
            .thenApply(status -> Replies.json(200, status)));
  }
}
