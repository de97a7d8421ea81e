package io.redoubt.http;

import static io.redoubt.http.EdgeServer.assertProblem;
import static io.redoubt.http.EdgeServer.exchange;
import static io.redoubt.http.EdgeServer.heard;
import static io.redoubt.http.EdgeServer.json;
import static io.redoubt.http.EdgeServer.write;
import static io.redoubt.http.EdgeServer.writeToTheEnd;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.problem.ErrorType;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.pekko.http.javadsl.server.Route;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bodies that are too large, too slow, or never end. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LargeBodiesTest {
  @AutoClose private final EdgeServer server = new EdgeServer(LargeBodiesTest::routes);

  private static Route routes(EdgeConfig config) {
    return routes(new Bodies(config));
  }

  private static Route routes(Bodies bodies) {
    return path(
        "greet",
        () ->
            post(() ->
                bodies.json(
                    Greeting.class,
                    greeting -> Replies.json(200, Map.of("hello", greeting.name())))));
  }

  private record Greeting(String name) {}

  private static void sendForEver(Socket socket, byte[] chunk) {
    try {
      while (true) {
        socket.getOutputStream().write(chunk);
      }
    } catch (IOException _) {
      // it has heard enough
    }
  }

  @Test
  void aLargeBodyIsRefusedWhetherItsLengthIsSaidOrNot() throws Exception {
    String large = "{\"name\":\"" + "x".repeat(300) + "\"}";
    var chunked =
        server
            .request("/greet")
            .header("content-type", "application/json")
            .POST(
                BodyPublishers.fromPublisher(
                    BodyPublishers.ofString(large, StandardCharsets.UTF_8)));

    assertProblem(server.submit("/greet", json(large)), ErrorType.CONTENT_TOO_LARGE);
    assertProblem(server.send(chunked), ErrorType.CONTENT_TOO_LARGE);
  }

  @Test
  void whatIsReadBeforeItsSenderIsKnownIsSmall() throws Exception {
    try (var generous =
        new EdgeServer(
            "redoubt.http.max-body-bytes = 1 MiB", config -> routes(Bodies.ofStrangers(config)))) {
      assertThat(generous.submit("/greet", json("{\"name\":\"Ada\"}")).statusCode()).isEqualTo(200);
      assertProblem(
          generous.submit("/greet", json("{\"name\":\"" + "x".repeat(200_000) + "\"}")),
          ErrorType.CONTENT_TOO_LARGE);
    }
  }

  /** Its sender is heard out, so that the answer does not meet a connection that breaks. */
  @Test
  void whoSendsMuchTooMuchHearsSo() throws Exception {
    var large = json("{\"name\":\"" + "x".repeat(2 << 20) + "\"}");
    for (int i = 0; i < 30; i++) {
      assertProblem(server.submit("/greet", large), ErrorType.CONTENT_TOO_LARGE);
    }
  }

  @Test
  void aLargeBodyOfUnknownLengthIsTooLargeAlsoWhereItsSenderBreaksOff() throws Exception {
    for (int chunks : new int[] {1, 3, 100, 1000}) {
      for (String end : new String[] {"0\r\n\r\n", "", "5\r\nab"}) {
        try (var socket = server.connect()) {
          var request =
              new StringBuilder("POST /greet HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
                  .append("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
          for (int i = 0; i < chunks; i++) {
            request.append("100\r\n").append(" ".repeat(256)).append("\r\n");
          }
          writeToTheEnd(socket, request.append(end).toString());

          assertThat(heard(socket))
              .as("%d chunks, then '%s'", chunks, end)
              .startsWith("HTTP/1.1 413")
              .contains(ErrorType.CONTENT_TOO_LARGE.urn());
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"200000, 413", "ffffffff, 413", "zz, 400", "'', 400", "5, 400"})
  void aChunkThatIsTooLargeOrNoneIsAnsweredAlsoWhereItsSenderBreaksOff(String chunk, int status)
      throws Exception {
    String request =
        """
        POST /greet HTTP/1.1
        Host: x
        Content-Type: application/json
        Transfer-Encoding: chunked

        %s
        """
            .formatted(chunk)
            .replace("\n", "\r\n");
    for (int i = 0; i < 20; i++) {
      try (var socket = server.connect()) {
        write(socket, request);
        // The last would wait for its five bytes.
        if (i % 2 == 0 || chunk.equals("5")) {
          socket.shutdownOutput();
        }

        assertThat(heard(socket)).startsWith("HTTP/1.1 " + status).contains("urn:redoubt:error:");
      }
    }
  }

  @Test
  void whoSendsWithoutEndIsToldBeforeTheConnectionGoes() throws Exception {
    byte[] chunk = ("1000\r\n" + " ".repeat(4096) + "\r\n").getBytes(US_ASCII);
    String head =
        """
        POST /greet HTTP/1.1
        Host: x
        Content-Type: application/json
        Transfer-Encoding: chunked

        """
            .replace("\n", "\r\n");
    for (int i = 0; i < 50; i++) {
      try (var socket = server.connect()) {
        write(socket, head);
        var sender = Thread.ofVirtual().start(() -> sendForEver(socket, chunk));

        assertThat(heard(socket)).startsWith("HTTP/1.1 413");
        sender.join();
      }
    }
  }

  @Test
  void aSenderWhoDripsItsBodyIsToldAndDisconnected() throws Exception {
    try (var impatient =
            new EdgeServer("redoubt.http.body-deadline = 300 ms", LargeBodiesTest::routes);
        var socket = impatient.connect()) {
      String answer =
          exchange(
              socket,
              "POST /greet HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  + "Content-Length: 100\r\n\r\n{");

      assertThat(answer).startsWith("HTTP/1.1 408").contains(ErrorType.REQUEST_TIMEOUT.urn());
    }
  }
}
