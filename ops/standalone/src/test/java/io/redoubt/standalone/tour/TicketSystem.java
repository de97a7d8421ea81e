package io.redoubt.standalone.tour;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** An API that files what it is told, if only it is shown its secret. */
final class TicketSystem implements AutoCloseable {
  static final String SECRET = "tickets-not-a-secret";

  private final HttpServer server;
  private final List<String> filed = new CopyOnWriteArrayList<>();

  private TicketSystem(HttpServer server) {
    this.server = server;
  }

  static TicketSystem start() throws IOException {
    var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    var tickets = new TicketSystem(HttpServer.create(address, 0));
    tickets.server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    tickets.server.createContext("/projects/house/tickets", tickets::serve);
    tickets.server.start();
    return tickets;
  }

  /** What operators are told of it. */
  String described() {
    return """
    {"base_url": "http://127.0.0.1:%d",
     "credential": {"header": "Authorization", "scheme": "Bearer"},
     "operations": [
       {"name": "file", "method": "POST", "path": "/projects/{project}/tickets"},
       {"name": "count", "method": "GET", "path": "/projects/{project}/tickets"}]}
    """
        .formatted(server.getAddress().getPort());
  }

  /** What it was told, in the order in which that came. */
  List<String> filed() {
    return List.copyOf(filed);
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      var shown = exchange.getRequestHeaders().getFirst("Authorization");
      boolean known = ("Bearer " + SECRET).equals(shown);
      if (known && exchange.getRequestMethod().equals("POST")) {
        filed.add(Json.LENIENT.readTree(exchange.getRequestBody()).path("about").asText());
      }
      byte[] reply = "{\"count\":%d}".formatted(filed.size()).getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(known ? 200 : 401, reply.length);
      exchange.getResponseBody().write(reply);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
