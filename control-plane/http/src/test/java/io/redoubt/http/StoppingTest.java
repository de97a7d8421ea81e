package io.redoubt.http;

import static io.redoubt.http.EdgeServer.heard;
import static io.redoubt.http.EdgeServer.until;
import static io.redoubt.http.EdgeServer.write;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class StoppingTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final CompletableFuture<Void> asked = new CompletableFuture<>();
  private final CompletableFuture<HttpResponse> answer = new CompletableFuture<>();
  private final CompletableFuture<ByteString> rest = new CompletableFuture<>();

  @AutoClose private final EdgeServer server = new EdgeServer(_ -> routes());

  private Route routes() {
    return concat(
        path("now", () -> complete("here")),
        path(
            "later",
            () ->
                Directives.extractRequest(_ -> {
                  asked.complete(null);
                  return Replies.async(answer.thenApply(Directives::complete));
                })),
        path("stream", () -> complete(streaming())));
  }

  /** Half of it at once, the rest when the test says so. */
  private HttpResponse streaming() {
    Source<ByteString, NotUsed> whole =
        Source.single(ByteString.fromString("first"))
            .concat(Source.completionStage(rest).mapMaterializedValue(_ -> NotUsed.getInstance()));
    return HttpResponse.create()
        .withEntity(HttpEntities.createChunked(ContentTypes.TEXT_PLAIN_UTF8, whole));
  }

  private Socket asking(String path) throws IOException {
    var socket = server.connect();
    write(socket, "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return socket;
  }

  /** It comes from below the routes, where a bare 503 would come from otherwise. */
  @Test
  void whoIsCutByTheEndOfAServerHearsAProblemLikeAnyOther() throws Exception {
    try (var socket = asking("/later")) {
      asked.get(10, TimeUnit.SECONDS);
      var stopped = server.stop(Duration.ofMillis(50));

      String heard = heard(socket);
      assertThat(heard)
          .startsWith("HTTP/1.1 503 ")
          .containsIgnoringCase("\r\nconnection: close\r\n")
          .containsIgnoringCase("\r\nretry-after: 1\r\n")
          .containsIgnoringCase("\r\ncontent-type: application/problem+json\r\n");
      var problem = Json.LENIENT.readTree(heard.substring(heard.indexOf("\r\n\r\n")));
      assertThat(problem.path("type").asText()).isEqualTo(ErrorType.UNAVAILABLE.urn());
      assertThat(problem.path("instance").asText()).isEqualTo("/later");
      assertThat(problem.path("trace_id").asText()).hasSize(32);
      assertThat(stopped).succeedsWithin(SOON);
    }
  }

  @Test
  void whatIsUnderWayMayEndAndItsConnectionEndsWithIt() throws Exception {
    try (var socket = asking("/later")) {
      asked.get(10, TimeUnit.SECONDS);
      var stopped = server.stop(SOON);
      answer.complete(HttpResponse.create().withEntity("at last"));

      assertThat(heard(socket))
          .startsWith("HTTP/1.1 200 ")
          .containsIgnoringCase("\r\nconnection: close\r\n")
          .endsWith("at last");
      assertThat(stopped).succeedsWithin(SOON);
    }
  }

  @Test
  void anIdleConnectionEndsAtOnceAndNoNewOneIsMade() throws Exception {
    try (var socket = asking("/now")) {
      until("here", socket);
      var stopped = server.stop(SOON);

      assertThat(socket.getInputStream().read()).isNegative();
      assertThat(stopped).succeedsWithin(SOON);
      assertThatThrownBy(server::connect).isInstanceOf(ConnectException.class);
    }
  }

  /** Otherwise it would be reset, and could not know whether what it asked was done. */
  @Test
  void whoHadConnectedBeforeItStoppedIsServed() throws Exception {
    var held = server.holdUp();
    try (var socket = asking("/now")) {
      var stopped = server.stop(SOON);
      held.countDown();

      assertThat(heard(socket)).startsWith("HTTP/1.1 200 ").endsWith("here");
      assertThat(stopped).succeedsWithin(SOON);
    }
  }

  @Test
  void whoHasConnectedAndAsksNothingIsNotWaitedForLong() throws Exception {
    var held = server.holdUp();
    try (var socket = server.connect()) {
      var stopped = server.stop(Duration.ofMinutes(1));
      held.countDown();

      assertThat(socket.getInputStream().read()).isNegative();
      assertThat(stopped).succeedsWithin(SOON);
    }
  }

  @Test
  void aStreamMayGoOnToItsEnd() throws Exception {
    try (var socket = asking("/stream")) {
      until("first", socket);
      var stopped = server.stop(SOON);
      rest.complete(ByteString.fromString("last"));

      assertThat(heard(socket)).contains("last\r\n0\r\n\r\n");
      assertThat(stopped).succeedsWithin(SOON);
    }
  }

  /** Of a peer that is to ask, the end would be sensed within the deadline. */
  @Test
  void aStreamThatIsQuietForALongTimeMayGoOnToItsEndAsWell() throws Exception {
    try (var patient = new EdgeServer("redoubt.http.head-deadline = 100 ms", _ -> routes());
        var socket = patient.connect();
        var silent = patient.connect()) {
      write(socket, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
      until("first", socket);
      assertThat(silent.getInputStream().read()).as("the deadline has passed").isNegative();
      var stopped = patient.stop(SOON);
      rest.complete(ByteString.fromString("last"));

      assertThat(heard(socket)).contains("last\r\n0\r\n\r\n");
      assertThat(stopped).succeedsWithin(SOON);
    }
  }

  @Test
  void aStreamThatGoesOnForTooLongIsCutSoThatItsClientNotices() throws Exception {
    try (var socket = asking("/stream")) {
      until("first", socket);
      var stopped = server.stop(Duration.ofMillis(50));

      assertThat(heard(socket)).doesNotContain("\r\n0\r\n\r\n");
      assertThat(stopped).succeedsWithin(SOON);
    }
  }

  @Test
  void whoDoesNotReadItsLastAnswerIsCutAsWell() throws Exception {
    try (var socket = asking("/later")) {
      asked.get(10, TimeUnit.SECONDS);
      answer.complete(
          HttpResponse.create().withEntity("x".repeat(64 * 1024 * 1024).getBytes(UTF_8)));
      assertThat(socket.getInputStream().read()).isEqualTo('H');

      assertThat(server.stop(Duration.ofMillis(50))).succeedsWithin(SOON);
    }
  }
}
