package io.redoubt.standalone.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.Metrics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TelemetryTest {
  private record Exported(String path, String type, String body) {}

  private final List<Exported> exported = new CopyOnWriteArrayList<>();
  private HttpServer sink;

  @BeforeEach
  void listen() throws IOException {
    sink = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    sink.createContext(
        "/",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          exported.add(
              new Exported(
                  exchange.getRequestURI().getPath(),
                  exchange.getRequestHeaders().getFirst("content-type"),
                  new String(body, StandardCharsets.ISO_8859_1)));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    sink.start();
  }

  @AfterEach
  void stop() {
    sink.stop(0);
  }

  private String address() {
    return "http://127.0.0.1:" + sink.getAddress().getPort();
  }

  /** What is made by settings alone, as the journal is, counts there. */
  @Test
  void whatCountsForEverybodyIsShown() {
    try (var telemetry = Telemetry.start("redoubt-test", Map.of())) {
      Metrics.counter("redoubt.test.everybody").increment();

      assertThat(telemetry.metrics().scrape()).contains("redoubt_test_everybody_total 1.0");
    }
    assertThat(Metrics.globalRegistry.getRegistries()).isEmpty();
  }

  @Test
  void tracesGoToTheCollectorOfTheEnvironment() {
    try (var telemetry =
        Telemetry.start("redoubt-test", Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", address()))) {
      telemetry.tracer("test").spanBuilder("chat claude").startSpan().end();
    }

    assertThat(exported)
        .singleElement()
        .satisfies(it -> {
          assertThat(it.path()).isEqualTo("/v1/traces");
          assertThat(it.type()).isEqualTo("application/x-protobuf");
          assertThat(it.body()).contains("redoubt-test", "chat claude");
        });
  }

  @Test
  void withoutACollectorNothingIsKeptOrSent() {
    try (var telemetry = Telemetry.start("redoubt-test", Map.of())) {
      var span = telemetry.tracer("test").spanBuilder("chat claude").startSpan();

      assertThat(span.isRecording()).isFalse();
      span.end();
    }
    assertThat(exported).isEmpty();
  }
}
