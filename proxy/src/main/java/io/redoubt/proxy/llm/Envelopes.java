package io.redoubt.proxy.llm;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.redoubt.budget.Shortage;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ProviderSpec.Kind;
import io.redoubt.proxy.decide.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Errors in the words of the providers, so that their SDKs raise what their users expect. */
final class Envelopes {
  private record Anthropic(String type, AnthropicError error) {}

  private record AnthropicError(String type, String message) {}

  private record OpenAi(OpenAiError error) {}

  @JsonInclude(JsonInclude.Include.ALWAYS)
  private record OpenAiError(String message, String type, @Nullable String param, String code) {}

  /** Of a call whose provider's style is not known: what both kinds of SDKs understand. */
  private record Either(String type, EitherError error) {}

  private record EitherError(String type, String message, String code) {}

  private Envelopes() {}

  static byte[] ofEitherStyle(Refusal refusal) {
    String message = "Redoubt: " + refusal.message() + " [" + refusal.code() + "].";
    return Json.write(
        new Either("error", new EitherError(anthropic(refusal), message, refusal.code())));
  }

  /**
   * The refusal as a provider's error.
   *
   * @param policies that decided; empty: none did
   * @param approval that is meant; null: none is
   * @param shortage of the budget; null: it is not about that
   */
  static byte[] of(
      Kind kind,
      Refusal refusal,
      List<String> policies,
      @Nullable ApprovalId approval,
      @Nullable Shortage shortage) {
    String by = policies.isEmpty() ? "" : " (" + String.join(", ", policies) + ")";
    String what = shortage == null ? refusal.message(approval) : shortage.told();
    String message = "Redoubt: " + what + by + " [" + refusal.code() + "].";
    return switch (kind) {
      case ANTHROPIC ->
          Json.write(new Anthropic("error", new AnthropicError(anthropic(refusal), message)));
      case OPENAI ->
          Json.write(
              new OpenAi(
                  new OpenAiError(message, openAi(refusal), param(refusal), refusal.code())));
    };
  }

  private static String anthropic(Refusal refusal) {
    return switch (refusal.status()) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 503 -> "overloaded_error";
      case 504 -> "timeout_error";
      case 500, 502 -> "api_error";
      default -> "invalid_request_error";
    };
  }

  private static String openAi(Refusal refusal) {
    return switch (refusal.status()) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 429 -> "rate_limit_error";
      case 500, 502, 503, 504 -> "server_error";
      default -> "invalid_request_error";
    };
  }

  private static @Nullable String param(Refusal refusal) {
    return switch (refusal) {
      case MODEL_MISSING, MODEL_NOT_ALLOWED, MODEL_NOT_FOUND -> "model";
      default -> null;
    };
  }
}
