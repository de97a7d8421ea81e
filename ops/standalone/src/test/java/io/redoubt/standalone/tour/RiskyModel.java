package io.redoubt.standalone.tour;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/**
 * A model that always wants to call the first tool that it is offered, about what it was told. It
 * streams in pieces that end where they please, and remembers what it said.
 */
final class RiskyModel implements AutoCloseable {
  static final String NAME = "claude-risky";

  private static final int PIECE = 61;

  private final HttpServer server;
  private final Map<String, String> said = new ConcurrentHashMap<>();

  private RiskyModel(HttpServer server) {
    this.server = server;
  }

  static RiskyModel start() throws IOException {
    var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    var model = new RiskyModel(HttpServer.create(address, 0));
    model.server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    model.server.createContext("/v1/messages", model::serve);
    model.server.start();
    return model;
  }

  URI baseUrl() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** Every byte that it last said about that. */
  String said(String about) {
    return said.getOrDefault(about, "");
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode request = Json.LENIENT.readTree(exchange.getRequestBody());
      String about = request.at("/messages/0/content").asText();
      String reply =
          REPLY.replace("{tool}", request.at("/tools/0/name").asText()).replace("{about}", about);
      said.put(about, reply);
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      byte[] bytes = reply.getBytes(StandardCharsets.UTF_8);
      for (int at = 0; at < bytes.length; at += PIECE) {
        exchange.getResponseBody().write(bytes, at, Math.min(PIECE, bytes.length - at));
        exchange.getResponseBody().flush();
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private static final String REPLY =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-risky","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I see to it, dépêche-toi."}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: content_block_start
      data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"{tool}","input":{}}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"amount\\": 7000, \\"abo"}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"ut\\": \\"{about}\\"}"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":1}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}

      event: message_stop
      data: {"type":"message_stop"}

      """;
}
