package io.redoubt.http;

import static io.redoubt.http.EdgeServer.heard;
import static io.redoubt.http.EdgeServer.writeToTheEnd;
import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkTransportTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final String MUCH = "0123456789abcdef".repeat(1_000_000);

  /** Of what comes to a client before it is read: the server has to wait for it. */
  private static final int SMALL = 4096;

  @Test
  @EnabledOnOs(
      value = OS.LINUX,
      architectures = {"amd64", "aarch64"})
  void onLinuxItIsEpoll() {
    assertThat(NetworkTransport.choose(true)).isEqualTo(NetworkTransport.EPOLL);
  }

  @Test
  void whoTurnsTheNativeOneOffGetsJavas() {
    assertThat(NetworkTransport.choose(false)).isEqualTo(NetworkTransport.NIO);
  }

  /** They have said all that they want to before anybody accepts them. */
  @ParameterizedTest
  @ValueSource(strings = {"on", "off"})
  void whoWaitsAtThePortIsServedByEither(String setting) throws Exception {
    var waiting = new ArrayList<Socket>();
    try (var server =
        new EdgeServer(
            "redoubt.network.native-transport = " + setting,
            _ -> path("now", () -> complete("here")))) {
      var held = server.holdUp();
      for (int i = 0; i < 5; i++) {
        var socket = server.connect();
        waiting.add(socket);
        writeToTheEnd(socket, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
      }
      var stopped = server.stop(SOON);
      held.countDown();

      for (Socket socket : waiting) {
        assertThat(heard(socket)).startsWith("HTTP/1.1 200 ").endsWith("here");
      }
      assertThat(stopped).succeedsWithin(SOON);
    } finally {
      for (Socket socket : waiting) {
        socket.close();
      }
    }
  }

  /** The last that they say is there before they are accepted, and the answer fits no socket. */
  @ParameterizedTest
  @ValueSource(strings = {"on", "off"})
  void whoHasSaidEverythingHearsAllOfAnAnswer(String setting) throws Exception {
    try (var server =
            new EdgeServer(
                "redoubt.network.native-transport = " + setting,
                _ -> path("much", () -> complete(MUCH)));
        var socket = new Socket()) {
      var held = server.holdUp();
      socket.setReceiveBufferSize(SMALL);
      server.connect(socket);
      writeToTheEnd(socket, "GET /much HTTP/1.1\r\nHost: x\r\n\r\n");
      held.countDown();

      String answer = heard(socket);

      assertThat(answer).startsWith("HTTP/1.1 200 ");
      assertThat(answer.length() - answer.indexOf("\r\n\r\n") - 4).isEqualTo(MUCH.length());
    }
  }
}
