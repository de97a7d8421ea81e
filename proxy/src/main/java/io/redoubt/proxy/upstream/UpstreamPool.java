package io.redoubt.proxy.upstream;

import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one provider address. The one used last is used next, so that the rest may
 * grow old and go. Nothing is ever sent twice.
 */
final class UpstreamPool {
  private record Idle(UpstreamConnection.Line line, long since) {}

  private final ActorSystem<?> system;
  private final UpstreamConfig config;
  private final Supplier<CompletionStage<InetSocketAddress>> address;
  private final Function<InetSocketAddress, Flow<HttpRequest, HttpResponse, ?>> transport;
  private final ArrayDeque<Idle> idle = new ArrayDeque<>();
  private final ArrayDeque<UpstreamCall> waiting = new ArrayDeque<>();
  private int open;

  /**
   * A pool without any connection.
   *
   * @param address where a connection that is to be made goes; asked for each
   * @param transport of one to there
   */
  UpstreamPool(
      ActorSystem<?> system,
      UpstreamConfig config,
      Supplier<CompletionStage<InetSocketAddress>> address,
      Function<InetSocketAddress, Flow<HttpRequest, HttpResponse, ?>> transport) {
    this.system = system;
    this.config = config;
    this.address = address;
    this.transport = transport;
  }

  /**
   * Sends a request.
   *
   * @param headTimeout until the head of the reply, the wait for a connection included
   */
  UpstreamCall send(HttpRequest request, Duration headTimeout, BooleanSupplier mayGo) {
    var call = new UpstreamCall(request, this, mayGo);
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

  private void dispatch(UpstreamCall call) {
    UpstreamConnection.@Nullable Line line;
    boolean connect = false;
    synchronized (this) {
      line = takeIdle();
      if (line == null) {
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
      var _ = address.get().whenComplete((to, failure) -> connected(call, to, failure));
    } else if (line != null) {
      send(call, line);
    }
  }

  private void connected(
      UpstreamCall call, @Nullable InetSocketAddress to, @Nullable Throwable failure) {
    if (to == null) {
      call.refuse(UpstreamException.of(failure));
      closed();
      return;
    }
    UpstreamConnection.Line line;
    try {
      line = connect(to);
    } catch (RuntimeException e) {
      call.refuse(new UpstreamException(Reason.UNREACHABLE, e));
      closed(); // the node is going down: no stream can be started any more
      return;
    }
    send(call, line);
  }

  private void send(UpstreamCall call, UpstreamConnection.Line line) {
    if (!call.sendOver(line)) {
      giveBack(line);
    }
  }

  private boolean hasRoomToWait() {
    if (waiting.size() >= config.maxWaiting()) {
      waiting.removeIf(UpstreamCall::isEnded);
    }
    return waiting.size() < config.maxWaiting();
  }

  private UpstreamConnection.@Nullable Line takeIdle() {
    long oldest = System.nanoTime() - config.keepAlive().toNanos();
    List<UpstreamConnection.Line> stale = new ArrayList<>(0);
    UpstreamConnection.@Nullable Line found = null;
    while (found == null && !idle.isEmpty()) {
      var candidate = idle.removeLast();
      if (candidate.line.isClosed()) {
        continue;
      }
      if (candidate.since - oldest < 0) {
        stale.add(candidate.line);
      } else {
        found = candidate.line;
      }
    }
    stale.forEach(UpstreamConnection.Line::drop);
    return found;
  }

  private UpstreamConnection.Line connect(InetSocketAddress to) {
    return Flow.fromGraph(new UpstreamConnection(this::closed))
        .joinMat(transport.apply(to), Keep.left())
        .run(system);
  }

  /** A connection is gone: whoever waits gets a new one in its place. */
  private void closed() {
    UpstreamCall next;
    synchronized (this) {
      open--;
      idle.removeIf(entry -> entry.line.isClosed());
      next = nextWaiting();
    }
    if (next != null) {
      dispatch(next);
    }
  }

  /** A reply was read to its end. */
  void giveBack(UpstreamConnection.Line line) {
    while (!line.isClosed()) {
      UpstreamCall next;
      synchronized (this) {
        next = nextWaiting();
        if (next == null) {
          idle.addLast(new Idle(line, System.nanoTime()));
          dropOldest();
          return;
        }
      }
      if (next.sendOver(line)) {
        return;
      }
    }
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
      first.line.drop();
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
    dropped.forEach(entry -> entry.line.drop());
  }
}
