package io.redoubt.proxy.upstream;

import io.netty.channel.EventLoop;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.util.ByteString;
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

  private final String head;
  private final ByteString body;
  private final UpstreamPool pool;
  private final BooleanSupplier mayGo;
  private final @Nullable EventLoop near;
  private final Executor executor;
  private final CompletableFuture<UpstreamReply> reply = new CompletableFuture<>();
  private final AtomicReference<State> state = new AtomicReference<>(State.UNDER_WAY);
  private volatile @Nullable UpstreamConnection connection;
  private volatile boolean answered;

  /**
   * A call that has yet to be given a connection.
   *
   * @param near the thread that its connection had best be on
   * @param executor where those who wait for the reply go on: never on a thread of the network
   */
  UpstreamCall(
      String head,
      ByteString body,
      UpstreamPool pool,
      BooleanSupplier mayGo,
      @Nullable EventLoop near,
      Executor executor) {
    this.head = head;
    this.body = body;
    this.pool = pool;
    this.mayGo = mayGo;
    this.near = near;
    this.executor = executor;
  }

  /** The reply, with its body perhaps still to be read; fails with {@link UpstreamException}. */
  public CompletionStage<UpstreamReply> reply() {
    return reply;
  }

  /** The reply was read to its end: the connection may serve the next request. */
  public void done() {
    if (state.compareAndSet(State.UNDER_WAY, State.ENDED)) {
      var used = connection;
      if (used != null && used.isRid(this)) {
        pool.giveBack(used);
      }
    }
  }

  /** Nobody wants the reply any more: resets the connection. */
  public void withdraw() {
    end(Reason.WITHDRAWN);
  }

  /** Whether any byte of it may have gone out. */
  public boolean wentOut() {
    return connection != null;
  }

  /** A reply whose head is here has its own limits; whether it is, the connection knows. */
  void timeOut() {
    var used = connection;
    if (used == null) {
      runsOut();
    } else {
      used.handOver(this);
    }
  }

  /** There is no head in time. */
  void runsOut() {
    if (!answered) {
      end(Reason.TIMEOUT);
    }
  }

  @Nullable EventLoop near() {
    return near;
  }

  String head() {
    return head;
  }

  ByteString body() {
    return body;
  }

  /**
   * Gives it a connection, whose next bytes are its request; false if it ended meanwhile, or may
   * not go out any more.
   */
  boolean goesOver(UpstreamConnection given) {
    if (!mayGo.getAsBoolean()) {
      withdraw();
      return false;
    }
    connection = given;
    return state.get() == State.UNDER_WAY;
  }

  void replied(UpstreamReply what) {
    answered = true;
    executor.execute(() -> reply.complete(what));
  }

  void failed(UpstreamException why) {
    executor.execute(() -> refuse(why));
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
      var used = connection;
      if (used != null) {
        used.abandon(this);
      }
    }
  }
}
