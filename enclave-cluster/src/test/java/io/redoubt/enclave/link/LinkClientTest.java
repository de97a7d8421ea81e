package io.redoubt.enclave.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.redoubt.protocol.id.EnclaveId;
import io.redoubt.protocol.link.Hello;
import io.redoubt.protocol.token.SecretKeyText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A control plane that takes a call and then falls silent must not hold the link up for ever. */
@Timeout(20)
class LinkClientTest {
  private static final Hello.Request HELLO = new Hello.Request("node-1", "test", "key");

  private final ServerSocket server = listen();
  private final List<Socket> open = new CopyOnWriteArrayList<>();

  private static ServerSocket listen() {
    try {
      return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  private LinkClient client(String said) {
    Thread.ofVirtual()
        .start(() -> {
          try {
            while (true) {
              Socket socket = server.accept();
              open.add(socket);
              socket.getOutputStream().write(said.getBytes(StandardCharsets.US_ASCII));
            }
          } catch (IOException _) {
            // the test is over
          }
        });
    return client();
  }

  private LinkClient client() {
    return new LinkClient(config(), TrustAnchors.context(Optional.empty()));
  }

  private LinkConfig config() {
    var key =
        SecretKeyText.mint(SecretKeyText.Kind.ENCLAVE_API_KEY, EnclaveId.next(Clock.systemUTC()));
    return LinkConfig.from(
        ConfigFactory.parseMap(
                Map.of(
                    "redoubt.enclave.link.url",
                    "http://127.0.0.1:" + server.getLocalPort(),
                    "redoubt.enclave.link.api-key",
                    key.reveal(),
                    "redoubt.enclave.link.request-timeout",
                    "300 ms"))
            .withFallback(ConfigFactory.load()));
  }

  @Test
  void whereNobodyListensTheNextAttemptIsSoon() throws IOException {
    server.close();
    try (var client = client()) {
      assertThatThrownBy(() -> client.hello(HELLO))
          .satisfies(refused ->
              assertThat(config().longestPause(refused)).isEqualTo(config().backoffRefused()));
    }
    assertThat(config().backoffRefused()).isLessThan(config().backoffMax());
  }

  @Test
  void whoListensAndDoesNotAnswerIsGivenTime() {
    try (var client = client("")) {
      assertThatThrownBy(() -> client.hello(HELLO))
          .satisfies(silence ->
              assertThat(config().longestPause(silence)).isEqualTo(config().backoffMax()));
    }
    try (var client = client("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")) {
      assertThatThrownBy(() -> client.hello(HELLO))
          .satisfies(
              answer -> assertThat(config().longestPause(answer)).isEqualTo(config().backoffMax()));
    }
  }

  @Test
  void commandsWhoseHeadNeverComesAreGivenUp() {
    try (var client = client("")) {
      assertThatThrownBy(() -> client.commands(0)).isInstanceOf(HttpTimeoutException.class);
    }
  }

  @Test
  void anAnswerThatStopsHalfWayIsGivenUp() {
    try (var client = client("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")) {
      assertThatThrownBy(() -> client.hello(HELLO)).isInstanceOf(HttpTimeoutException.class);
    }
  }
}
