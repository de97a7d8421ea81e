package io.redoubt.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpEdgeTest {
  private record Greeting(String name, AgentId agent) {}

  private final EdgeConfig config =
      EdgeConfig.from(
          ConfigFactory.parseString(
                  """
                  redoubt.http {
                    max-body-bytes = 200
                    body-deadline = 300 ms
                    head-deadline = 400 ms
                    trusted-proxies = ["127.0.0.1"]
                  }
                  """)
              .withFallback(ConfigFactory.load()));
  private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "edge");
  private final HttpClient client = HttpClient.newHttpClient();
  private final CompletableFuture<Void> waiting = new CompletableFuture<>();
  private final CompletableFuture<Void> clientGone = new CompletableFuture<>();
  private ServerBinding binding;
  private int port;

  @BeforeAll
  void start() throws Exception {
    var bodies = new Bodies(config);
    Route routes =
        concat(
            path(
                "greet",
                () ->
                    post(() ->
                        bodies.json(
                            Greeting.class,
                            greeting -> Replies.json(200, Map.of("hello", greeting.name()))))),
            path("form", () -> post(() -> bodies.form(form -> Replies.json(200, form)))),
            path(
                "source",
                () -> get(() -> Requests.source(config, a -> complete(a.getHostAddress())))),
            path(
                "wait",
                () ->
                    Directives.extractRequest(request -> {
                      waiting.complete(null);
                      var gone = request.getAttribute(HttpServer.CLIENT_GONE).orElseThrow();
                      gone.thenRun(() -> clientGone.complete(null));
                      return Replies.async(new CompletableFuture<>());
                    })),
            path(
                "busy",
                () ->
                    get(() -> {
                      throw ProblemException.retryAfter(ErrorType.RATE_LIMITED, "Slowly.", 7);
                    })),
            path(
                "overflow",
                () ->
                    get(() -> {
                      throw new StackOverflowError();
                    })),
            path(
                "missing-class",
                () ->
                    get(() ->
                        Replies.async(
                            CompletableFuture.supplyAsync(() -> {
                              throw new NoClassDefFoundError("io/secret/Missing");
                            })))),
            path(
                "overflow-later",
                () ->
                    get(() ->
                        Replies.async(
                            CompletableFuture.supplyAsync(() ->
                                Directives.extractRequest(_ -> {
                                  throw new StackOverflowError();
                                }))))),
            path(
                "assertion-in-body",
                () ->
                    post(() ->
                        bodies.json(
                            Greeting.class,
                            _ -> {
                              throw new AssertionError("of a secret");
                            }))),
            path(
                "broken",
                () ->
                    get(() ->
                        Replies.async(
                            CompletableFuture.failedFuture(
                                new IllegalStateException("select secret from table"))))));
    Route sealed = new HttpEdge("test", new SimpleMeterRegistry()).seal(routes);
    binding =
        HttpServer.start(system, "127.0.0.1", 0, Optional.empty(), config, sealed)
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
    port = binding.localAddress().getPort();
  }

  @AfterAll
  void stop() throws Exception {
    client.close();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void aGoodBodyIsRead() throws Exception {
    var answer =
        submit("/greet", json("{\"name\":\"Ada\",\"agent\":\"agt_" + "0".repeat(32) + "\"}"));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"hello\":\"Ada\"}");
    assertThat(answer.headers().firstValue("cache-control")).contains("no-store");
  }

  @Test
  void whatIsNotJsonIsMalformed() throws Exception {
    assertProblem(submit("/greet", json("{\"name\":")), ErrorType.MALFORMED_REQUEST);
    assertProblem(submit("/greet", json("")), ErrorType.MALFORMED_REQUEST);
    assertProblem(submit("/greet", json("{} {}")), ErrorType.MALFORMED_REQUEST);
  }

  @Test
  void aWrongFieldIsNamedByItsPointer() throws Exception {
    var wrongType =
        assertProblem(submit("/greet", json("{\"name\":7}")), ErrorType.INVALID_REQUEST);
    var wrongId =
        assertProblem(submit("/greet", json("{\"agent\":\"x\"}")), ErrorType.INVALID_REQUEST);
    var unknown =
        assertProblem(submit("/greet", json("{\"nmae\":\"\"}")), ErrorType.INVALID_REQUEST);

    assertThat(wrongType.at("/errors/0/pointer").asText()).isEqualTo("/name");
    assertThat(wrongId.at("/errors/0/pointer").asText()).isEqualTo("/agent");
    assertThat(wrongId.at("/errors/0/detail").asText()).contains("agt_");
    assertThat(unknown.at("/errors/0/pointer").asText()).isEqualTo("/nmae");
  }

  @Test
  void duplicateKeysAreRefused() throws Exception {
    assertProblem(
        submit("/greet", json("{\"name\":\"a\",\"name\":\"b\"}")), ErrorType.MALFORMED_REQUEST);
  }

  @Test
  void anotherContentTypeIsNotSupported() throws Exception {
    assertProblem(submit("/greet", body("text/plain", "{}")), ErrorType.UNSUPPORTED_MEDIA_TYPE);
    assertProblem(submit("/form", json("{}")), ErrorType.UNSUPPORTED_MEDIA_TYPE);
  }

  @Test
  void jsonIsReadInUtf8Alone() throws Exception {
    assertProblem(
        submit("/greet", body("application/json; charset=utf-16", "{\"name\":\"Ada\"}")),
        ErrorType.UNSUPPORTED_MEDIA_TYPE);
    assertThat(
            submit("/greet", body("application/json; charset=UTF-8", "{\"name\":\"Ada\"}"))
                .statusCode())
        .isEqualTo(200);
    for (var charset : List.of(UTF_16, UTF_16LE, UTF_16BE, Charset.forName("UTF-32"))) {
      var utf16 =
          request("/greet")
              .header("content-type", "application/json")
              .POST(BodyPublishers.ofByteArray("{\"name\":\"Ada\"}".getBytes(charset)));
      assertProblem(send(utf16), ErrorType.MALFORMED_REQUEST);
    }
  }

  @Test
  void aLargeBodyOfUnknownLengthIsTooLargeAlsoWhereItsSenderBreaksOff() throws Exception {
    for (int chunks : new int[] {1, 3, 100, 1000}) {
      for (String end : new String[] {"0\r\n\r\n", "", "5\r\nab"}) {
        try (var socket = connect()) {
          var request =
              new StringBuilder("POST /greet HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
                  .append("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
          for (int i = 0; i < chunks; i++) {
            request.append("100\r\n").append(" ".repeat(256)).append("\r\n");
          }
          write(socket, request.append(end).toString());
          socket.shutdownOutput();

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
      try (var socket = connect()) {
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
      try (var socket = connect()) {
        write(socket, head);
        var sender = Thread.ofVirtual().start(() -> sendForEver(socket, chunk));

        assertThat(heard(socket)).startsWith("HTTP/1.1 413");
        sender.join();
      }
    }
  }

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
        request("/greet")
            .header("content-type", "application/json")
            .POST(
                BodyPublishers.fromPublisher(
                    BodyPublishers.ofString(large, StandardCharsets.UTF_8)));

    assertProblem(submit("/greet", json(large)), ErrorType.CONTENT_TOO_LARGE);
    assertProblem(send(chunked), ErrorType.CONTENT_TOO_LARGE);
  }

  @Test
  void aRepeatedFormParameterIsRefused() throws Exception {
    assertProblem(
        submit("/form", body("application/x-www-form-urlencoded", "a=1&a=2")),
        ErrorType.MALFORMED_REQUEST);
  }

  @Test
  void unknownPathsAndMethodsHaveTheirProblems() throws Exception {
    assertProblem(send(request("/nowhere").GET()), ErrorType.NOT_FOUND);
    var wrongMethod = send(request("/greet").DELETE());

    assertProblem(wrongMethod, ErrorType.METHOD_NOT_ALLOWED);
    assertThat(wrongMethod.headers().firstValue("allow")).contains("POST");
  }

  @Test
  void aRateLimitSaysWhenToComeBack() throws Exception {
    var answer = send(request("/busy").GET());

    assertProblem(answer, ErrorType.RATE_LIMITED);
    assertThat(answer.headers().firstValue("retry-after")).contains("7");
  }

  @Test
  void anUnknownFailureSaysNothingInternal() throws Exception {
    var answer = send(request("/broken").GET());

    assertProblem(answer, ErrorType.INTERNAL);
    assertThat(answer.body()).doesNotContain("secret").doesNotContain("IllegalState");
  }

  @Test
  void anErrorIsAnsweredLikeAnyFailureWhereverItIsThrown() throws Exception {
    for (String path : new String[] {"/overflow", "/missing-class", "/overflow-later"}) {
      var answer = send(request(path).timeout(Duration.ofSeconds(10)).GET());

      assertProblem(answer, ErrorType.INTERNAL);
      assertThat(answer.body()).doesNotContain("secret").doesNotContain("Error\"");
    }
    assertProblem(submit("/assertion-in-body", json("{}")), ErrorType.INTERNAL);
    var chunked =
        request("/assertion-in-body")
            .timeout(Duration.ofSeconds(10))
            .header("content-type", "application/json")
            .POST(BodyPublishers.fromPublisher(BodyPublishers.ofString("{}")));
    assertProblem(send(chunked), ErrorType.INTERNAL);
    assertThat(system.whenTerminated().isCompleted()).as("the process lives on").isFalse();
  }

  @Test
  void aCallersTraceIsContinued() throws Exception {
    String traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    var answer =
        send(
            request("/nowhere")
                .header("traceparent", "00-" + traceId + "-00f067aa0ba902b7-01")
                .GET());

    assertThat(assertProblem(answer, ErrorType.NOT_FOUND).get("trace_id").asText())
        .isEqualTo(traceId);
    assertThat(answer.headers().firstValue("traceparent").orElseThrow())
        .startsWith("00-" + traceId + "-")
        .doesNotContain("00f067aa0ba902b7");
  }

  @Test
  void onlyTheLastHopThatATrustedProxySawCounts() throws Exception {
    var forged = send(request("/source").header("x-forwarded-for", "10.9.9.9, 198.51.100.7").GET());
    var standard =
        send(
            request("/source").header("forwarded", "for=10.9.9.9, for=\"[2001:db8::1]:80\"").GET());
    var garbage = send(request("/source").header("x-forwarded-for", "10.9.9.9, nonsense").GET());

    assertThat(forged.body()).isEqualTo("198.51.100.7");
    assertThat(standard.body()).isEqualTo("2001:db8:0:0:0:0:0:1");
    assertThat(garbage.body()).isEqualTo("127.0.0.1");
  }

  @Test
  void tenThousandHeadersAreTooMany() throws Exception {
    try (var socket = connect()) {
      var head = new StringBuilder("GET /source HTTP/1.1\r\nHost: x\r\n");
      for (int i = 0; i < 10_000; i++) {
        head.append("X-H").append(i).append(": v\r\n");
      }
      String answer = exchange(socket, head.append("\r\n").toString());

      assertThat(answer).startsWith("HTTP/1.1 431").contains(ErrorType.HEADERS_TOO_LARGE.urn());
    }
  }

  @Test
  void aRouteLearnsThatItsClientHasGone() throws Exception {
    try (var socket = connect()) {
      socket.getOutputStream().write("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
      waiting.get(10, TimeUnit.SECONDS);
      assertThat(clientGone).isNotDone();
    }

    assertThat(clientGone).succeedsWithin(Duration.ofSeconds(10));
  }

  @Test
  void whatIsNoHttpIsMalformed() throws Exception {
    try (var socket = connect()) {
      assertThat(exchange(socket, "\u0016\u0003\u0001 hello\r\n\r\n"))
          .startsWith("HTTP/1.1 400")
          .contains(ErrorType.MALFORMED_REQUEST.urn());
    }
  }

  @Test
  void aSenderWhoDripsItsHeadersIsDisconnected() throws Exception {
    try (var socket = connect()) {
      socket.getOutputStream().write("GET /source HTT".getBytes(US_ASCII));
      socket.getOutputStream().flush();

      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void aSenderWhoDripsItsBodyIsToldAndDisconnected() throws Exception {
    try (var socket = connect()) {
      String answer =
          exchange(
              socket,
              "POST /greet HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  + "Content-Length: 100\r\n\r\n{");

      assertThat(answer).startsWith("HTTP/1.1 408").contains(ErrorType.REQUEST_TIMEOUT.urn());
    }
  }

  private JsonNode assertProblem(HttpResponse<String> answer, ErrorType type) throws IOException {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(type.status());
    assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    var problem = Json.LENIENT.readTree(answer.body());
    assertThat(problem.get("type").asText()).isEqualTo(type.urn());
    assertThat(problem.get("trace_id").asText()).hasSize(32);
    return problem;
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private record Content(String type, String text) {}

  private static Content json(String text) {
    return body("application/json", text);
  }

  private static Content body(String type, String text) {
    return new Content(type, text);
  }

  private HttpResponse<String> submit(String path, Content content) throws Exception {
    return send(
        request(path)
            .header("content-type", content.type())
            .POST(BodyPublishers.ofString(content.text())));
  }

  private Socket connect() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(10_000);
    return socket;
  }

  /** All that comes before the server hangs up, however it does. */
  private static String heard(Socket socket) throws IOException {
    var heard = new ByteArrayOutputStream();
    try {
      for (int b = socket.getInputStream().read(); b >= 0; b = socket.getInputStream().read()) {
        heard.write(b);
      }
    } catch (SocketException _) {
      // reset: it does not read on
    }
    return heard.toString(StandardCharsets.UTF_8);
  }

  private static void write(Socket socket, String request) throws IOException {
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  private static String exchange(Socket socket, String request) throws IOException {
    write(socket, request);
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
