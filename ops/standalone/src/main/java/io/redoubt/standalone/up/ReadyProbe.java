package io.redoubt.standalone.up;

import io.redoubt.cli.api.HttpClients;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Asks the servers themselves whether they are ready. */
final class ReadyProbe {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(5);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final InstantSource clock;

  ReadyProbe(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * Returns when all of them are.
   *
   * @param requireAlive throws where waiting has become useless
   */
  void await(List<URI> urls, Optional<Path> caFile, Runnable requireAlive) {
    Instant limit = clock.instant().plus(LIMIT);
    for (URI url : urls) {
      try (HttpClient http = HttpClients.to(url, caFile.orElse(null))) {
        await(
            limit,
            () -> {
              requireAlive.run();
              return isReady(http, url);
            },
            url + " did not become ready within " + LIMIT.toSeconds() + " seconds.");
      }
    }
  }

  /** Returns when the two have found each other, and the enclave knows all that it is to know. */
  void awaitLink(BooleanSupplier linked) {
    await(
        clock.instant().plus(LIMIT),
        linked,
        "The enclave did not reach the control plane within a minute.");
  }

  private void await(Instant limit, BooleanSupplier holds, String otherwise) {
    try {
      while (!holds.getAsBoolean()) {
        if (clock.instant().isAfter(limit)) {
          throw new IllegalStateException(otherwise);
        }
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted before everything was ready.", e);
    }
  }

  private static boolean isReady(HttpClient http, URI url) {
    try {
      var request = HttpRequest.newBuilder(url).timeout(CALL_LIMIT).build();
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException _) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the pause that follows ends at once
      return false;
    }
  }
}
