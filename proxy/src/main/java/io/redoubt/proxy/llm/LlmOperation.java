package io.redoubt.proxy.llm;

import io.redoubt.protocol.link.ProviderSpec.Kind;
import org.jspecify.annotations.Nullable;

/** The calls that are passed on, and where to. */
enum LlmOperation {
  MESSAGES("/v1/messages", Kind.ANTHROPIC, "/v1/messages", "chat"),
  COUNT_TOKENS(
      "/v1/messages/count_tokens", Kind.ANTHROPIC, "/v1/messages/count_tokens", "count_tokens"),
  CHAT_COMPLETIONS("/v1/chat/completions", Kind.OPENAI, "/chat/completions", "chat"),
  RESPONSES("/v1/responses", Kind.OPENAI, "/responses", "chat"),
  EMBEDDINGS("/v1/embeddings", Kind.OPENAI, "/embeddings", "embeddings");

  private final String path;
  private final Kind kind;
  private final String upstreamPath;
  private final String genAiName;

  LlmOperation(String path, Kind kind, String upstreamPath, String genAiName) {
    this.path = path;
    this.kind = kind;
    this.upstreamPath = upstreamPath;
    this.genAiName = genAiName;
  }

  static @Nullable LlmOperation at(String path) {
    return switch (path) {
      case "/v1/messages" -> MESSAGES;
      case "/v1/messages/count_tokens" -> COUNT_TOKENS;
      case "/v1/chat/completions" -> CHAT_COMPLETIONS;
      case "/v1/responses" -> RESPONSES;
      case "/v1/embeddings" -> EMBEDDINGS;
      default -> null;
    };
  }

  /** Where agents call it. */
  String path() {
    return path;
  }

  Kind kind() {
    return kind;
  }

  /** What follows a provider's base URL: Anthropic's SDK adds the version, OpenAI's does not. */
  String upstreamPath() {
    return upstreamPath;
  }

  /** {@code gen_ai.operation.name} of the OpenTelemetry conventions. */
  String genAiName() {
    return genAiName;
  }
}
