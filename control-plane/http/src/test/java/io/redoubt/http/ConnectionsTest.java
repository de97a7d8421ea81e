package io.redoubt.http;

import static io.redoubt.http.EdgeServer.exchange;
import static io.redoubt.http.EdgeServer.heard;
import static io.redoubt.http.EdgeServer.until;
import static io.redoubt.http.EdgeServer.write;
import static io.redoubt.http.EdgeServer.writeToTheEnd;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Connections that misbehave before there is a request to route. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectionsTest {
  private static final String MUCH = "0123456789abcdef".repeat(500_000);

  private static final Duration DEADLINE = Duration.ofMillis(400);

  /** Several of them make a deadline, and all of them several deadlines. */
  private static final Duration TICK = Duration.ofMillis(100);

  private static final int TICKS = 15;
  private static final ByteString TEXT = ByteString.fromString("text");

  private final CompletableFuture<Void> waiting = new CompletableFuture<>();
  private final CompletableFuture<Void> clientGone = new CompletableFuture<>();

  @AutoClose
  private final EdgeServer server =
      new EdgeServer("redoubt.http.head-deadline = " + DEADLINE.toMillis() + " ms", _ -> routes());

  private Route routes() {
    return concat(
        path("anything", () -> get(() -> complete("here"))),
        path("much", () -> get(() -> complete(MUCH))),
        path("never", () -> Replies.async(new CompletableFuture<>())),
        path("slowly", () -> complete(slowly(Source.tick(TICK, TICK, TEXT).take(TICKS)))),
        path("hesitantly", () -> complete(slowly(hesitating()))),
        path("measured", () -> complete(measured(hesitating()))),
        path(
            "wait",
            () ->
                Directives.extractRequest(request -> {
                  waiting.complete(null);
                  var gone = request.getAttribute(HttpServer.CLIENT_GONE).orElseThrow();
                  gone.thenRun(() -> clientGone.complete(null));
                  return Replies.async(new CompletableFuture<>());
                })));
  }

  /** Nothing for longer than the deadline, twice. */
  private static Source<ByteString, ?> hesitating() {
    var pause = DEADLINE.multipliedBy(2);
    return Source.tick(pause, pause, TEXT).take(2);
  }

  private static HttpResponse slowly(Source<ByteString, ?> body) {
    return HttpResponse.create()
        .withEntity(HttpEntities.createChunked(ContentTypes.TEXT_PLAIN_UTF8, body));
  }

  private static HttpResponse measured(Source<ByteString, ?> body) {
    return HttpResponse.create()
        .withEntity(HttpEntities.create(ContentTypes.TEXT_PLAIN_UTF8, 2L * TEXT.size(), body));
  }

  /** The deadline is for whoever is to ask, not for what is answered. */
  @Test
  void anAnswerMayStreamForAsLongAsItLasts() throws Exception {
    try (var slow = server.connect();
        var hesitant = server.connect();
        var measured = server.connect()) {
      write(slow, "GET /slowly HTTP/1.1\r\nHost: x\r\n\r\n");
      write(hesitant, "GET /hesitantly HTTP/1.1\r\nHost: x\r\n\r\n");
      write(measured, "GET /measured HTTP/1.1\r\nHost: x\r\n\r\n");

      assertThat(until("\r\n0\r\n\r\n", slow)).contains("4\r\ntext\r\n".repeat(TICKS));
      assertThat(until("\r\n0\r\n\r\n", hesitant)).contains("4\r\ntext\r\n".repeat(2));
      assertThat(until("texttext", measured)).contains("\r\nContent-Length: 8\r\n");
      write(hesitant, "GET /anything HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(until("here", hesitant)).startsWith("HTTP/1.1 200 ");
      assertThat(heard(hesitant)).as("idle from then on").isEmpty();
      assertThat(heard(measured)).as("idle from then on").isEmpty();
    }
  }

  /** The second answer has begun by then, as far as the server goes, when the first one ends. */
  @Test
  void anAnswerToARequestThatCameTooEarlyMayStreamAsLong() throws Exception {
    try (var socket = server.connect()) {
      write(socket, "GET /slowly HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2));

      assertThat(until("\r\n0\r\n\r\n", socket)).contains("4\r\ntext\r\n".repeat(TICKS));
      assertThat(until("\r\n0\r\n\r\n", socket)).contains("4\r\ntext\r\n".repeat(TICKS));
      assertThat(heard(socket)).as("idle from then on").isEmpty();
    }
  }

  /** It would be reset, and the answer with it, if the rest were left unread. */
  @Test
  void whoSendsOnHearsTheLastAnswerAllTheSame() throws Exception {
    try (var socket = server.connect()) {
      assertThat(exchange(socket, "\u0016\u0003\u0001 hello\r\n\r\n" + "x".repeat(300_000)))
          .startsWith("HTTP/1.1 400");
    }
  }

  @Test
  void tenThousandHeadersAreTooMany() throws Exception {
    try (var socket = server.connect()) {
      var head = new StringBuilder("GET /anything HTTP/1.1\r\nHost: x\r\n");
      for (int i = 0; i < 10_000; i++) {
        head.append("X-H").append(i).append(": v\r\n");
      }
      String answer = exchange(socket, head.append("\r\n").toString());

      assertThat(answer).startsWith("HTTP/1.1 431").contains(ErrorType.HEADERS_TOO_LARGE.urn());
    }
  }

  @Test
  void aRouteLearnsThatItsClientHasGone() throws Exception {
    try (var socket = server.connect()) {
      socket.getOutputStream().write("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
      waiting.get(10, TimeUnit.SECONDS);
      assertThat(clientGone).isNotDone();
    }

    assertThat(clientGone).succeedsWithin(Duration.ofSeconds(10));
  }

  @Test
  void whoHasSaidEverythingStillHearsTheAnswer() throws Exception {
    try (var socket = server.connect()) {
      writeToTheEnd(socket, "GET /anything HTTP/1.1\r\nHost: x\r\n\r\n");

      assertThat(heard(socket)).startsWith("HTTP/1.1 200 ").endsWith("here");
    }
  }

  @Test
  void requestsThatComeTogetherAreAnsweredInOrder() throws Exception {
    try (var socket = server.connect()) {
      String request = "GET /anything HTTP/1.1\r\nHost: x\r\n\r\n";
      writeToTheEnd(socket, request.repeat(20));

      assertThat(heard(socket).split("here", -1)).hasSize(21);
    }
  }

  @Test
  void whoReadsSlowlyHearsAllOfIt() throws Exception {
    try (var socket = server.connect()) {
      writeToTheEnd(socket, "GET /much HTTP/1.1\r\nHost: x\r\n\r\n");

      assertThat(heard(socket)).endsWith("\r\n\r\n" + MUCH);
    }
  }

  @Test
  void moreConnectionsThanOnePortTakesWaitForTheirTurn() throws Exception {
    try (var narrow = new EdgeServer("redoubt.http.max-connections = 1", _ -> routes());
        var first = narrow.connect();
        var second = narrow.connect()) {
      write(first, "GET /anything HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(first.getInputStream().read()).isEqualTo('H');
      second.setSoTimeout(200);
      write(second, "GET /anything HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertThatThrownBy(() -> second.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);

      first.shutdownOutput();
      second.setSoTimeout(10_000);
      assertThat(heard(second)).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void asManyAsOnePortTakesMayWaitForTheirTurn() throws Exception {
    int most = 250;
    var open = new ArrayList<Socket>();
    try (var narrow = new EdgeServer("redoubt.http.max-connections = " + most, _ -> routes())) {
      for (int i = 0; i < 2 * most; i++) {
        open.add(narrow.connect());
      }

      var last = open.getLast();
      write(last, "GET /anything HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      for (Socket each : open.subList(0, 2 * most - 1)) {
        each.close();
      }
      assertThat(heard(last)).startsWith("HTTP/1.1 200 ");
    } finally {
      for (Socket each : open) {
        each.close();
      }
    }
  }

  @Test
  void aConnectionThatIsSilentForTooLongIsCut() throws Exception {
    try (var impatient = new EdgeServer("redoubt.http.silence-limit = 200 ms", _ -> routes());
        var socket = impatient.connect()) {
      write(socket, "GET /never HTTP/1.1\r\nHost: x\r\n\r\n");

      assertThat(heard(socket)).isEmpty();
    }
  }

  @Test
  void whatIsNoHttpIsMalformed() throws Exception {
    try (var socket = server.connect()) {
      assertThat(exchange(socket, "\u0016\u0003\u0001 hello\r\n\r\n"))
          .startsWith("HTTP/1.1 400")
          .contains(ErrorType.MALFORMED_REQUEST.urn());
    }
  }

  @Test
  void aSenderWhoDripsItsHeadersIsToldSoAndDisconnected() throws Exception {
    try (var socket = server.connect()) {
      assertTooSlow(exchange(socket, "GET /anything HTT"));
    }
  }

  @Test
  void likewiseAfterARequestThatWasAnswered() throws Exception {
    try (var socket = server.connect()) {
      write(socket, "GET /anything HTTP/1.1\r\nHost: x\r\n\r\n");
      String first = until("here", socket);

      assertThat(first).startsWith("HTTP/1.1 200 ");
      assertTooSlow(exchange(socket, "GET /anything HTTP/1.1\r\nHost: "));
    }
  }

  private static void assertTooSlow(String answer) throws IOException {
    assertThat(answer)
        .startsWith("HTTP/1.1 408 Request Timeout\r\n")
        .contains("\r\nConnection: close\r\n")
        .contains("\r\nContent-Type: application/problem+json\r\n")
        .containsPattern("\r\nDate: [A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} [0-9:]{8} GMT\r\n");
    String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
    assertThat(answer).contains("\r\nContent-Length: " + body.length() + "\r\n");
    var problem = Json.LENIENT.readTree(body);
    assertThat(problem.path("type").asText()).isEqualTo(ErrorType.REQUEST_TIMEOUT.urn());
    assertThat(problem.path("trace_id").asText()).hasSize(32);
  }

  /** An answer to nothing could be taken for that to the next request. */
  @Test
  void whoHasBegunNothingHearsNothing() throws Exception {
    try (var fresh = server.connect();
        var idle = server.connect()) {
      write(idle, "GET /anything HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(until("here", idle)).startsWith("HTTP/1.1 200 ");

      assertThat(heard(idle)).isEmpty();
      assertThat(heard(fresh)).isEmpty();
    }
  }
}
