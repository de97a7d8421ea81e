package io.redoubt.proxy.llm;

import io.redoubt.protocol.audit.Coverage;
import io.redoubt.proxy.decide.Causes;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.ReplyRecorder;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import io.redoubt.proxy.inspect.ReplyInspection;
import java.util.List;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Inspects a reply while it goes by: events one by one, a document when it is over. Holds up no
 * byte and changes none.
 */
final class ReplyContent {
  private final Inspector inspector;
  private final LlmConfig.Inspection limits;
  private final @Nullable ReplyInspection events;
  private final @Nullable ReplyRecorder document;
  private @Nullable String unreadable;

  private ReplyContent(
      Inspector inspector,
      LlmConfig.Inspection limits,
      @Nullable ReplyInspection events,
      @Nullable ReplyRecorder document,
      @Nullable String unreadable) {
    this.inspector = inspector;
    this.limits = limits;
    this.events = events;
    this.document = document;
    this.unreadable = unreadable;
  }

  /**
   * A reply that begins.
   *
   * @param mediaType in lower case, without parameters
   * @param memory that documents take until they are over
   */
  static ReplyContent of(
      LlmOperation operation,
      String mediaType,
      boolean encoded,
      Inspector inspector,
      LlmConfig.Inspection limits,
      ReplyRecorder.Memory memory) {
    if (encoded) {
      return new ReplyContent(inspector, limits, null, null, "compressed");
    }
    if (operation == LlmOperation.EMBEDDINGS) {
      return new ReplyContent(inspector, limits, null, null, "numbers");
    }
    return switch (mediaType.substring(mediaType.indexOf('/') + 1)) {
      case "event-stream" ->
          new ReplyContent(inspector, limits, new ReplyInspection(inspector), null, null);
      case "json" ->
          new ReplyContent(
              inspector, limits, null, new ReplyRecorder(memory, limits.maxReplyBytes()), null);
      default -> new ReplyContent(inspector, limits, null, null, "unknown format");
    };
  }

  void see(ByteString chunk) {
    if (unreadable != null) {
      return;
    }
    if (document != null) {
      document.see(chunk);
    } else if (events != null) {
      try {
        byte[] bytes = chunk.toArrayUnsafe();
        events.see(bytes, 0, bytes.length);
      } catch (RuntimeException e) {
        fail(e);
      }
    }
  }

  /** What was found; called once. */
  Inspected end() {
    try {
      if (unreadable == null && events != null) {
        return Inspected.reply(inspector, events.end(), List.of());
      }
      if (unreadable == null && document != null) {
        var result =
            JsonInspection.of(
                inspector, limits.limits(), Inspected.REPLY, document.kept().toArrayUnsafe());
        return Inspected.reply(
            inspector,
            result,
            document.isTruncated()
                ? List.of(
                    new Coverage.Gap(
                        "%s after %d bytes".formatted(Inspected.REPLY, document.kept().size()),
                        "limit"))
                : List.of());
      }
    } catch (RuntimeException e) {
      fail(e);
    } finally {
      if (document != null) {
        document.release();
      }
    }
    return Inspected.not(Inspected.REPLY, String.valueOf(unreadable));
  }

  /** A reply that could not be inspected has passed: the record says so. */
  private void fail(RuntimeException e) {
    unreadable = "the inspector failed";
    Causes.logUnforeseen("A reply could not be inspected", e);
  }
}
