package io.redoubt.enclave.agentapi;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import io.redoubt.enclave.link.CallbackRelay;
import io.redoubt.http.Bodies;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code POST /v1/callbacks/slack}: a door for Slack, behind which the control plane answers. */
final class CallbackRoutes {
  private static final int MAX_BYTES = 128 * 1024;

  private final EdgeConfig edge;
  private final CallLimits limits;
  private final CallbackRelay relay;
  private final Bodies bodies;

  CallbackRoutes(EdgeConfig edge, CallLimits limits, CallbackRelay relay) {
    this.edge = edge;
    this.limits = limits;
    this.relay = relay;
    this.bodies = new Bodies(edge);
  }

  Route routes() {
    return path(
        segment("v1").slash("callbacks").slash("slack"),
        () -> post(() -> extractRequest(this::slack)));
  }

  private Route slack(HttpRequest request) {
    limits.admit(Requests.source(edge, request));
    return bodies.formBytes(
        MAX_BYTES,
        body ->
            Replies.async(
                relay
                    .slack(
                        Requests.single(request, "x-slack-request-timestamp"),
                        Requests.single(request, "x-slack-signature"),
                        body.toArray())
                    .thenApply(CallbackRoutes::shown)));
  }

  private static Route shown(byte[] answer) {
    return complete(
        answer.length == 0
            ? HttpResponse.create()
            : HttpResponse.create()
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, answer)));
  }
}
