package io.redoubt.http;

import static io.redoubt.http.EdgeServer.exchange;
import static io.redoubt.http.EdgeServer.heard;
import static io.redoubt.http.EdgeServer.until;
import static io.redoubt.http.EdgeServer.write;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Bodies that reach their clients past the stream of the connection. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChunkWriterTest {
  private static final String END = " HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final String LAST = "\r\n0\r\n\r\n";

  /** More than a connection takes that nobody reads. */
  private static final int MANY = 500;

  private static final ByteString LARGE = ByteString.fromString("0123456789abcdef".repeat(4_000));

  private final List<AsideSource> sources = new CopyOnWriteArrayList<>();

  @AutoClose private final EdgeServer server = new EdgeServer(_ -> routes());

  private Route routes() {
    return concat(
        path("plain", () -> complete("here")),
        path("little", () -> written(Stream.of("one ", "and two"), null)),
        path("much", () -> aside(Stream.generate(() -> LARGE).limit(MANY), null)),
        path("broken", () -> written(Stream.of("one "), new IllegalStateException("broken off"))),
        path("endless", () -> aside(Stream.generate(() -> LARGE), null)));
  }

  private Route written(Stream<String> pieces, @Nullable RuntimeException failure) {
    return aside(pieces.map(ByteString::fromString), failure);
  }

  private Route aside(Stream<ByteString> pieces, @Nullable RuntimeException failure) {
    return extractRequest(request -> {
      var writer = request.getAttribute(HttpServer.CHUNK_WRITER);
      if (writer.isEmpty()) {
        return complete("in one");
      }
      var source = new AsideSource(writer.get(), pieces.iterator(), failure);
      sources.add(source);
      return complete(
          HttpResponse.create()
              .withEntity(
                  HttpEntities.createChunked(
                      ContentTypes.TEXT_PLAIN_UTF8, Source.fromGraph(source))));
    });
  }

  @BeforeEach
  void forget() {
    sources.clear();
  }

  @Test
  void everyPieceIsAChunkAndTheConnectionGoesOn() throws Exception {
    try (var socket = server.connect()) {
      for (int i = 0; i < 3; i++) {
        write(socket, "GET /little" + END);

        assertThat(until(LAST, socket))
            .startsWith("HTTP/1.1 200 OK\r\n")
            .contains("\r\nTransfer-Encoding: chunked\r\n")
            .endsWith("\r\n\r\n4\r\none \r\n7\r\nand two" + LAST);
        write(socket, "GET /plain" + END);
        assertThat(until("here", socket)).startsWith("HTTP/1.1 200 OK\r\n");
      }
    }
    assertThat(sources).hasSize(3).allMatch(AsideSource::hasBegun);
  }

  @Test
  void whoReadsSlowlyHearsAllOfIt() throws Exception {
    try (var socket = server.connect()) {
      write(socket, "GET /much" + END);
      await().until(() -> sources.stream().anyMatch(AsideSource::hasWaited));

      assertThat(until("\r\n\r\n", socket)).startsWith("HTTP/1.1 200 OK\r\n");
      byte[] chunk =
          (Integer.toHexString(LARGE.size()) + "\r\n" + LARGE.utf8String() + "\r\n")
              .getBytes(US_ASCII);
      for (int i = 0; i < MANY; i++) {
        assertThat(socket.getInputStream().readNBytes(chunk.length)).isEqualTo(chunk);
      }
      write(socket, "GET /plain" + END);
      assertThat(until("here", socket)).startsWith("0\r\n\r\nHTTP/1.1 200 OK\r\n");
    }
  }

  /** Each goes whichever way it can when its turn comes. */
  @Test
  void answersToRequestsThatComeTogetherAreNotMixed() throws Exception {
    try (var socket = server.connect()) {
      write(socket, ("GET /little" + END + "GET /plain" + END).repeat(10));

      for (int i = 0; i < 10; i++) {
        assertThat(until(LAST, socket)).startsWith("HTTP/1.1 200 OK\r\n").contains("4\r\none \r\n");
        assertThat(until("here", socket)).startsWith("HTTP/1.1 200 OK\r\n").doesNotContain("one");
      }
    }
    assertThat(sources).hasSize(10);
  }

  @Test
  void aBodyThatFailsBreaksItsConnection() throws Exception {
    try (var socket = server.connect()) {
      write(socket, "GET /broken" + END);

      assertThat(heard(socket)).doesNotContain("\r\n0\r\n");
    }
  }

  @Test
  void aClientThatGoesEndsTheBody() throws Exception {
    try (var socket = server.connect()) {
      write(socket, "GET /endless" + END);
      await().until(() -> sources.stream().anyMatch(AsideSource::hasWaited));
      socket.setSoLinger(true, 0);
    }

    assertThat(sources).hasSize(1);
    assertThat(sources.getFirst().ended()).succeedsWithin(Duration.ofSeconds(10));
  }

  /** HTTP/1.0 knows no chunks. */
  @Test
  void whoKnowsNoChunksGetsNone() throws Exception {
    try (var socket = server.connect()) {
      assertThat(exchange(socket, "GET /little HTTP/1.0\r\nHost: x\r\n\r\n")).endsWith("in one");
    }
  }

  @Test
  void whoWantsTheHeadAloneGetsNoPiece() throws Exception {
    try (var socket = server.connect()) {
      write(socket, "HEAD /little" + END + "GET /plain" + END);

      assertThat(until("here", socket)).doesNotContain("one ");
    }
    assertThat(sources).hasSize(1);
    CompletableFuture.allOf(
            sources.stream().map(AsideSource::ended).toArray(CompletableFuture[]::new))
        .get(10, TimeUnit.SECONDS);
  }
}
