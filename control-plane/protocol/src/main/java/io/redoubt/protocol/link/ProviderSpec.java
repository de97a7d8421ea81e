package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A model provider as the proxy needs to know it; its key travels beside it, sealed.
 *
 * @param name unique in the organization
 * @param baseUrl joined with the path as the provider's own SDK does: OpenAI's includes {@code /v1}
 * @param models patterns of the models it serves; empty: any model of its kind
 * @param timeoutSeconds how long the upstream may stay silent
 * @param simulated a stand-in of Redoubt's own, labelled so wherever it shows
 * @param connectTimeoutSeconds how long a connection may take; null: as the enclave says
 * @param tls how its certificate is checked; null: as the enclave says
 */
public record ProviderSpec(
    String name,
    Kind kind,
    URI baseUrl,
    List<String> models,
    int timeoutSeconds,
    boolean simulated,
    long version,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Integer connectTimeoutSeconds,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Tls tls) {

  public ProviderSpec {
    models = List.copyOf(models);
  }

  /** One that is reached as the enclave says. */
  public ProviderSpec(
      String name,
      Kind kind,
      URI baseUrl,
      List<String> models,
      int timeoutSeconds,
      boolean simulated,
      long version) {
    this(name, kind, baseUrl, models, timeoutSeconds, simulated, version, null, null);
  }

  /**
   * How its certificate is checked.
   *
   * @param caPem certificates, as {@code CaCertificates} reads them: what one of them has signed is
   *     believed, and nothing else
   */
  public record Tls(String caPem) {}

  /** Whether it serves the model. */
  public boolean serves(String model) {
    return models.isEmpty() || ModelAccess.matchesAny(models, model);
  }

  /** Whose API it speaks. */
  public enum Kind {
    ANTHROPIC,
    OPENAI;

    @JsonValue
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Kind of(String wire) {
      return switch (wire) {
        case "anthropic" -> ANTHROPIC;
        case "openai" -> OPENAI;
        default -> throw new IllegalArgumentException("kind is anthropic or openai");
      };
    }
  }
}
