package io.redoubt.http;

import static io.redoubt.http.EdgeServer.exchange;
import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.Cidr;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** One source does not take all connections, nor all that they hold. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenConnectionsTest {
  private static final String REQUEST = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

  @AutoClose
  private final EdgeServer server =
      new EdgeServer(
          """
          redoubt.http { max-connections-per-source = 3, trusted-proxies = [], head-deadline = 30 s }
          """,
          _ -> complete("here"));

  private boolean isServed() throws IOException {
    try (var socket = server.connect()) {
      return exchange(socket, REQUEST).startsWith("HTTP/1.1 200");
    } catch (java.net.SocketException _) {
      return false; // closed unread
    }
  }

  @Test
  void aSourceWithAllItsConnectionsOpenGetsNoOtherUntilOneIsClosed() throws Exception {
    var held = List.of(server.connect(), server.connect(), server.connect());
    for (Socket socket : held) {
      EdgeServer.write(socket, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(socket.getInputStream().read()).isEqualTo('H');
    }

    assertThat(isServed()).isFalse();
    held.getFirst().close();
    await().until(this::isServed);
    for (Socket socket : held) {
      socket.close();
    }
  }

  @Test
  void sourcesAreCountedApartAndTrustedProxiesNotAtAll() {
    var connections = new OpenConnections(1, List.of(Cidr.parse("10.0.0.0/8")));
    var one = InetAddress.ofLiteral("192.0.2.1");
    var proxy = InetAddress.ofLiteral("10.0.0.1");

    assertThat(connections.admit(one)).isTrue();
    assertThat(connections.admit(one)).isFalse();
    assertThat(connections.admit(InetAddress.ofLiteral("192.0.2.2"))).isTrue();
    assertThat(connections.admit(InetAddress.ofLiteral("2001:db8::1"))).isTrue();
    assertThat(connections.admit(InetAddress.ofLiteral("2001:db8::2"))).isFalse();
    assertThat(connections.admit(proxy)).isTrue();
    assertThat(connections.admit(proxy)).isTrue();
    connections.giveBack(proxy);
    connections.giveBack(one);
    assertThat(connections.admit(one)).isTrue();
  }
}
