package io.redoubt.standalone;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.redoubt.cli.command.Host;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Runs client commands against a server that is none, so that the build can note which classes they
 * load and map them ready-made at the next start (JEP 483, JEP 514).
 */
@Command(name = "rehearse", hidden = true, description = "Used by the build.")
final class Rehearsal implements Callable<Integer> {
  private static final String AGENT =
      "{\"id\":\"agt_00000000000000000000000000000000\",\"name\":\"rehearsal\",\"labels\":{}}";

  @Override
  public Integer call() throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
    server.createContext("/", Rehearsal::answer);
    server.start();
    Path home = Files.createTempDirectory("redoubt-rehearsal-");
    try {
      String url = "http://127.0.0.1:" + server.getAddress().getPort();
      var nowhere = new PrintWriter(Writer.nullWriter());
      var host =
          new Host(
              Map.of("REDOUBT_URL", url, "REDOUBT_CLIENT_ID", "c", "REDOUBT_CLIENT_SECRET", "s"),
              home,
              home,
              nowhere,
              nowhere,
              false,
              Clock.systemUTC());
      Redoubt.commandLine(host).execute("login");
      Redoubt.commandLine(host).execute("agent", "list");
      Redoubt.commandLine(host).execute("agent", "create", "rehearsal", "-o", "json");
      Redoubt.commandLine(host).execute("audit", "search");
      Redoubt.commandLine(host).execute("doctor");
      Redoubt.commandLine(host).execute("agent", "--help");
    } finally {
      server.stop(0);
      try (var files = Files.walk(home)) {
        files.sorted(java.util.Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
      }
    }
    return 0;
  }

  private static void answer(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readAllBytes();
    String body =
        exchange.getRequestURI().getPath().endsWith("/token")
            ? "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":900}"
            : "{\"agent\":" + AGENT + ",\"items\":[" + AGENT + "],\"next_cursor\":null}";
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
