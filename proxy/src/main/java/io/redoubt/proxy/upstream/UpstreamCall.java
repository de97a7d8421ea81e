package io.redoubt.proxy.upstream;

import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.http.javadsl.model.HttpProtocols;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * One request and its reply. Exactly one of {@link #done} and {@link #withdraw} ends it; whatever
 * comes second does nothing.
 */
public final class UpstreamCall {
  private enum State {
    UNDER_WAY,
    ENDED
  }

  private final HttpRequest request;
  private final UpstreamPool pool;
  private final BooleanSupplier mayGo;
  private final CompletableFuture<HttpResponse> reply = new CompletableFuture<>();
  private final AtomicReference<State> state = new AtomicReference<>(State.UNDER_WAY);
  private volatile UpstreamConnection.@Nullable Line line;

  UpstreamCall(HttpRequest request, UpstreamPool pool, BooleanSupplier mayGo) {
    this.request = request;
    this.pool = pool;
    this.mayGo = mayGo;
  }

  /** The reply, with its entity still to be read; fails with {@link UpstreamException}. */
  public CompletionStage<HttpResponse> reply() {
    return reply;
  }

  /** The reply was read to its end: the connection may serve the next request. */
  public void done() {
    if (state.compareAndSet(State.UNDER_WAY, State.ENDED)) {
      var used = line;
      if (used != null && mayServeAgain()) {
        pool.giveBack(used);
      } else if (used != null) {
        used.drop();
      }
    }
  }

  /** Whether the upstream keeps the connection open (RFC 9112 §9.3). */
  private boolean mayServeAgain() {
    var response = reply.getNow(null);
    return response != null
        && response.protocol().equals(HttpProtocols.HTTP_1_1)
        && response
            .getHeader("connection")
            .map(header -> !header.value().toLowerCase(Locale.ROOT).contains("close"))
            .orElse(true);
  }

  /** Nobody wants the reply any more: resets the connection. */
  public void withdraw() {
    end(Reason.WITHDRAWN);
  }

  void timeOut() {
    // A reply whose head is here has its own limits.
    if (!reply.isDone()) {
      end(Reason.TIMEOUT);
    }
  }

  /** Gives it a connection; false if it ended meanwhile, or may not go out any more. */
  boolean sendOver(UpstreamConnection.Line given) {
    if (!mayGo.getAsBoolean()) {
      withdraw();
      return false;
    }
    line = given;
    if (state.get() == State.ENDED) {
      return false;
    }
    given.send(request, reply);
    if (state.get() == State.ENDED) {
      given.drop(); // it may have ended before it could see the connection
    }
    return true;
  }

  void refuse(UpstreamException why) {
    if (state.compareAndSet(State.UNDER_WAY, State.ENDED)) {
      reply.completeExceptionally(why);
    }
  }

  boolean isEnded() {
    return state.get() == State.ENDED;
  }

  void limitBy(Cancellable headTimer) {
    var _ = reply.whenComplete((_, _) -> headTimer.cancel());
  }

  private void end(Reason reason) {
    if (state.compareAndSet(State.UNDER_WAY, State.ENDED)) {
      reply.completeExceptionally(new UpstreamException(reason, null));
      var used = line;
      if (used != null) {
        used.drop();
      }
    }
  }
}
