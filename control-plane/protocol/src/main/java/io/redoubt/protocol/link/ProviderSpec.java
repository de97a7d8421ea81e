package io.redoubt.protocol.link;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.net.URI;
import java.util.List;
import java.util.Locale;

/**
 * A model provider as the proxy needs to know it; its key travels beside it, sealed.
 *
 * @param name unique in the organization
 * @param baseUrl joined with the path as the provider's own SDK does: OpenAI's includes {@code /v1}
 * @param models patterns of the models it serves; empty: any model of its kind
 * @param timeoutSeconds how long the upstream may stay silent
 * @param simulated a stand-in of Redoubt's own, labelled so wherever it shows
 */
public record ProviderSpec(
    String name,
    Kind kind,
    URI baseUrl,
    List<String> models,
    int timeoutSeconds,
    boolean simulated,
    long version) {

  public ProviderSpec {
    models = List.copyOf(models);
  }

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
