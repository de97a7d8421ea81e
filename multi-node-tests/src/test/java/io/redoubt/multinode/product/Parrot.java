package io.redoubt.multinode.product;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A model provider that answers with what it was asked, in the words of whoever asks, and proposes
 * two calls beside it: of {@code look_up}, and of {@code transfer} with a large {@code amount}; the
 * {@code note} of both is the question once more.
 */
public final class Parrot implements AutoCloseable {
  private static final AtomicInteger NAMES = new AtomicInteger();

  private final HttpServer server;
  private final String name = "parrot" + NAMES.incrementAndGet();
  private final String key;
  private final ConcurrentLinkedQueue<String> prompts = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile CountDownLatch silence = new CountDownLatch(0);

  private Parrot(HttpServer server, String key) {
    this.server = server;
    this.key = key;
  }

  /** Starts on any free port. */
  public static Parrot start(Product product) {
    try {
      var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
      var parrot =
          new Parrot(
              HttpServer.create(address, 64), product.secrets().note("sk-parrot-" + Trace.next()));
      parrot.server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      parrot.server.createContext("/", parrot::serve);
      parrot.server.start();
      return parrot;
    } catch (IOException e) {
      throw new IllegalStateException("the parrot does not start", e);
    }
  }

  /** The one model that it serves; no other provider does. */
  public String model() {
    return "model-of-" + name;
  }

  /** Names it as the provider of its model, for the agents of this operator's organization. */
  public void serve(Operator operator) {
    for (Upstream.Kind kind : Upstream.Kind.values()) {
      String url = "http://127.0.0.1:" + server.getAddress().getPort();
      var body =
          Documents.object()
              .put("kind", kind.wire())
              .put("base_url", kind == Upstream.Kind.ANTHROPIC ? url : url + "/v1")
              .put("api_key", key)
              .put("timeout_seconds", 60);
      body.putArray("models").add(model());
      operator.call("PUT", "/api/v1/providers/" + name + "-" + kind.wire(), body);
    }
  }

  /** What it was asked, as it came here. */
  public List<String> prompts() {
    return List.copyOf(prompts);
  }

  /** Whoever asks waits for the answer from now on. */
  public void hush() {
    silence = new CountDownLatch(1);
  }

  /** How many wait. */
  public int waiting() {
    return waiting.get();
  }

  /** All that wait are answered, and whoever asks from now on. */
  public void speak() {
    silence.countDown();
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode request =
          Documents.parse(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      String path = exchange.getRequestURI().getPath();
      String prompt = request.at("/messages/0/content").asText(request.path("input").asText());
      prompts.add(prompt);
      waiting.incrementAndGet();
      try {
        silence.await();
      } finally {
        waiting.decrementAndGet();
      }
      boolean streamed = request.path("stream").asBoolean();
      byte[] reply = Said.reply(path, streamed, prompt).getBytes(StandardCharsets.UTF_8);
      exchange
          .getResponseHeaders()
          .add("Content-Type", streamed ? "text/event-stream" : "application/json");
      exchange.sendResponseHeaders(200, reply.length);
      exchange.getResponseBody().write(reply);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    speak();
    server.stop(0);
  }
}
