package io.redoubt.http;

import org.apache.pekko.Done;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.StreamTcpException;
import org.apache.pekko.stream.SubscriptionWithCancelException;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.InHandler;
import org.apache.pekko.stream.stage.OutHandler;
import org.apache.pekko.util.ByteString;

/**
 * A client's connection as a part of a stream: in goes what is to be written, out comes what was
 * read. The stream runs on the thread of the connection, so that what it says is written then and
 * there.
 */
final class ConnectionStage extends GraphStage<FlowShape<ByteString, ByteString>> {
  private final Inlet<ByteString> in = Inlet.create("ConnectionStage.in");
  private final Outlet<ByteString> out = Outlet.create("ConnectionStage.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);
  private final ClientConnection connection;

  ConnectionStage(ClientConnection connection) {
    this.connection = connection;
  }

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic implements InHandler, OutHandler {
    Logic() {
      super(shape);
      setHandler(in, this);
      setHandler(out, this);
    }

    @Override
    public void preStart() {
      var stirred = createAsyncCallback((Done _) -> lookAround());
      connection.attach(() -> stirred.invoke(Done.getInstance()));
      pull(in);
    }

    private void lookAround() {
      if (failed()) {
        return;
      }
      handOn();
      if (!isClosed(in) && !hasBeenPulled(in) && !connection.isWriting()) {
        pull(in);
      }
    }

    private boolean failed() {
      var why = connection.broken();
      if (why == null) {
        return false;
      }
      failStage(new StreamTcpException("The connection is broken: " + why.getMessage()));
      return true;
    }

    private void handOn() {
      if (isClosed(out)) {
        var _ = connection.take(); // nobody reads it, but its end is to be noticed
        return;
      }
      if (isAvailable(out)) {
        var bytes = connection.take();
        if (!bytes.isEmpty()) {
          push(out, bytes);
        }
      }
      if (connection.isExhausted()) {
        complete(out);
      }
    }

    @Override
    public void onPull() {
      handOn();
    }

    @Override
    public void onPush() {
      if (connection.send(grab(in))) {
        pull(in);
      } else {
        var _ = failed();
      }
    }

    @Override
    public void onUpstreamFinish() {
      connection.closeWhenSent();
      completeStage();
    }

    @Override
    public void onUpstreamFailure(Throwable failure) {
      connection.reset();
      failStage(failure);
    }

    @Override
    public void onDownstreamFinish(Throwable cause) {
      if (!(cause instanceof SubscriptionWithCancelException.NonFailureCancellation)) {
        connection.reset();
        failStage(cause);
      } else if (!connection.isWriting()) {
        connection.closeWhenSent();
        completeStage();
      }
    }

    @Override
    public void postStop() {
      connection.resetUnlessClosing();
    }
  }
}
