package io.redoubt.http;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /alive}, {@code /ready} and {@code /metrics}. */
public final class Health {
  private Health() {}

  /**
   * The three.
   *
   * @param ready asked anew at each call: truthful, not remembered
   * @param prometheusText the metrics in Prometheus' text format
   */
  public static Route routes(
      Supplier<CompletionStage<HealthReport>> ready, Supplier<String> prometheusText) {
    return concat(probes(ready), path("metrics", () -> get(() -> metrics(prometheusText.get()))));
  }

  /** {@code /alive} and {@code /ready} alone. */
  public static Route probes(Supplier<CompletionStage<HealthReport>> ready) {
    return concat(
        path("alive", () -> get(() -> Replies.json(200, Map.of("alive", true)))),
        path("ready", () -> get(() -> Replies.async(ready.get().thenApply(Health::answer)))));
  }

  private static Route answer(HealthReport report) {
    return report.ready()
        ? Replies.json(200, report)
        : Replies.json(503, report, List.of(Replies.retryAfter(1)));
  }

  private static Route metrics(String text) {
    return complete(
        HttpResponse.create()
            .withEntity(
                HttpEntities.create(
                    ContentTypes.TEXT_PLAIN_UTF8, text.getBytes(StandardCharsets.UTF_8))));
  }
}
