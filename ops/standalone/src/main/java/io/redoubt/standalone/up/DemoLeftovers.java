package io.redoubt.standalone.up;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.api.HttpClients;
import io.redoubt.cli.api.OperatorApi;
import io.redoubt.cli.api.OperatorTokens;
import io.redoubt.cli.api.Query;
import io.redoubt.controlplane.Bootstrap;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;

/**
 * Removes the simulated providers of an earlier {@code up --demo}: without their server every model
 * call would go to nobody.
 */
final class DemoLeftovers {
  private static final String PROVIDERS = "/api/v1/providers";

  private final URI controlPlane;
  private final Optional<Path> caFile;
  private final Clock clock;

  DemoLeftovers(URI controlPlane, Optional<Path> caFile, Clock clock) {
    this.controlPlane = controlPlane;
    this.caFile = caFile;
    this.clock = clock;
  }

  void remove(Bootstrap.OwnerCredential owner) throws IOException {
    // The token of this one visit is nobody's to find.
    Path cache = Files.createTempDirectory("redoubt-up-");
    try (HttpClient http = HttpClients.to(controlPlane, caFile.orElse(null))) {
      var tokens =
          new OperatorTokens(
              controlPlane, http, owner.clientId().toString(), owner.clientSecret(), cache, clock);
      var operator = new OperatorApi(controlPlane, http, tokens);
      for (JsonNode provider : operator.list(PROVIDERS, 0)) {
        if (provider.path("simulated").asBoolean()) {
          operator.delete(PROVIDERS + "/" + Query.encode(provider.path("name").asText()));
        }
      }
      tokens.forget();
    } finally {
      Files.deleteIfExists(cache);
    }
  }
}
