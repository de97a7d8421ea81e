package io.redoubt.proxy.tools;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** An API that wants a credential, on a real port; it keeps what it was asked. */
final class FakeApi implements AutoCloseable {
  static final String SECRET = "s3cret-of-the-api";

  /** One request, as it came over the wire. */
  record Asked(
      String method, String target, String authorization, String contentType, String body) {}

  /** What it answers. */
  interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private volatile Answer answer = json(200, "{\"ok\":true}");

  FakeApi() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::serve);
    server.start();
  }

  private void serve(HttpExchange exchange) throws IOException {
    var headers = exchange.getRequestHeaders();
    String authorization = String.valueOf(headers.getFirst("Authorization"));
    asked.add(
        new Asked(
            exchange.getRequestMethod(),
            exchange.getRequestURI().toString(),
            authorization,
            String.valueOf(headers.getFirst("Content-Type")),
            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
    if (!authorization.equals("Bearer " + SECRET)) {
      json(401, "{\"error\":\"who are you?\"}").to(exchange);
    } else {
      answer.to(exchange);
    }
    exchange.close();
  }

  static Answer json(int status, String body) {
    return with(status, "application/json; charset=utf-8", body.getBytes(StandardCharsets.UTF_8));
  }

  static Answer with(int status, String contentType, byte[] body) {
    return exchange -> {
      exchange.getResponseHeaders().set("Content-Type", contentType);
      exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    };
  }

  /** Says nothing more until then; and not for ever, whatever a test does. */
  static void holdUntil(CountDownLatch release) throws IOException {
    try {
      if (!release.await(20, TimeUnit.SECONDS)) {
        throw new IOException("never released");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  void answers(Answer next) {
    answer = next;
  }

  Asked last() {
    return asked.getLast();
  }

  URI base() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/api/");
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
