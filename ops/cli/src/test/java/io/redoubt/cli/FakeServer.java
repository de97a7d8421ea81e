package io.redoubt.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** A server on loopback whose answers a test writes down, and which remembers what it was asked. */
public final class FakeServer implements AutoCloseable {
  /** What came in. */
  public record Request(
      String method, String target, Map<String, List<String>> headers, String body) {
    public String header(String name) {
      return headers.entrySet().stream()
          .filter(header -> header.getKey().equalsIgnoreCase(name))
          .map(header -> header.getValue().getFirst())
          .findFirst()
          .orElse("");
    }
  }

  /** Answers one call. */
  public interface Answer {
    void to(HttpExchange exchange, Request request) throws IOException;
  }

  private final HttpServer server;
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  public FakeServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  /** A control plane that gives everybody a token. */
  public static FakeServer controlPlane() {
    return new FakeServer()
        .on(
            "POST /api/v1/iam/token",
            json(
                200,
                "{\"access_token\":\"op-token\",\"token_type\":\"Bearer\",\"expires_in\":900}"));
  }

  public FakeServer on(String methodAndPath, Answer answer) {
    answers.put(methodAndPath, answer);
    return this;
  }

  public static Answer json(int status, String body) {
    return (exchange, _) -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange
          .getResponseHeaders()
          .set("Content-Type", status < 400 ? "application/json" : "application/problem+json");
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    };
  }

  /** All there is, on one page. */
  public static Answer list(String... items) {
    return json(200, "{\"items\":[" + String.join(",", items) + "],\"next_cursor\":null}");
  }

  public static Answer problem(int status, String title, String detail) {
    return json(
        status,
        """
        {"type":"urn:redoubt:error:x","title":"%s","status":%d,"detail":"%s","instance":"/x",
         "trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}\
        """
            .formatted(title, status, detail));
  }

  public URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  public List<Request> requests() {
    return List.copyOf(requests);
  }

  private void handle(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    var request =
        new Request(
            exchange.getRequestMethod(),
            exchange.getRequestURI().toString(),
            Map.copyOf(exchange.getRequestHeaders()),
            body);
    requests.add(request);
    answers
        .getOrDefault(
            request.method() + " " + exchange.getRequestURI().getPath(),
            problem(404, "There is no such thing", "nothing here"))
        .to(exchange, request);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
