package io.redoubt.controlplane.channel;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.http.Bodies;
import io.redoubt.http.EdgeConfig;
import io.redoubt.http.Replies;
import io.redoubt.http.Requests;
import io.redoubt.http.Strangers;
import io.redoubt.protocol.link.ChatCallback;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /v1/callbacks}: where the servers of channels call, each with its own proof. */
public final class CallbackRoutes {
  /** A button's call repeats the message that it stands under. */
  private static final int MAX_BYTES = 128 * 1024;

  /** Slack gives up after three seconds. */
  private static final long ANSWER_MILLIS = 2_500;

  private final Map<ChatCallback, Door> doors;
  private final Bodies bodies;
  private final EdgeConfig edge;
  private final Strangers strangers;

  public CallbackRoutes(
      Correspondence correspondence, Bodies bodies, EdgeConfig edge, Strangers strangers) {
    this.doors = correspondence.doors();
    this.bodies = bodies;
    this.edge = edge;
    this.strangers = strangers;
  }

  /** For whoever can reach the control plane. */
  public Route routes() {
    return path(
        segment("v1").slash("callbacks").slash(segment()),
        name ->
            ChatCallback.of(name)
                .map(chat -> post(() -> extractRequest(request -> fromAnybody(chat, request))))
                .orElseGet(Directives::reject));
  }

  private Route fromAnybody(ChatCallback chat, HttpRequest request) {
    var source = Requests.source(edge, request);
    strangers.admit(source);
    return heard(chat, request, proof -> proof, () -> strangers.note(source));
  }

  /**
   * For those whose call an enclave has passed on: the address is the enclave's, and says nothing.
   */
  public Route passedOn(ChatCallback chat) {
    return extractRequest(request -> heard(chat, request, ChatCallback::passedOn, () -> {}));
  }

  private Route heard(
      ChatCallback chat, HttpRequest request, UnaryOperator<String> header, Runnable stranger) {
    var proofs = new HashMap<String, String>();
    for (String proof : chat.proofs()) {
      String value = Requests.single(request, header.apply(proof));
      if (value != null) {
        proofs.put(proof, value);
      }
    }
    Door door = doors.get(chat);
    if (door == null) {
      throw new IllegalStateException("nobody listens to " + chat);
    }
    return bodies.bytes(
        chat.mediaType(),
        MAX_BYTES,
        body -> {
          var knock =
              new Knock(proofs, body.toArray(), Requests.trace(request).traceId(), stranger);
          return Replies.async(
              door.answer(knock)
                  .thenApply(CallbackRoutes::shown)
                  .toCompletableFuture()
                  .orTimeout(ANSWER_MILLIS, TimeUnit.MILLISECONDS)
                  .exceptionally(failure -> {
                    throw settled(failure);
                  }));
        });
  }

  private static Route shown(Optional<ObjectNode> answer) {
    return answer
        .map(said -> Replies.json(200, said))
        .orElseGet(() -> complete(HttpResponse.create()));
  }

  private static RuntimeException settled(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException e && e.getCause() != null ? e.getCause() : failure;
    return cause instanceof TimeoutException
        ? ProblemException.retryAfter(ErrorType.UNAVAILABLE, "Not in time; try again.", 1)
        : new CompletionException(cause);
  }
}
