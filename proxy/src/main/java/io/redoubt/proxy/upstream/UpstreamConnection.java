package io.redoubt.proxy.upstream;

import java.util.concurrent.CompletableFuture;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.InHandler;
import org.apache.pekko.stream.stage.OutHandler;
import org.jspecify.annotations.Nullable;

/**
 * The near end of one HTTP connection to an upstream: it takes one request at a time, and can be
 * dropped at any moment, which resets the connection.
 */
final class UpstreamConnection
    extends AbstractGraphStageWithMaterializedValue<
        FlowShape<HttpResponse, HttpRequest>, UpstreamConnection.Line> {
  private final Inlet<HttpResponse> in = Inlet.create("UpstreamConnection.in");
  private final Outlet<HttpRequest> out = Outlet.create("UpstreamConnection.out");
  private final FlowShape<HttpResponse, HttpRequest> shape = FlowShape.of(in, out);
  private final Runnable onClosed;

  /**
   * @param onClosed run once, when the connection is gone for whatever reason
   */
  UpstreamConnection(Runnable onClosed) {
    this.onClosed = onClosed;
  }

  @Override
  public FlowShape<HttpResponse, HttpRequest> shape() {
    return shape;
  }

  @Override
  public Pair<GraphStageLogic, Line> createLogicAndMaterializedValuePair(Attributes attributes) {
    var logic = new Logic();
    return Pair.create(logic, logic.line);
  }

  /** A request on its way out, and where its reply goes. */
  private record Sent(HttpRequest request, CompletableFuture<HttpResponse> reply) {}

  /** What the rest of the node holds of a connection. */
  static final class Line {
    private final AsyncCallback<Sent> send;
    private final AsyncCallback<UpstreamException> drop;
    private volatile boolean closed;

    private Line(AsyncCallback<Sent> send, AsyncCallback<UpstreamException> drop) {
      this.send = send;
      this.drop = drop;
    }

    boolean isClosed() {
      return closed;
    }

    /** Sends a request; the one before must have been answered and read to its end. */
    void send(HttpRequest request, CompletableFuture<HttpResponse> reply) {
      send.invoke(new Sent(request, reply));
      // The stage may have ended between the two: then nobody else would say so.
      if (closed) {
        reply.completeExceptionally(
            new UpstreamException(UpstreamException.Reason.UNREACHABLE, null));
      }
    }

    /** Resets the connection. */
    void drop() {
      drop.invoke(new UpstreamException(UpstreamException.Reason.WITHDRAWN, null));
    }
  }

  private final class Logic extends GraphStageLogic implements InHandler, OutHandler {
    private final Line line;
    private @Nullable Sent waiting;
    private @Nullable CompletableFuture<HttpResponse> reply;
    private @Nullable Throwable failure;

    Logic() {
      super(shape);
      this.line = new Line(createAsyncCallback(this::onSend), createAsyncCallback(this::onDrop));
      setHandler(in, this);
      setHandler(out, this);
    }

    @Override
    public void preStart() {
      pull(in);
    }

    private void onSend(Sent sent) {
      reply = sent.reply();
      if (isAvailable(out)) {
        push(out, sent.request());
      } else {
        waiting = sent;
      }
    }

    private void onDrop(UpstreamException why) {
      failure = why;
      failStage(why);
    }

    @Override
    public void onPull() {
      if (waiting != null) {
        push(out, waiting.request());
        waiting = null;
      }
    }

    @Override
    public void onPush() {
      var response = grab(in);
      var receiver = reply;
      reply = null;
      pull(in);
      if (receiver == null || !receiver.complete(response)) {
        // An answer nobody asked for, or waits for any more: the connection is out of step.
        onDrop(new UpstreamException(UpstreamException.Reason.UNREACHABLE, null));
      }
    }

    @Override
    public void onUpstreamFailure(Throwable cause) {
      failure = cause;
      failStage(cause);
    }

    @Override
    public void onDownstreamFinish(Throwable cause) {
      // The side that is told first differs; either may be the one that knows why.
      failure = failure == null ? cause : failure;
      cancelStage(cause);
    }

    @Override
    public void postStop() {
      line.closed = true;
      if (reply != null) {
        reply.completeExceptionally(UpstreamException.of(failure));
      }
      onClosed.run();
    }
  }
}
