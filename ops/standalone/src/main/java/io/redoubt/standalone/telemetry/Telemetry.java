package io.redoubt.standalone.telemetry;

import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Metrics for Prometheus, and traces by OpenTelemetry's own variables. Without {@code
 * OTEL_EXPORTER_OTLP_ENDPOINT} traces are neither kept nor sent.
 */
public final class Telemetry implements AutoCloseable {
  private static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";

  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final Optional<OpenTelemetrySdk> traces;

  private Telemetry(Optional<OpenTelemetrySdk> traces) {
    this.traces = traces;
  }

  /**
   * Starts what the environment asks for.
   *
   * @param service what its traces are called, unless {@code OTEL_SERVICE_NAME} says otherwise
   */
  public static Telemetry start(String service, Map<String, String> environment) {
    boolean exported =
        !environment.getOrDefault(ENDPOINT, "").isBlank()
            || !environment.getOrDefault("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").isBlank();
    var telemetry =
        new Telemetry(exported ? Optional.of(sdk(service, environment)) : Optional.empty());
    telemetry.bindMachine();
    return telemetry;
  }

  private static OpenTelemetrySdk sdk(String service, Map<String, String> environment) {
    var settings = new HashMap<String, String>();
    settings.put("otel.service.name", service);
    settings.put("otel.exporter.otlp.protocol", "http/protobuf");
    environment.forEach((name, value) -> {
      if (name.startsWith("OTEL_")) {
        settings.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
      }
    });
    // Prometheus fetches the metrics, and log lines have their own way out.
    settings.put("otel.metrics.exporter", "none");
    settings.put("otel.logs.exporter", "none");
    return AutoConfiguredOpenTelemetrySdk.builder()
        .disableShutdownHook()
        .addPropertiesSupplier(() -> settings)
        .build()
        .getOpenTelemetrySdk();
  }

  private void bindMachine() {
    // What Pekko makes by its settings, as the journal, knows no other.
    Metrics.addRegistry(metrics);
    new JvmMemoryMetrics().bindTo(metrics);
    collections.bindTo(metrics);
    new JvmThreadMetrics().bindTo(metrics);
    new ProcessorMetrics().bindTo(metrics);
    new UptimeMetrics().bindTo(metrics);
  }

  public PrometheusMeterRegistry metrics() {
    return metrics;
  }

  public Tracer tracer(String scope) {
    return traces
        .map(sdk -> sdk.getTracer(scope))
        .orElseGet(() -> io.opentelemetry.api.OpenTelemetry.noop().getTracer(scope));
  }

  @Override
  public void close() {
    traces.ifPresent(OpenTelemetrySdk::close);
    collections.close();
    Metrics.removeRegistry(metrics);
    metrics.close();
  }
}
