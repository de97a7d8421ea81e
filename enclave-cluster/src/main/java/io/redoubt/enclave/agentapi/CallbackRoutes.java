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
import io.redoubt.protocol.link.ChatCallback;
import java.util.HashMap;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code POST /v1/callbacks/…}: a door for chats, behind which the control plane answers. */
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
        segment("v1").slash("callbacks").slash(segment()),
        name ->
            ChatCallback.of(name)
                .map(chat -> post(() -> extractRequest(request -> heard(chat, request))))
                .orElseGet(Directives::reject));
  }

  private Route heard(ChatCallback chat, HttpRequest request) {
    limits.admit(Requests.source(edge, request));
    var proofs = new HashMap<String, String>();
    for (String proof : chat.proofs()) {
      String value = Requests.single(request, proof);
      if (value != null) {
        proofs.put(proof, value);
      }
    }
    return bodies.bytes(
        chat.mediaType(),
        MAX_BYTES,
        body ->
            Replies.async(
                relay.handOn(chat, proofs, body.toArray()).thenApply(CallbackRoutes::shown)));
  }

  private static Route shown(byte[] answer) {
    return complete(
        answer.length == 0
            ? HttpResponse.create()
            : HttpResponse.create()
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, answer)));
  }
}
