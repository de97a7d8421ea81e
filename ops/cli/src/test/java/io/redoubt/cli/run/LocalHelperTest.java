package io.redoubt.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.cli.FakeServer;
import io.redoubt.cli.api.HttpClients;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LocalHelperTest {
  private final AtomicReference<String> accessToken = new AtomicReference<>("first");
  private final FakeServer enclave = new FakeServer();
  private final HttpClient client = HttpClient.newHttpClient();
  private LocalHelper helper;

  @BeforeEach
  void start() throws IOException {
    helper = new LocalHelper(enclave.url(), HttpClients.to(enclave.url(), null), accessToken::get);
  }

  @AfterEach
  void stop() {
    helper.close();
    enclave.close();
    client.close();
  }

  @Test
  void theLocalKeyIsReplacedByTheTokenOfTheMoment() throws Exception {
    enclave.on("POST /v1/messages", FakeServer.json(200, "{}"));

    assertThat(call("x-api-key", helper.key()).statusCode()).isEqualTo(200);
    accessToken.set("second");
    assertThat(call("Authorization", "Bearer " + helper.key()).statusCode()).isEqualTo(200);

    assertThat(enclave.requests())
        .extracting(request -> request.header("Authorization"))
        .containsExactly("Bearer first", "Bearer second");
    assertThat(enclave.requests())
        .allSatisfy(
            request -> assertThat(request.headers().toString()).doesNotContain(helper.key()))
        .allSatisfy(request -> assertThat(request.body()).isEqualTo("{\"a\": 1}"))
        .allSatisfy(request -> assertThat(request.header("anthropic-beta")).isEqualTo("x"));
  }

  @Test
  void nobodyElseGetsThrough() throws Exception {
    var answer = call("x-api-key", "guessed");

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(new String(answer.body().readAllBytes(), StandardCharsets.UTF_8))
        .contains("\"type\":\"error\"");
    assertThat(enclave.requests()).isEmpty();
  }

  @Test
  void aStreamsFirstBytesDoNotWaitForItsLast() throws Exception {
    var read = new CountDownLatch(1);
    enclave.on(
        "POST /v1/messages",
        (exchange, _) -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write("data: 1\n\n".getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
          await(read);
          exchange.close();
        });

    try (InputStream body = call("x-api-key", helper.key()).body()) {
      assertThat(new String(body.readNBytes(9), StandardCharsets.UTF_8)).isEqualTo("data: 1\n\n");
      read.countDown();
      assertThat(body.readAllBytes()).isEmpty();
    }
  }

  @Test
  void aStreamThatIsCutLooksCut() throws Exception {
    enclave.on(
        "POST /v1/messages",
        (exchange, _) -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write("data: 1\n\n".getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
          throw new IOException("cut");
        });

    try (InputStream body = call("x-api-key", helper.key()).body()) {
      assertThatThrownBy(body::readAllBytes).isInstanceOf(IOException.class);
    }
  }

  @Test
  void theTokenGoesToTheEnclaveWhateverHostARequestNames() throws Exception {
    enclave.on("POST /v1/messages", FakeServer.json(200, "{}"));

    for (String target :
        List.of("//elsewhere.example/v1/messages", "http://elsewhere/v1/messages")) {
      assertThat(raw("POST " + target)).startsWith("HTTP/1.1 200");
    }

    assertThat(enclave.requests()).hasSize(2);
  }

  private String raw(String requestLine) throws IOException {
    try (var socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), helper.url().getPort())) {
      String request =
          requestLine
              + " HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: "
              + helper.key()
              + "\r\ncontent-length: 2\r\n\r\n{}";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void whoHangsUpBeforeTheFirstByteEndsTheCallAtTheEnclave() throws Exception {
    hangsUp("");
  }

  /** While nothing is written, nothing else would tell. */
  @Test
  void whoHangsUpDuringASilentStreamEndsTheCallAtTheEnclave() throws Exception {
    hangsUp(
        String.join(
            "\r\n",
            "HTTP/1.1 200 OK",
            "content-type: text/event-stream",
            "transfer-encoding: chunked",
            "",
            "9",
            "data: 1\n\n",
            ""));
  }

  private void hangsUp(String answered) throws Exception {
    try (var silent = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      silent.setSoTimeout(10_000);
      var to = URI.create("http://127.0.0.1:" + silent.getLocalPort());
      try (var another = new LocalHelper(to, HttpClients.to(to, null), accessToken::get);
          var program = new Socket(InetAddress.ofLiteral("127.0.0.1"), another.url().getPort())) {
        program.setSoTimeout(10_000);
        program
            .getOutputStream()
            .write(
                ("POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: "
                        + another.key()
                        + "\r\ncontent-length: 2\r\n\r\n{}")
                    .getBytes(StandardCharsets.UTF_8));
        try (var call = silent.accept()) {
          call.setSoTimeout(10_000);
          var request = new byte[8192];
          int read = 0;
          while (!new String(request, 0, read, StandardCharsets.UTF_8).endsWith("{}")) {
            read += call.getInputStream().read(request, read, request.length - read);
          }
          if (!answered.isEmpty()) {
            call.getOutputStream().write(answered.getBytes(StandardCharsets.UTF_8));
            assertThat(program.getInputStream().read()).isEqualTo('H');
          }

          hangUp(program);

          assertThat(endOf(call)).isTrue();
        }
      }
    }
  }

  private static void hangUp(Socket program) throws IOException {
    program.close();
  }

  private static boolean endOf(Socket call) throws IOException {
    try {
      return call.getInputStream().read() < 0;
    } catch (SocketTimeoutException _) {
      return false;
    } catch (SocketException _) {
      return true; // reset
    }
  }

  @Test
  void anEnclaveThatIsAwayIsABadGateway() throws Exception {
    enclave.close();

    assertThat(call("x-api-key", helper.key()).statusCode()).isEqualTo(502);
  }

  private HttpResponse<InputStream> call(String header, String value) throws Exception {
    return client.send(
        HttpRequest.newBuilder(helper.url().resolve("/v1/messages"))
            .header(header, value)
            .header("anthropic-beta", "x")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"a\": 1}"))
            .build(),
        HttpResponse.BodyHandlers.ofInputStream());
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      if (!latch.await(10, TimeUnit.SECONDS)) {
        throw new IOException("nobody read the first bytes");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
