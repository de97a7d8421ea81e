package io.redoubt.proxy.llm;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.proxy.decide.ContentInForce;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.llm.reply.HoldMemory;
import io.redoubt.proxy.llm.reply.ReplyGuard;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import io.redoubt.proxy.llm.reply.TextGuard;
import io.redoubt.proxy.upstream.UpstreamReply;
import java.util.Locale;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.jspecify.annotations.Nullable;

/** Says which replies are looked through for tool calls, and how they are to be read. */
final class ReplyGuards {
  private static final String EVENTS = "text/event-stream";
  private static final String JSON = "application/json";

  /** What every byte of means the same in UTF-8. */
  private static final Set<String> CHARSETS = Set.of("utf-8", "utf8", "us-ascii");

  private final HoldMemory memory;

  ReplyGuards(LlmConfig.ToolCalls config, MeterRegistry metrics) {
    this.memory = new HoldMemory(config.maxHeld(), config.memory());
    metrics.gauge("redoubt.llm.tool.calls.memory.free", memory, HoldMemory::free);
  }

  /**
   * Who looks through a reply. Null: nobody needs to, since agents find no tool calls in it. An
   * answer of the provider's that it failed is none either.
   *
   * @param streams whether the client asked for events, and so reads what comes as such
   * @throws Refusal.Raised if nobody can
   */
  @Nullable ReplyGuard of(LlmOperation operation, boolean streams, UpstreamReply reply) {
    var style = style(operation);
    if (style == null || !reply.isSuccess()) {
      return null;
    }
    if (!isPlain(reply)) {
      throw new Refusal.Raised(Refusal.REPLY_UNREADABLE);
    }
    String type = reply.mediaType();
    boolean events = type.equals(EVENTS) || (streams && !type.equals(JSON));
    return ReplyGuard.of(style, events, memory);
  }

  /** Who looks through its texts. Null: nobody needs to. */
  static @Nullable TextGuard textsOf(
      LlmOperation operation, ReplyGuard guard, ContentInForce content) {
    var style = style(operation);
    return style == null || !content.enforcesInReply()
        ? null
        : TextGuard.of(style, !guard.isDocument(), content.inspector(), content.policy());
  }

  private static @Nullable Style style(LlmOperation operation) {
    return switch (operation) {
      case MESSAGES -> Style.MESSAGES;
      case CHAT_COMPLETIONS -> Style.CHAT;
      case RESPONSES -> Style.RESPONSES;
      case COUNT_TOKENS, EMBEDDINGS -> null;
    };
  }

  /** Whether it is not encoded, and in UTF-8, as far as its head says so in one way only. */
  private static boolean isPlain(UpstreamReply reply) {
    int types = 0;
    for (HttpHeader header : reply.headers()) {
      if (header.is("content-type")
          && (++types > 1 || !isInUtf8(header.value().toLowerCase(Locale.ROOT)))) {
        return false;
      }
    }
    return !reply.isEncoded();
  }

  private static boolean isInUtf8(String type) {
    var parts = type.split(";", -1);
    for (int i = 1; i < parts.length; i++) {
      var parameter = parts[i].split("=", 2);
      if (parameter[0].strip().equals("charset")
          && !CHARSETS.contains(parameter[parameter.length - 1].replace("\"", "").strip())) {
        return false;
      }
    }
    return true;
  }
}
