package io.redoubt.http;

import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.apache.pekko.http.impl.engine.server.HttpAttributes;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;

/**
 * Watches one connection. It is closed at once where its source has too many, and when it stands
 * for longer than the deadline without a complete request head and without an answer under way: an
 * idle keep-alive connection, or a sender that drips its headers (the server's own time-out starts
 * only when the head is complete). And every request learns from {@link HttpServer#CLIENT_GONE}
 * when its client has gone away, which a route cannot see by itself.
 */
final class ConnectionWatch
    extends GraphStage<BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse>> {
  private final Inlet<HttpRequest> requestIn = Inlet.create("ConnectionWatch.requestIn");
  private final Outlet<HttpRequest> requestOut = Outlet.create("ConnectionWatch.requestOut");
  private final Inlet<HttpResponse> responseIn = Inlet.create("ConnectionWatch.responseIn");
  private final Outlet<HttpResponse> responseOut = Outlet.create("ConnectionWatch.responseOut");
  private final Duration deadline;
  private final OpenConnections connections;

  ConnectionWatch(Duration deadline, OpenConnections connections) {
    this.deadline = deadline;
    this.connections = connections;
  }

  @Override
  public BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse> shape() {
    return BidiShape.of(requestIn, requestOut, responseIn, responseOut);
  }

  @Override
  public GraphStageLogic createLogic(Attributes inheritedAttributes) {
    return new Logic(peer(inheritedAttributes));
  }

  /** The server notes it on each connection, before a byte of it is read. */
  private static InetAddress peer(Attributes attributes) {
    return attributes
        .getAttribute(HttpAttributes.RemoteAddress.class)
        .map(noted -> noted.address().getAddress())
        .orElseThrow(() -> new IllegalStateException("the server records remote addresses"));
  }

  private final class Logic extends TimerGraphStageLogic {
    /** Of the newest request; one for all would gather what every request hangs on it. */
    private CompletableFuture<Done> clientGone = new CompletableFuture<>();

    private long idleSince = System.nanoTime();
    private int underWay;
    private final InetAddress peer;
    private boolean admitted;

    Logic(InetAddress peer) {
      super(shape());
      this.peer = peer;
      setHandler(
          requestIn,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              underWay++;
              clientGone = new CompletableFuture<>();
              push(requestOut, grab(requestIn).addAttribute(HttpServer.CLIENT_GONE, clientGone));
            }

            @Override
            public void onUpstreamFinish() {
              clientGone.complete(Done.getInstance());
              complete(requestOut);
            }
          });
      setHandler(
          requestOut,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              pull(requestIn);
            }
          });
      setHandler(
          responseIn,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              underWay--;
              idleSince = System.nanoTime();
              push(responseOut, grab(responseIn));
            }
          });
      setHandler(
          responseOut,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              // The answer before has left entirely: from here on the peer owes us a request.
              idleSince = System.nanoTime();
              pull(responseIn);
            }
          });
    }

    @Override
    public void preStart() {
      admitted = connections.admit(peer);
      if (!admitted) {
        completeStage(); // unread: what it would say costs what is to be saved
        return;
      }
      // One slow tick for the whole connection is cheaper than a timer for each request.
      scheduleWithFixedDelay("tick", deadline.dividedBy(4), deadline.dividedBy(4));
    }

    @Override
    public void postStop() {
      if (admitted) {
        connections.giveBack(peer);
      }
      clientGone.complete(Done.getInstance());
    }

    @Override
    public void onTimer(Object key) {
      // While an answer's body is still streaming out, the next response has not been pulled.
      boolean waitingForPeer = underWay == 0 && isAvailable(responseOut);
      if (waitingForPeer && System.nanoTime() - idleSince > deadline.toNanos()) {
        completeStage();
      }
    }
  }
}
