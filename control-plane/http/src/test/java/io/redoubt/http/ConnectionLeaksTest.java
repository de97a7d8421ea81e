package io.redoubt.http;

import static io.redoubt.http.EdgeServer.heard;
import static io.redoubt.http.EdgeServer.write;
import static io.redoubt.http.EdgeServer.writeToTheEnd;
import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import io.netty.util.LeakPresenceDetector;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;

/** Memory outside the heap is given back, however a connection ends. */
class ConnectionLeaksTest {
  private static final String END = " HTTP/1.1\r\nHost: x\r\n\r\n";

  private static Route routes() {
    return concat(
        path("little", () -> complete("here")),
        path("pieces", () -> extractRequest(request -> complete(pieces(request)))),
        path("much", () -> complete(HttpResponse.create().withEntity("x".repeat(32_000_000)))));
  }

  private static HttpResponse pieces(HttpRequest request) {
    var pieces = Stream.generate(() -> ByteString.fromString("x".repeat(32_000))).limit(1_000);
    var writer = request.getAttribute(HttpServer.CHUNK_WRITER).orElseThrow();
    return HttpResponse.create()
        .withEntity(
            HttpEntities.createChunked(
                ContentTypes.TEXT_PLAIN_UTF8,
                Source.fromGraph(new AsideSource(writer, pieces.iterator(), null))));
  }

  @Test
  void howeverAConnectionEndsItsBuffersAreGivenBack() throws Exception {
    try (var server = new EdgeServer(_ -> routes())) {
      for (String said :
          new String[] {
            "GET /little" + END,
            "GET /much" + END,
            "GET /pieces" + END,
            "nonsense\r\n\r\n",
            "GET /lit",
            ""
          }) {
        try (var socket = server.connect()) {
          writeToTheEnd(socket, said);
          heard(socket);
        }
        try (var socket = server.connect()) {
          write(socket, said);
          socket.setSoLinger(true, 0); // reset, in the midst of an answer too
        }
      }
    }

    await().until(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(this::isOurs));
    assertThatCode(LeakPresenceDetector::check).doesNotThrowAnyException();
  }

  private boolean isOurs(Thread thread) {
    return thread.getName().startsWith(NetworkThreads.NAME);
  }
}
