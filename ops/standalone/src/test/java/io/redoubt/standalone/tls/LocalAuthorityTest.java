package io.redoubt.standalone.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.redoubt.cli.api.HttpClients;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalAuthorityTest {
  private static final Clock CLOCK = Clock.systemUTC();

  @TempDir Path directory;

  @Test
  void whoTrustsTheAuthorityTrustsTheServersOfThisMachine() throws Exception {
    var authority = LocalAuthority.openOrCreate(directory, CLOCK);
    HttpsServer server = serve(authority);
    URI url = URI.create("https://localhost:" + server.getAddress().getPort() + "/");
    URI literal = URI.create("https://127.0.0.1:" + server.getAddress().getPort() + "/");

    assertThat(status(HttpClients.to(url, authority.certificateFile()), url)).isEqualTo(204);
    assertThat(status(HttpClients.to(url, authority.certificateFile()), literal)).isEqualTo(204);
    assertThatThrownBy(() -> status(HttpClients.to(url, null), url))
        .isInstanceOf(SSLHandshakeException.class);
    server.stop(0);
  }

  @Test
  void theAuthorityIsKeptAndItsKeyIsPrivate() throws IOException {
    var first = LocalAuthority.openOrCreate(directory, CLOCK);
    byte[] certificate = Files.readAllBytes(first.certificateFile());

    LocalAuthority.openOrCreate(directory, CLOCK);

    assertThat(first.certificateFile()).hasBinaryContent(certificate);
    assertThat(Files.getPosixFilePermissions(directory.resolve("ca-key.pem")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void anAuthorityAboutToExpireIsReplaced() throws IOException {
    byte[] old =
        Files.readAllBytes(LocalAuthority.openOrCreate(directory, CLOCK).certificateFile());
    var later = Clock.offset(CLOCK, Duration.ofDays(3500));

    var replaced = LocalAuthority.openOrCreate(directory, later);

    assertThat(Files.readAllBytes(replaced.certificateFile())).isNotEqualTo(old);
  }

  private static HttpsServer serve(LocalAuthority authority) throws IOException {
    var server =
        HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(authority.issue("127.0.0.1").sslContext()));
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static int status(HttpClient client, URI url) throws Exception {
    try (client) {
      return client
          .send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }
}
