package io.redoubt.http;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.HttpProtocols;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.Connection;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.BidiShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.jspecify.annotations.Nullable;

/**
 * Watches one connection. It is closed when it stands for longer than the deadline without a
 * complete request head and without an answer under way: an idle keep-alive connection, which asked
 * nothing and hears nothing, or a sender that drips its headers, who is told so (the server's own
 * time-out starts only when the head is complete). When the server stops, it is closed after the
 * answer that is under way, and with another answer where there is none in time; one that is idle
 * at once, but whoever has only just come is heard first. And every request learns from {@link
 * HttpServer#CLIENT_GONE} when its client has gone away, which a route cannot see by itself.
 */
final class ConnectionWatch
    extends GraphStage<BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse>> {
  private static final Connection HANG_UP = Connection.create("close");

  /** What is asked by whoever connects is on its way, or never comes. */
  private static final Duration GREETING = Duration.ofSeconds(1);

  private enum Tick {
    IDLE,
    GREETING,
    LIMIT
  }

  private final Inlet<HttpRequest> requestIn = Inlet.create("ConnectionWatch.requestIn");
  private final Outlet<HttpRequest> requestOut = Outlet.create("ConnectionWatch.requestOut");
  private final Inlet<HttpResponse> responseIn = Inlet.create("ConnectionWatch.responseIn");
  private final Outlet<HttpResponse> responseOut = Outlet.create("ConnectionWatch.responseOut");
  private final Duration deadline;
  private final Unrouted unrouted;
  private final WatchedConnections watched;
  private final NetworkThread thread;
  private final ClientConnection connection;

  /**
   * Of one connection.
   *
   * @param deadline for a request's head
   * @param unrouted what is answered when the server stops and there is no other answer in time,
   *     and where a head does not come to its end
   * @param watched hears of this watch while it lasts
   * @param thread that the connection is on
   * @param connection itself, beneath the stream
   */
  ConnectionWatch(
      Duration deadline,
      Unrouted unrouted,
      WatchedConnections watched,
      NetworkThread thread,
      ClientConnection connection) {
    this.deadline = deadline;
    this.unrouted = unrouted;
    this.watched = watched;
    this.thread = thread;
    this.connection = connection;
  }

  @Override
  public BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse> shape() {
    return BidiShape.of(requestIn, requestOut, responseIn, responseOut);
  }

  @Override
  public GraphStageLogic createLogic(Attributes inheritedAttributes) {
    return new Logic();
  }

  private final class Logic extends TimerGraphStageLogic {
    /** Of the newest request; one for all would gather what every request hangs on it. */
    private CompletableFuture<Done> clientGone = new CompletableFuture<>();

    private long idleSince = System.nanoTime();

    /** The oldest first: answers come in the order of their requests. */
    private final Queue<HttpRequest> unanswered = new ArrayDeque<>();

    /** Answers whose bodies have not come to their end: who pipelines may be owed more than one. */
    private int streaming;

    private final AsyncCallback<Done> streamed = createAsyncCallback(_ -> onStreamed());
    private boolean asked;
    private boolean ending;
    private Consumer<Duration> stop = _ -> {};

    Logic() {
      super(shape());
      setHandler(
          requestIn,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              asked = true;
              clientGone = new CompletableFuture<>();
              var received = grab(requestIn);
              unanswered.add(received);
              var request =
                  received
                      .addAttribute(HttpServer.CLIENT_GONE, clientGone)
                      .addAttribute(HttpServer.CLIENT_THREAD, thread);
              push(
                  requestOut,
                  request.protocol().equals(HttpProtocols.HTTP_1_1)
                      ? request.addAttribute(HttpServer.CHUNK_WRITER, connection)
                      : request);
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
              unanswered.remove();
              idleSince = System.nanoTime();
              var response = grab(responseIn);
              boolean streams = !response.entity().isStrict();
              connection.expectAnswer();
              var followed = streams ? following(response) : response;
              if (!ending) {
                push(responseOut, followed);
              } else if (streams) {
                emit(responseOut, hangingUp(followed));
              } else {
                emit(responseOut, hangingUp(followed), () -> completeStage());
              }
            }
          });
      setHandler(
          responseOut,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              // The answer before is on its way: from here on, or when its body has streamed to its
              // end, the peer owes us a request.
              idleSince = System.nanoTime();
              connection.expectHead();
              if (ending && asked && unanswered.isEmpty() && streaming == 0) {
                completeStage();
              } else {
                pull(responseIn);
              }
            }
          });
    }

    @Override
    public void preStart() {
      // One slow tick for the whole connection is cheaper than a timer for each request.
      scheduleWithFixedDelay(Tick.IDLE, deadline.dividedBy(4), deadline.dividedBy(4));
      var stopped = createAsyncCallback(this::endWithin);
      stop = stopped::invoke;
      watched.add(stop);
    }

    @Override
    public void postStop() {
      watched.remove(stop);
      clientGone.complete(Done.getInstance());
    }

    @Override
    public void onTimer(Object key) {
      if (key == Tick.IDLE) {
        if (waitsForPeer() && System.nanoTime() - idleSince > deadline.toNanos()) {
          if (connection.hasBegunHead()) {
            connection.sayLast(LastWords.of(unrouted.tooSlow().get()));
          }
          completeStage();
        }
      } else if (waitsForPeer()) {
        completeStage();
      } else if (key == Tick.LIMIT) { // else it has asked, and has its time
        endNow(unanswered.peek());
      }
    }

    private void endNow(@Nullable HttpRequest request) {
      if (request == null) {
        connection.reset(); // in the middle of an answer
      } else {
        emit(responseOut, hangingUp(unrouted.stopping().apply(request)), () -> completeStage());
      }
    }

    /** The next response is pulled as soon as the head of the one before has left, not its body. */
    private boolean waitsForPeer() {
      return unanswered.isEmpty() && streaming == 0 && isAvailable(responseOut);
    }

    private HttpResponse following(HttpResponse response) {
      streaming++;
      return StreamedEntity.followed(response, () -> streamed.invoke(Done.getInstance()));
    }

    private void onStreamed() {
      streaming--;
      idleSince = System.nanoTime();
      if (ending && unanswered.isEmpty() && streaming == 0) {
        completeStage();
      }
    }

    private void endWithin(Duration limit) {
      ending = true;
      var greeting = GREETING.minusNanos(System.nanoTime() - idleSince);
      if (asked && waitsForPeer()) {
        completeStage();
        return;
      }
      scheduleOnce(Tick.LIMIT, limit);
      if (!asked) {
        scheduleOnce(Tick.GREETING, greeting.isPositive() ? greeting : Duration.ZERO);
      }
    }

    private HttpResponse hangingUp(HttpResponse response) {
      return response.removeHeader("connection").addHeader(HANG_UP);
    }
  }
}
