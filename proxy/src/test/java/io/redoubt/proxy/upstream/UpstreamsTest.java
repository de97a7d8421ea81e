package io.redoubt.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpstreamsTest {
  private final ActorSystem<?> system =
      ActorSystem.create(
          Behaviors.empty(),
          "upstreams",
          ConfigFactory.parseString("pekko.loglevel = OFF").withFallback(ConfigFactory.load()));
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private ServerSocket server;

  @BeforeAll
  void listen() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::serve);
  }

  private void serve() {
    while (!server.isClosed()) {
      try {
        var socket = server.accept();
        Thread.ofVirtual().start(() -> answer(socket));
      } catch (IOException _) {
        // the test has gone
      }
    }
  }

  private void answer(Socket connection) {
    try (var socket = connection;
        var lines =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("GET ")) {
          seen.add(line);
        } else if (line.isEmpty()) {
          socket
              .getOutputStream()
              .write(
                  "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
                      .getBytes(StandardCharsets.US_ASCII));
        }
      }
    } catch (IOException _) {
      // the client or the test has gone
    }
  }

  @AfterAll
  void close() throws IOException {
    server.close();
    system.terminate();
  }

  @Test
  void whatMayNotGoAnyMoreWhenItsConnectionIsThereDoesNotGo() {
    var upstreams =
        new Upstreams(
            system,
            new UpstreamConfig(
                Duration.ofSeconds(5),
                2,
                2,
                Duration.ofSeconds(5),
                2,
                Optional.empty(),
                List.of(),
                List.of(),
                1024));
    var base = URI.create("http://localhost:" + server.getLocalPort());
    var limit = Duration.ofSeconds(5);

    var forbidden =
        upstreams.send(
            Destination.at(base), UpstreamRequest.get("/forbidden", List.of()), limit, () -> false);
    var allowed =
        upstreams.send(
            Destination.at(base), UpstreamRequest.get("/allowed", List.of()), limit, () -> true);

    assertThat(
            allowed.reply().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join().status())
        .isEqualTo(200);
    assertFails(forbidden, Reason.WITHDRAWN);
    assertThat(seen).containsExactly("GET /allowed HTTP/1.1");
  }

  @Test
  void aProviderWhereNoneCanBeIsNotConnectedTo() {
    var upstreams =
        new Upstreams(
            system,
            UpstreamConfig.from(
                ConfigFactory.parseString(
                        "redoubt.proxy.upstream.denied-addresses = [\"127.0.0.0/8\", \"::1/128\"]")
                    .withFallback(ConfigFactory.load())));
    var base = URI.create("http://localhost:" + server.getLocalPort());

    var call =
        upstreams.send(
            Destination.at(base),
            UpstreamRequest.get("/metadata", List.of()),
            Duration.ofSeconds(5),
            () -> true);

    assertFails(call, Reason.FORBIDDEN);
    assertThat(seen).doesNotContain("GET /metadata HTTP/1.1");
  }

  private static void assertFails(UpstreamCall call, Reason reason) {
    assertThat(call.reply().toCompletableFuture())
        .failsWithin(Duration.ofSeconds(5))
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            UpstreamException.class, why -> assertThat(why.reason()).isEqualTo(reason));
  }
}
