package io.redoubt.multinode.product;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.redoubt.multinode.history.Sighting;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A model provider of our own, which remembers what it saw and when. A prompt is the caller's trace
 * id and agent; a streamed reply ends after the milliseconds that the prompt may name besides, and
 * otherwise never by itself, and each of its pieces says when it was sent. Where a request offers
 * tools, its reply proposes calls.
 */
public final class Upstream implements AutoCloseable {
  private static final long PIECE_MILLIS = 20;
  private static final AtomicInteger NAMES = new AtomicInteger();

  /** Whose API a request speaks. */
  public enum Kind {
    ANTHROPIC("/v1/messages", ""),
    OPENAI("/v1/chat/completions", "/v1");

    private final String path;
    private final String base;

    Kind(String path, String base) {
      this.path = path;
      this.base = base;
    }

    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    String path() {
      return path;
    }
  }

  private final InstantSource clock;
  private final String model;
  private final String name;
  private final String key;
  private final HttpServer server;
  private final ConcurrentLinkedQueue<Sighting> sightings = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> strangeRequests = new ConcurrentLinkedQueue<>();
  private final AtomicInteger streaming = new AtomicInteger();
  private final CountDownLatch closing = new CountDownLatch(1);

  private Upstream(InstantSource clock, HttpServer server) {
    this.clock = clock;
    this.server = server;
    this.name = "recorded" + NAMES.incrementAndGet();
    this.model = "model-of-" + name;
    this.key = "sk-upstream-" + Trace.next();
  }

  /** Starts on any free port. */
  public static Upstream start(InstantSource clock) {
    try {
      var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
      var upstream = new Upstream(clock, HttpServer.create(address, 1024));
      upstream.server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      upstream.server.createContext("/", upstream::serve);
      upstream.server.start();
      return upstream;
    } catch (IOException e) {
      throw new IllegalStateException("the upstream does not start", e);
    }
  }

  URI baseUrl(Kind kind) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + kind.base);
  }

  String name() {
    return name;
  }

  String key() {
    return key;
  }

  /** The one model that it serves; no other upstream does. */
  public String model() {
    return model;
  }

  public List<Sighting> sightings() {
    return List.copyOf(sightings);
  }

  /** Requests that came without the provider's credential, or with the agent's. */
  public List<String> strangeRequests() {
    return List.copyOf(strangeRequests);
  }

  /** How many streamed replies are open right now. */
  public int streaming() {
    return streaming.get();
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      Instants now = new Instants(clock.instant(), System.nanoTime());
      JsonNode request =
          Documents.parse(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      String[] prompt = request.at("/messages/0/content").asText().split(" ", -1);
      sightings.add(new Sighting(prompt[0], prompt[1], now.wall(), now.nanos()));
      checkCredentials(exchange);
      boolean anthropic = exchange.getRequestURI().getPath().equals(Kind.ANTHROPIC.path);
      boolean streamed = request.path("stream").asBoolean();
      if (!request.path("tools").isEmpty()) {
        whole(exchange, streamed, Proposal.reply(anthropic, streamed));
      } else if (streamed) {
        stream(exchange, anthropic, prompt.length > 2 ? Long.parseLong(prompt[2]) : Long.MAX_VALUE);
      } else {
        whole(exchange, false, anthropic ? ANTHROPIC : OPENAI);
      }
    }
  }

  private static void whole(HttpExchange exchange, boolean events, String reply)
      throws IOException {
    byte[] body = reply.getBytes(StandardCharsets.UTF_8);
    exchange
        .getResponseHeaders()
        .add("Content-Type", events ? "text/event-stream" : "application/json");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
  }

  private record Instants(Instant wall, long nanos) {}

  private void checkCredentials(HttpExchange exchange) {
    var headers = exchange.getRequestHeaders();
    boolean injected =
        key.equals(headers.getFirst("x-api-key"))
            || ("Bearer " + key).equals(headers.getFirst("Authorization"));
    if (!injected || headers.toString().contains("eyJ")) {
      strangeRequests.add(exchange.getRequestURI() + " " + headers.keySet());
    }
  }

  private void stream(HttpExchange exchange, boolean anthropic, long millis) throws IOException {
    long started = System.nanoTime();
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    streaming.incrementAndGet();
    try {
      OutputStream body = exchange.getResponseBody();
      send(body, anthropic ? ANTHROPIC_START : "");
      do {
        String piece = anthropic ? ANTHROPIC_PIECE : OPENAI_PIECE;
        send(body, piece.replace("{nanos}", Long.toString(System.nanoTime())));
      } while (!closing.await(PIECE_MILLIS, TimeUnit.MILLISECONDS)
          && TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started) < millis);
      send(body, anthropic ? ANTHROPIC_STOP : OPENAI_STOP);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      streaming.decrementAndGet();
    }
  }

  /** Whether a line of a streamed reply is the one that ends it, as its client knows. */
  static boolean isLastWord(String line) {
    return line.equals("data: [DONE]") || line.contains("\"message_stop\"");
  }

  private static void send(OutputStream body, String text) throws IOException {
    body.write(text.getBytes(StandardCharsets.UTF_8));
    body.flush();
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
  }

  private static final String ANTHROPIC =
      """
      {"id":"msg_1","type":"message","role":"assistant","model":"recorded","stop_reason":"end_turn",\
      "stop_sequence":null,"content":[{"type":"text","text":"seen"}],\
      "usage":{"input_tokens":3,"output_tokens":1}}\
      """;

  private static final String OPENAI =
      """
      {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"recorded","choices":[\
      {"index":0,"message":{"role":"assistant","content":"seen"},"finish_reason":"stop"}],\
      "usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}\
      """;

  private static final String ANTHROPIC_START =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",\
      "model":"recorded","content":[],"stop_reason":null,"stop_sequence":null,\
      "usage":{"input_tokens":3,"output_tokens":1}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      """;

  private static final String ANTHROPIC_PIECE =
      """
      event: content_block_delta
      data: {"type":"content_block_delta","index":0,\
      "delta":{"type":"text_delta","text":"sent={nanos};"}}

      """;

  private static final String ANTHROPIC_STOP =
      """
      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},\
      "usage":{"output_tokens":9}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  private static final String OPENAI_PIECE =
      """
      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"recorded",\
      "choices":[{"index":0,"delta":{"content":"sent={nanos};"},"finish_reason":null}]}

      """;

  private static final String OPENAI_STOP =
      """
      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"recorded",\
      "choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

      data: [DONE]

      """;
}
