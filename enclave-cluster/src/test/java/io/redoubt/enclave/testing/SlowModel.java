package io.redoubt.enclave.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** A model behind the Anthropic interface whose streams never end by themselves. */
public final class SlowModel implements AutoCloseable {
  public static final String API_KEY = "sk-ant-test-0123456789abcdefghijklmnopqrstuv";

  public final AtomicInteger requests = new AtomicInteger();
  public final AtomicReference<String> credential = new AtomicReference<>("");
  public final AtomicReference<String> body = new AtomicReference<>("");
  private volatile String verdict = "";
  private volatile String opinion = "";
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  public SlowModel() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/v1/messages", this::answer);
    server.start();
  }

  public URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** What it says from now on where it has to call a tool. */
  public void answers(String message) {
    verdict = message;
  }

  /** What it says where it is to judge a call. */
  public void judges(String message) {
    opinion = message;
  }

  private String said(String asked) {
    return asked.contains("\"verdict\"") ? opinion : verdict;
  }

  private void answer(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    credential.set(String.valueOf(exchange.getRequestHeaders().getFirst("x-api-key")));
    String asked = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    body.set(asked);
    try (exchange) {
      if (asked.contains("\"stream\":true")) {
        stream(exchange);
      } else {
        byte[] reply =
            (asked.contains("\"tool_choice\"")
                    ? said(asked)
                    : "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\","
                        + "\"model\":\"test-model\","
                        + "\"content\":[{\"type\":\"text\",\"text\":\"hello\"}],"
                        + "\"stop_reason\":\"end_turn\","
                        + "\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}")
                .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, reply.length);
        exchange.getResponseBody().write(reply);
      }
    }
  }

  private static void stream(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    var out = exchange.getResponseBody();
    try {
      while (true) {
        out.write("event: ping\ndata: {\"type\":\"ping\"}\n\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
        Thread.sleep(50);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
