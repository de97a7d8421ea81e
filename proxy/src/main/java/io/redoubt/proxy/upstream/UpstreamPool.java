package io.redoubt.proxy.upstream;

import io.netty.channel.EventLoop;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one provider address. The one used last is used next, so that the rest may
 * grow old and go. Nothing is ever sent twice.
 */
final class UpstreamPool {
  private static final int MOST_LOOKS = 16;

  private record Idle(UpstreamConnection connection, long since) {}

  private final ActorSystem<?> system;
  private final UpstreamConfig config;
  private final Origin origin;
  private final ArrayDeque<Idle> idle = new ArrayDeque<>();
  private final ArrayDeque<UpstreamCall> waiting = new ArrayDeque<>();
  private int open;

  /** Where the connections go. */
  interface Origin {
    /** As requests name it. */
    String hostAndPort();

    /** One more, to wherever the name leads now. */
    CompletionStage<UpstreamConnection> connect(UpstreamPool pool, @Nullable EventLoop near);
  }

  /** A pool without any connection. */
  UpstreamPool(ActorSystem<?> system, UpstreamConfig config, Origin origin) {
    this.system = system;
    this.config = config;
    this.origin = origin;
  }

  /**
   * Sends a request.
   *
   * @param headTimeout until the head of the reply, the wait for a connection included
   * @param near the thread that its connection is on, if there is a choice
   */
  UpstreamCall send(
      UpstreamRequest request,
      Duration headTimeout,
      BooleanSupplier mayGo,
      @Nullable EventLoop near) {
    var call =
        new UpstreamCall(
            request.head(origin.hostAndPort()),
            request.body(),
            this,
            mayGo,
            near,
            system.executionContext());
    dispatch(call);
    if (!call.isEnded()) {
      call.limitBy(
          system
              .classicSystem()
              .scheduler()
              .scheduleOnce(headTimeout, call::timeOut, system.executionContext()));
    }
    return call;
  }

  /** Gives a call a connection, or a place among those that wait for one. */
  void dispatch(UpstreamCall call) {
    @Nullable UpstreamConnection connection;
    boolean connect = false;
    synchronized (this) {
      connection = takeIdle(call.near());
      if (connection == null) {
        if (open < config.maxConnections()) {
          open++;
          connect = true;
        } else if (!hasRoomToWait()) {
          call.refuse(new UpstreamException(Reason.BUSY, null));
          return;
        } else {
          waiting.add(call);
          return;
        }
      }
    }
    if (connect) {
      var _ =
          origin
              .connect(this, call.near())
              .whenComplete((made, failure) -> connected(call, made, failure));
    } else if (connection != null) {
      connection.send(call);
    }
  }

  private void connected(
      UpstreamCall call, @Nullable UpstreamConnection made, @Nullable Throwable failure) {
    if (made == null) {
      call.failed(UpstreamException.of(failure));
      closed();
    } else if (call.isEnded()) {
      giveBack(made);
    } else {
      made.send(call);
    }
  }

  private boolean hasRoomToWait() {
    if (waiting.size() >= config.maxWaiting()) {
      waiting.removeIf(UpstreamCall::isEnded);
    }
    return waiting.size() < config.maxWaiting();
  }

  private @Nullable UpstreamConnection takeIdle(@Nullable EventLoop near) {
    if (near != null) {
      putNearLast(near);
    }
    long oldest = System.nanoTime() - config.keepAlive().toNanos();
    List<UpstreamConnection> stale = new ArrayList<>(0);
    @Nullable UpstreamConnection found = null;
    while (found == null && !idle.isEmpty()) {
      var candidate = idle.removeLast();
      if (candidate.connection.isClosed()) {
        continue;
      }
      if (candidate.since - oldest < 0) {
        stale.add(candidate.connection);
      } else {
        found = candidate.connection;
      }
    }
    stale.forEach(UpstreamConnection::drop);
    return found;
  }

  /** Among those used last; looking further would cost more than it is worth. */
  private void putNearLast(EventLoop near) {
    int looks = 0;
    var candidates = idle.descendingIterator();
    while (candidates.hasNext() && looks++ < MOST_LOOKS) {
      var candidate = candidates.next();
      if (candidate.connection.isOn(near)) {
        if (looks > 1) {
          candidates.remove();
          idle.addLast(candidate);
        }
        return;
      }
    }
  }

  /** A connection is gone: whoever waits gets a new one in its place. */
  void closed() {
    UpstreamCall next;
    synchronized (this) {
      open--;
      idle.removeIf(entry -> entry.connection.isClosed());
      next = nextWaiting();
    }
    if (next != null) {
      dispatch(next);
    }
  }

  /** It may serve another. */
  void giveBack(UpstreamConnection connection) {
    var next = nextOver(connection);
    if (next != null) {
      connection.send(next);
    }
  }

  /** Who is to go over a connection next; null: nobody waits, and it is kept. */
  synchronized @Nullable UpstreamCall nextOver(UpstreamConnection connection) {
    if (connection.isClosed()) {
      return null;
    }
    var next = nextWaiting();
    if (next == null) {
      idle.addLast(new Idle(connection, System.nanoTime()));
      dropOldest();
    }
    return next;
  }

  private @Nullable UpstreamCall nextWaiting() {
    var next = waiting.poll();
    while (next != null && next.isEnded()) {
      next = waiting.poll();
    }
    return next;
  }

  /** At most one each time: they come back one by one too. */
  private void dropOldest() {
    var first = idle.peekFirst();
    if (first != null && System.nanoTime() - first.since > config.keepAlive().toNanos()) {
      idle.removeFirst();
      first.connection.drop();
    }
  }

  synchronized boolean isUnused() {
    return open == 0 && waiting.isEmpty();
  }

  /** Drops what is idle, so that the pool comes to be unused. */
  void retire() {
    List<Idle> dropped;
    synchronized (this) {
      dropped = List.copyOf(idle);
      idle.clear();
    }
    dropped.forEach(entry -> entry.connection.drop());
  }
}
