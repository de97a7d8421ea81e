package io.redoubt.proxy.llm;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ProviderSpec;
import io.redoubt.proxy.decide.Causes;
import io.redoubt.proxy.upstream.Destination;
import io.redoubt.proxy.upstream.UpstreamReply;
import io.redoubt.proxy.upstream.UpstreamRequest;
import io.redoubt.proxy.upstream.Upstreams;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/**
 * The models of providers whose specification does not name them all: asked for, one question per
 * provider at a time, and remembered for a while. A provider that does not answer has none.
 */
final class UpstreamModels {
  private static final String ANTHROPIC_VERSION = "2023-06-01";
  private static final int MAX_MODELS = 1000;

  /** A model as its provider describes it; {@code created} in either provider's own form. */
  record Model(String id, @Nullable String displayName, @Nullable String created) {}

  private record Asked(OrganizationId organization, String provider, long version) {}

  private record Answer(CompletableFuture<List<Model>> models, long until) {}

  private final LlmConfig.ModelList config;
  private final Upstreams upstreams;
  private final LlmPorts ports;
  private final InstantSource clock;
  private final Map<Asked, Answer> known = new LinkedHashMap<>();

  UpstreamModels(
      LlmConfig.ModelList config, Upstreams upstreams, LlmPorts ports, InstantSource clock) {
    this.config = config;
    this.upstreams = upstreams;
    this.ports = ports;
    this.clock = clock;
  }

  /** Never fails. */
  CompletionStage<List<Model>> of(OrganizationId organization, ProviderSpec provider) {
    var asked = new Asked(organization, provider.name(), provider.version());
    long now = clock.millis();
    var answer = new CompletableFuture<List<Model>>();
    synchronized (known) {
      var entry = known.get(asked);
      if (entry != null && now < entry.until) {
        return entry.models;
      }
      known.put(asked, new Answer(answer, now + config.cacheFor().toMillis()));
      if (known.size() > config.cacheEntries()) {
        known.remove(known.keySet().iterator().next()); // the eldest
      }
    }
    var _ =
        ask(organization, provider)
            .whenComplete((models, failure) -> {
              if (failure != null) {
                Causes.log("No list of models from " + provider.name(), failure);
                long again = clock.millis() + config.cacheFor().toMillis() / 10;
                synchronized (known) {
                  known.replace(asked, new Answer(answer, again));
                }
              }
              answer.complete(failure == null ? models : List.of());
            });
    return answer;
  }

  private CompletionStage<List<Model>> ask(OrganizationId organization, ProviderSpec provider) {
    try {
      String key = ports.providers().key(organization, provider).orElseThrow().reveal();
      var call =
          upstreams.send(
              Destination.of(provider),
              request(provider, key),
              config.timeout(),
              () -> ports.lease().held());
      return call.reply()
          .thenCompose(this::body)
          .toCompletableFuture()
          .orTimeout(config.timeout().toMillis(), TimeUnit.MILLISECONDS)
          .whenComplete((_, failure) -> {
            if (failure == null) {
              call.done();
            } else {
              call.withdraw();
            }
          });
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static UpstreamRequest request(ProviderSpec provider, String key) {
    URI base = provider.baseUrl();
    String path = base.getRawPath() == null ? "" : base.getRawPath().replaceFirst("/$", "");
    List<HttpHeader> headers =
        switch (provider.kind()) {
          case ANTHROPIC ->
              List.of(
                  RawHeader.create("x-api-key", key),
                  RawHeader.create("anthropic-version", ANTHROPIC_VERSION));
          case OPENAI -> List.of(RawHeader.create("authorization", "Bearer " + key));
        };
    String target =
        switch (provider.kind()) {
          case ANTHROPIC -> path + "/v1/models?limit=" + MAX_MODELS;
          case OPENAI -> path + "/models";
        };
    return UpstreamRequest.get(target, headers);
  }

  private CompletionStage<List<Model>> body(UpstreamReply reply) {
    if (!reply.isSuccess()) {
      throw new IllegalStateException("status " + reply.status());
    }
    return reply.collect(config.maxBytes()).thenApply(data -> read(data.toArrayUnsafe()));
  }

  private static List<Model> read(byte[] body) {
    try {
      var models = new ArrayList<Model>();
      for (JsonNode model : Json.LENIENT.readTree(body).path("data")) {
        String id = model.path("id").asText("");
        if (!id.isEmpty() && models.size() < MAX_MODELS) {
          models.add(
              new Model(
                  id,
                  model.path("display_name").asText(null),
                  model.path("created_at").asText(model.path("created").asText(null))));
        }
      }
      return List.copyOf(models);
    } catch (JacksonException e) {
      throw new IllegalStateException("not a list of models", e);
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }
}
