package io.redoubt.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UpstreamsTlsTest {
  private static final String PASSWORD = "password";
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final ActorSystem<?> system =
      ActorSystem.create(
          Behaviors.empty(),
          "tls",
          ConfigFactory.parseString("pekko.loglevel = OFF").withFallback(ConfigFactory.load()));

  @TempDir static Path directory;
  private ServerSocket server;
  private SSLSocketFactory sockets;
  private volatile String said;
  private volatile Ending ending;

  private enum Ending {
    SAID,
    CUT
  }

  @BeforeAll
  void listen() throws IOException, InterruptedException, GeneralSecurityException {
    Path store = directory.resolve("server.p12");
    keytool(
        List.of("-genkeypair", "-alias", "s", "-keyalg", "EC", "-groupname", "secp256r1"),
        List.of("-dname", "CN=test", "-ext", "SAN=dns:localhost", "-keystore", store.toString()));
    var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    Files.writeString(authority(), pem(keys));
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    var context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    sockets = context.getSocketFactory();
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::serve);
  }

  @BeforeEach
  void usually() {
    said = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    ending = Ending.SAID;
  }

  private Path authority() {
    return directory.resolve("ca.pem");
  }

  /** As a file of authorities has it. */
  private static String pem(KeyStore keys) throws GeneralSecurityException {
    byte[] lineEnd = "\n".getBytes(StandardCharsets.US_ASCII);
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder(64, lineEnd).encodeToString(keys.getCertificate("s").getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }

  private static void keytool(List<String> what, List<String> more)
      throws IOException, InterruptedException {
    var command =
        new java.util.ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of("-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"));
    command.addAll(what);
    command.addAll(more);
    command.addAll(List.of("-storepass", PASSWORD));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (InputStream output = process.getInputStream()) {
      String said = new String(output.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(said).isZero();
    }
  }

  private void serve() {
    while (!server.isClosed()) {
      try (var below = server.accept();
          var socket =
              (SSLSocket)
                  sockets.createSocket(below, null, below.getPort(), ending == Ending.SAID)) {
        socket.setUseClientMode(false);
        socket.getInputStream().read(new byte[4096]);
        socket.getOutputStream().write(said.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
        if (ending == Ending.CUT) {
          below.shutdownOutput();
        }
      } catch (IOException _) {
        // a client that does not believe us
      }
    }
  }

  @AfterAll
  void close() throws IOException {
    server.close();
    system.terminate();
  }

  private int statusOf(String host, Optional<Path> caFile) {
    return ask(host, caFile).orTimeout(10, TimeUnit.SECONDS).join().status();
  }

  private Upstreams upstreams(Optional<Path> caFile) {
    return new Upstreams(
        system,
        new UpstreamConfig(
            Duration.ofSeconds(5),
            2,
            2,
            Duration.ofSeconds(5),
            2,
            caFile,
            List.of(),
            List.of(),
            1024));
  }

  private CompletableFuture<UpstreamReply> ask(String host, Optional<Path> caFile) {
    return upstreams(caFile)
        .send(
            Destination.at(URI.create("https://" + host + ":" + server.getLocalPort())),
            UpstreamRequest.get("/", List.of()),
            Duration.ofSeconds(5),
            () -> true)
        .reply()
        .toCompletableFuture();
  }

  @Test
  void anAuthorityOfTheConfigurationIsTrusted() {
    assertThat(statusOf("localhost", Optional.of(authority()))).isEqualTo(200);
  }

  @Test
  void aProvidersOwnAuthorityIsTrustedThereAndNowhereElse() throws IOException {
    var upstreams = upstreams(Optional.empty());
    String own = Files.readString(authority());

    assertThat(ask(upstreams, own)).succeedsWithin(LIMIT);
    assertThat(ask(upstreams, null))
        .as("another pool, not a connection of the first")
        .failsWithin(LIMIT);
    assertThat(ask(upstreams, own)).succeedsWithin(LIMIT);
  }

  /** The configuration's authorities count where a provider names none. */
  @Test
  void aWrongAuthorityOfAProviderIsNotMadeGoodByTheConfiguration() throws Exception {
    Path store = directory.resolve("other.p12");
    keytool(
        List.of("-genkeypair", "-alias", "s", "-keyalg", "EC", "-groupname", "secp256r1"),
        List.of("-dname", "CN=other", "-keystore", store.toString()));
    String other = pem(KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray()));
    var upstreams = upstreams(Optional.of(authority()));

    assertThat(ask(upstreams, other)).failsWithin(LIMIT);
    assertThat(ask(upstreams, null)).succeedsWithin(LIMIT);
  }

  private CompletableFuture<UpstreamReply> ask(Upstreams upstreams, @Nullable String caPem) {
    var to = URI.create("https://localhost:" + server.getLocalPort());
    return upstreams
        .send(
            new Destination(to, caPem, null, List.of()),
            UpstreamRequest.get("/", List.of()),
            Duration.ofSeconds(5),
            () -> true)
        .reply()
        .toCompletableFuture();
  }

  @Test
  void anUnknownAuthorityIsNot() {
    assertThatThrownBy(() -> statusOf("localhost", Optional.empty()))
        .hasCauseInstanceOf(UpstreamException.class);
  }

  @Test
  void theNameInTheCertificateMustBeTheHosts() {
    assertThatThrownBy(() -> statusOf("127.0.0.1", Optional.of(authority())))
        .hasCauseInstanceOf(UpstreamException.class);
  }

  /** A body that ends with its connection is whole where the peer said so, not where it was cut. */
  @Test
  void anEndThatNobodySaidIsNone() {
    said = "HTTP/1.1 200 OK\r\n\r\nall of it";
    assertThat(body()).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("all of it");

    ending = Ending.CUT;
    assertThat(body()).failsWithin(Duration.ofSeconds(10));
  }

  private CompletableFuture<String> body() {
    return ask("localhost", Optional.of(authority()))
        .thenCompose(reply -> reply.collect(1000))
        .thenApply(ByteString::utf8String)
        .toCompletableFuture();
  }

  @Test
  void aFileWithoutCertificatesIsNamed() throws IOException {
    Path empty = Files.writeString(directory.resolve("empty.pem"), "-----BEGIN nonsense");

    assertThatThrownBy(() -> statusOf("localhost", Optional.of(empty)))
        .hasMessageContaining("redoubt.proxy.upstream.ca-file");
  }
}
