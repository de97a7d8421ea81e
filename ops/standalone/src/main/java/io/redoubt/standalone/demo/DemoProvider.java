package io.redoubt.standalone.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stand-in for Anthropic and OpenAI on loopback. It calls no model and says so in every answer.
 * It checks what the real ones check, so that what works here works there.
 */
public final class DemoProvider implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DemoProvider.class);
  private static final int MAX_BODY_BYTES = 32 << 20;

  /**
   * No secret: what the control plane keeps for a simulated provider. Wanted here all the same, so
   * that a call without the injected credential fails as it would at a real one.
   */
  private static final String API_KEY = "simulated";

  private static final String ANTHROPIC = "/anthropic";
  private static final String OPENAI = "/openai";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AnthropicDemo anthropic;
  private final OpenAiDemo openAi;

  private DemoProvider(HttpServer server, InstantSource clock) {
    this.server = server;
    this.anthropic = new AnthropicDemo(API_KEY);
    this.openAi = new OpenAiDemo(API_KEY, clock);
  }

  /**
   * Starts listening on loopback.
   *
   * @param port 0: any free one
   */
  public static DemoProvider start(int port, InstantSource clock) throws IOException {
    // Read once by the JDK's server: without it small chunks wait for the peer's acknowledgement.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    var provider = new DemoProvider(HttpServer.create(address, 0), clock);
    provider.server.setExecutor(provider.threads);
    provider.server.createContext(
        ANTHROPIC, exchange -> provider.handle(exchange, ANTHROPIC, provider.anthropic::handle));
    provider.server.createContext(
        OPENAI, exchange -> provider.handle(exchange, OPENAI, provider.openAi::handle));
    provider.server.start();
    return provider;
  }

  /** Joined with {@code /v1/messages}, as Anthropic's SDK does. */
  public URI anthropicBaseUrl() {
    return URI.create(origin() + ANTHROPIC);
  }

  /** Joined with {@code /chat/completions}, as OpenAI's SDK does. */
  public URI openAiBaseUrl() {
    return URI.create(origin() + OPENAI + "/v1");
  }

  private String origin() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private interface Interface {
    void handle(String method, String path, DemoExchange call) throws IOException;
  }

  private void handle(HttpExchange exchange, String prefix, Interface provider) throws IOException {
    try {
      String path = exchange.getRequestURI().getPath().substring(prefix.length());
      provider.handle(
          exchange.getRequestMethod(), path, new DemoExchange(exchange, body(exchange)));
      exchange.close();
    } catch (IOException e) {
      // The caller went away: what a cut stream looks like from here. Leaving the exchange open
      // breaks the connection instead of ending the reply as if it were whole.
      LOG.debug("a call of the demo provider was cut: {}", e.getMessage());
      throw e;
    }
  }

  /** The body as JSON; missing where it is none, which every interface refuses in its own words. */
  private static JsonNode body(HttpExchange exchange) throws IOException {
    try (InputStream in = exchange.getRequestBody()) {
      byte[] bytes = in.readNBytes(MAX_BODY_BYTES);
      return bytes.length == 0 ? MissingNode.getInstance() : Json.LENIENT.readTree(bytes);
    } catch (com.fasterxml.jackson.core.JacksonException e) {
      return MissingNode.getInstance();
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
