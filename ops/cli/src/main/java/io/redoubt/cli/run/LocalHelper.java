package io.redoubt.cli.run;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A loopback address that stands for the acting endpoint, for programs that read their key once: it
 * takes a key that lasts as long as the program and puts the access token of the moment in its
 * place. Bytes pass through as they come, in both directions.
 */
final class LocalHelper implements AutoCloseable {
  static {
    // Read once by the JDK's server: a chunk is sent when it is there, and connections are bounded.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("jdk.httpserver.maxConnections", "512");
  }

  private static final int MAX_EXCHANGES = 256;
  private static final int CHUNK = 16 * 1024;

  /** A model may think for minutes before its first byte; the enclave has the real limit. */
  private static final Duration HEAD_TIMEOUT = Duration.ofMinutes(15);

  /** Belong to one connection (RFC 9110 §7.6.1), or carry the key that is replaced here. */
  private static final Set<String> NOT_FORWARDED =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authorization",
          "proxy-authenticate",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings",
          "content-length",
          "host",
          "expect",
          "authorization",
          "x-api-key");

  private final URI target;
  private final HttpClient http;
  private final Supplier<String> accessToken;
  private final byte[] key;
  private final String keyText;
  private final HttpServer server;
  private final ProgramConnections programs;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore room = new Semaphore(MAX_EXCHANGES);

  LocalHelper(URI target, HttpClient http, Supplier<String> accessToken) throws IOException {
    this.target = target;
    this.http = http;
    this.accessToken = accessToken;
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    this.keyText = "rdl_" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    this.key = keyText.getBytes(StandardCharsets.UTF_8);
    this.server =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
    this.programs = new ProgramConnections(server.getAddress());
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + programs.port());
  }

  /** What the program shows as its key. Good on this address only, and only while it runs. */
  String key() {
    return keyText;
  }

  private void handle(HttpExchange exchange) throws IOException {
    if (!isAuthorized(exchange)) {
      refuse(
          exchange,
          401,
          "authentication_error",
          "This local address wants the key that" + " `redoubt run` put into the environment.");
      return;
    }
    if (!room.tryAcquire()) {
      refuse(exchange, 503, "overloaded_error", "Too many calls at once through this address.");
      return;
    }
    try {
      forward(exchange);
    } finally {
      room.release();
    }
  }

  private boolean isAuthorized(HttpExchange exchange) {
    @Nullable String bearer = exchange.getRequestHeaders().getFirst("Authorization");
    @Nullable String apiKey = exchange.getRequestHeaders().getFirst("x-api-key");
    return (bearer != null && bearer.startsWith("Bearer ") && isKey(bearer.substring(7)))
        || (apiKey != null && isKey(apiKey));
  }

  private boolean isKey(String presented) {
    return MessageDigest.isEqual(key, presented.getBytes(StandardCharsets.UTF_8));
  }

  private void forward(HttpExchange exchange) throws IOException {
    CompletableFuture<HttpResponse<InputStream>> answer;
    try {
      answer = http.sendAsync(request(exchange), HttpResponse.BodyHandlers.ofInputStream());
    } catch (IllegalArgumentException e) {
      refuse(exchange, 400, "invalid_request_error", "This request cannot be passed on.");
      return;
    }
    // A model that thinks for minutes is to stop when nobody wants to hear it any more.
    try (var _ = programs.watch(exchange.getRemoteAddress().getPort(), () -> giveUp(answer))) {
      passOn(exchange, answer.get());
    } catch (CancellationException _) {
      exchange.close();
    } catch (ExecutionException _) {
      refuse(exchange, 502, "api_error", target + " did not answer.");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      giveUp(answer);
      refuse(exchange, 503, "api_error", "This local address is going away.");
    }
  }

  /** Ends the call at the enclave, whether its answer has begun or not. */
  private static void giveUp(CompletableFuture<HttpResponse<InputStream>> answer) {
    if (!answer.cancel(true) && answer.state() == Future.State.SUCCESS) {
      try {
        answer.resultNow().body().close();
      } catch (IOException _) {
        // over, which is all that is wanted
      }
    }
  }

  private static void passOn(HttpExchange exchange, HttpResponse<InputStream> response)
      throws IOException {
    try (InputStream body = response.body()) {
      response
          .headers()
          .map()
          .forEach((name, values) -> {
            if (isForwarded(name)) {
              exchange.getResponseHeaders().put(name, List.copyOf(values));
            }
          });
      long length = response.headers().firstValueAsLong("content-length").orElse(0);
      boolean empty =
          response.statusCode() == 204
              || response.statusCode() == 304
              || exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(response.statusCode(), empty ? -1 : length);
      // An error in here leaves without closing the stream: the connection breaks, and the program
      // sees that the reply is not whole.
      if (!empty) {
        OutputStream out = exchange.getResponseBody();
        byte[] chunk = new byte[CHUNK];
        for (int n = body.read(chunk); n >= 0; n = body.read(chunk)) {
          out.write(chunk, 0, n);
          out.flush();
        }
        out.close();
      }
    }
  }

  private HttpRequest request(HttpExchange exchange) {
    var request =
        HttpRequest.newBuilder(destination(exchange.getRequestURI()))
            .timeout(HEAD_TIMEOUT)
            .method(exchange.getRequestMethod(), body(exchange));
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> {
          if (isForwarded(name)) {
            values.forEach(value -> request.header(name, value));
          }
        });
    return request.header("Authorization", "Bearer " + accessToken.get()).build();
  }

  /** Path and query of the request at the acting endpoint, whatever host the request names. */
  private URI destination(URI asked) {
    String query = asked.getRawQuery() == null ? "" : "?" + asked.getRawQuery();
    return URI.create(target + asked.getRawPath() + query);
  }

  private static HttpRequest.BodyPublisher body(HttpExchange exchange) {
    @Nullable String length = exchange.getRequestHeaders().getFirst("Content-Length");
    if (length == null && exchange.getRequestHeaders().getFirst("Transfer-Encoding") == null) {
      return HttpRequest.BodyPublishers.noBody();
    }
    var stream = HttpRequest.BodyPublishers.ofInputStream(exchange::getRequestBody);
    if (length == null) {
      return stream;
    }
    long bytes = Long.parseLong(length);
    return bytes == 0
        ? HttpRequest.BodyPublishers.noBody()
        : HttpRequest.BodyPublishers.fromPublisher(stream, bytes);
  }

  private static boolean isForwarded(String name) {
    return !NOT_FORWARDED.contains(name.toLowerCase(Locale.ROOT)) && !name.startsWith(":");
  }

  /** In the envelope that the caller's SDK understands. */
  private static void refuse(HttpExchange exchange, int status, String type, String message)
      throws IOException {
    boolean anthropic = exchange.getRequestURI().getPath().startsWith("/v1/messages");
    Map<String, ?> error =
        anthropic
            ? Map.of("type", "error", "error", Map.of("type", type, "message", message))
            : Map.of("error", Map.of("type", type, "message", message));
    byte[] bytes = Json.write(error);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    programs.close();
    server.stop(0);
    threads.shutdownNow();
  }
}
