package io.redoubt.http;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;

/** What probes and scrapers ask. */
public final class Health {
  private Health() {}

  /**
   * {@code /alive} and {@code /ready}. The latter is asked anew at each call: truthful, not
   * remembered.
   */
  public static Route probes(Supplier<CompletionStage<HealthReport>> ready) {
    return concat(
        path("alive", () -> get(() -> Replies.json(200, Map.of("alive", true)))),
        ready(new OneLook(ready)));
  }

  private static Route ready(Supplier<CompletionStage<HealthReport>> look) {
    return path("ready", () -> get(() -> Replies.async(look.get().thenApply(Health::answer))));
  }

  /**
   * One look at a time, whose answer is everybody's who asks meanwhile: a look takes a connection
   * to the database, and anybody may ask (G11).
   */
  static final class OneLook implements Supplier<CompletionStage<HealthReport>> {
    private final Supplier<CompletionStage<HealthReport>> look;
    private final AtomicReference<@Nullable CompletableFuture<HealthReport>> underWay =
        new AtomicReference<>();

    OneLook(Supplier<CompletionStage<HealthReport>> look) {
      this.look = look;
    }

    @Override
    public CompletionStage<HealthReport> get() {
      var mine = new CompletableFuture<HealthReport>();
      @Nullable CompletableFuture<HealthReport> other = underWay.compareAndExchange(null, mine);
      if (other != null) {
        return other;
      }
      CompletionStage<HealthReport> found;
      try {
        found = look.get();
      } catch (RuntimeException e) {
        found = CompletableFuture.failedFuture(e);
      }
      var _ =
          found.whenComplete((report, failure) -> {
            underWay.set(null);
            if (failure == null) {
              mine.complete(report);
            } else {
              mine.completeExceptionally(failure);
            }
          });
      return mine;
    }
  }

  private static Route answer(HealthReport report) {
    return report.ready()
        ? Replies.json(200, report)
        : Replies.json(503, report, List.of(Replies.retryAfter(1)));
  }

  /**
   * The answer to a scraper.
   *
   * @param text in Prometheus' text format
   */
  public static Route metrics(String text) {
    return complete(
        HttpResponse.create()
            .withEntity(
                HttpEntities.create(
                    ContentTypes.TEXT_PLAIN_UTF8, text.getBytes(StandardCharsets.UTF_8))));
  }
}
