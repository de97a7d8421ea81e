package io.redoubt.http;

import static io.redoubt.http.EdgeServer.exchange;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.problem.ErrorType;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Connections that misbehave before there is a request to route. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectionsTest {
  private final CompletableFuture<Void> waiting = new CompletableFuture<>();
  private final CompletableFuture<Void> clientGone = new CompletableFuture<>();
  @AutoClose private final EdgeServer server = new EdgeServer(_ -> routes());

  private Route routes() {
    return concat(
        path("anything", () -> get(() -> complete("here"))),
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
  void whatIsNoHttpIsMalformed() throws Exception {
    try (var socket = server.connect()) {
      assertThat(exchange(socket, "\u0016\u0003\u0001 hello\r\n\r\n"))
          .startsWith("HTTP/1.1 400")
          .contains(ErrorType.MALFORMED_REQUEST.urn());
    }
  }

  @Test
  void aSenderWhoDripsItsHeadersIsDisconnected() throws Exception {
    try (var socket = server.connect()) {
      socket.getOutputStream().write("GET /anything HTT".getBytes(US_ASCII));
      socket.getOutputStream().flush();

      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }
}
