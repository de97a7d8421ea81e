package io.redoubt.standalone.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One call of the stand-in. Every answer says that it is simulated. */
final class DemoExchange {
  /** On every answer. */
  static final String LABEL_HEADER = "x-redoubt-simulated";

  private final HttpExchange exchange;
  private final JsonNode body;

  DemoExchange(HttpExchange exchange, JsonNode body) {
    this.exchange = exchange;
    this.body = body;
  }

  /** The request's body; a missing node where it had none. */
  JsonNode body() {
    return body;
  }

  Optional<String> header(String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
  }

  boolean wantsStream() {
    return body.path("stream").asBoolean();
  }

  void json(int status, JsonNode answer) throws IOException {
    byte[] bytes = Json.write(answer);
    label("application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  /** Begins a stream of server-sent events. */
  Events events() throws IOException {
    label("text/event-stream; charset=utf-8");
    exchange.getResponseHeaders().set("Cache-Control", "no-cache");
    exchange.sendResponseHeaders(200, 0);
    return new Events(exchange.getResponseBody());
  }

  private void label(String contentType) {
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.getResponseHeaders().set(LABEL_HEADER, "true");
  }

  /** A stream of server-sent events, each on its way as soon as it is written. */
  static final class Events {
    private final OutputStream out;

    private Events(OutputStream out) {
      this.out = out;
    }

    /** Writes one event; without a name, only its data. */
    void send(@Nullable String name, JsonNode data) throws IOException {
      raw((name == null ? "" : "event: " + name + "\n") + "data: " + data + "\n\n");
    }

    void raw(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    }
  }
}
