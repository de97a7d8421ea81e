package io.redoubt.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.util.concurrent.EventExecutor;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.server.Route;

/** A server with the edge's limits, small ones, and a client that may misbehave. */
final class EdgeServer implements AutoCloseable {
  private final ActorSystem<Void> system;
  private final HttpClient client = HttpClient.newHttpClient();
  private final HttpServer server;

  EdgeServer(Function<EdgeConfig, Route> routes) {
    this("", routes);
  }

  EdgeServer(String more, Function<EdgeConfig, Route> routes) {
    var settings =
        ConfigFactory.parseString(more)
            .withFallback(
                ConfigFactory.parseString(
                    """
                    redoubt.http {
                      max-body-bytes = 200
                      trusted-proxies = ["127.0.0.1"]
                    }
                    """))
            .withFallback(ConfigFactory.load());
    system = ActorSystem.create(Behaviors.empty(), "edge", settings);
    var config = EdgeConfig.from(settings);
    Route sealed = new HttpEdge("test", new SimpleMeterRegistry()).seal(routes.apply(config));
    server =
        HttpServer.start(system, "127.0.0.1", 0, Optional.empty(), config, sealed)
            .toCompletableFuture()
            .orTimeout(10, TimeUnit.SECONDS)
            .join();
  }

  CompletableFuture<Void> stop(Duration limit) {
    return server.stop(limit).toCompletableFuture();
  }

  /** Until it is counted down, no connection is accepted, read or written. */
  CountDownLatch holdUp() {
    var held = new CountDownLatch(1);
    for (EventExecutor thread : NetworkThreads.of(system).group()) {
      thread.execute(() -> {
        try {
          held.await();
        } catch (InterruptedException _) {
          Thread.currentThread().interrupt();
        }
      });
    }
    return held;
  }

  boolean lives() {
    return !system.whenTerminated().isCompleted();
  }

  static JsonNode assertProblem(HttpResponse<String> answer, ErrorType type) throws IOException {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(type.status());
    assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    var problem = Json.LENIENT.readTree(answer.body());
    assertThat(problem.get("type").asText()).isEqualTo(type.urn());
    assertThat(problem.get("trace_id").asText()).hasSize(32);
    return problem;
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + server.address().getPort() + path));
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  record Content(String type, String text) {}

  static Content json(String text) {
    return body("application/json", text);
  }

  static Content body(String type, String text) {
    return new Content(type, text);
  }

  HttpResponse<String> submit(String path, Content content) throws Exception {
    return send(
        request(path)
            .header("content-type", content.type())
            .POST(BodyPublishers.ofString(content.text())));
  }

  Socket connect() throws IOException {
    var socket = new Socket();
    connect(socket);
    return socket;
  }

  void connect(Socket socket) throws IOException {
    socket.connect(server.address(), 10_000);
    socket.setSoTimeout(10_000);
  }

  /** All that comes before the server hangs up, however it does. */
  static String heard(Socket socket) throws IOException {
    var heard = new ByteArrayOutputStream();
    try {
      socket.getInputStream().transferTo(heard);
    } catch (SocketException _) {
      // reset: it does not read on
    }
    return heard.toString(StandardCharsets.UTF_8);
  }

  /** All that comes up to these words. */
  static String until(String end, Socket socket) throws IOException {
    var heard = new StringBuilder();
    while (heard.indexOf(end) < 0) {
      int b = socket.getInputStream().read();
      assertThat(b).as(heard.toString()).isNotNegative();
      heard.append((char) b);
    }
    return heard.toString();
  }

  static void write(Socket socket, String request) throws IOException {
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  /** Writes and says that this was all, as far as the server reads: it may have answered before. */
  static void writeToTheEnd(Socket socket, String request) throws IOException {
    try {
      write(socket, request);
      socket.shutdownOutput();
    } catch (SocketException _) {
      // refused early: it does not read on
    }
  }

  static String exchange(Socket socket, String request) throws IOException {
    write(socket, request);
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    client.close();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }
}
