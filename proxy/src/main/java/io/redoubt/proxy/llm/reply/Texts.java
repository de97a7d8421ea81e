package io.redoubt.proxy.llm.reply;

import io.redoubt.proxy.inspect.ProviderNames;
import java.util.Map;
import java.util.Set;

/**
 * Goes through the texts of a reply, or of one event: strings that are no names of the provider's,
 * not Base64, and not within a tool call, which is decided as such.
 */
final class Texts {
  /** What is within one of these is a call, or a piece of one. */
  private static final Set<String> CALLS =
      Set.of("tool_calls", "function_call", "arguments", "partial_json", "input");

  private static final String DELTA = "delta";
  private static final String BLOCK = "content_block";
  private static final Set<String> INDICES =
      Set.of("index", "output_index", "content_index", "summary_index");
  private static final String LOGPROBS = "logprobs";

  /** Who takes them. */
  interface Sink {
    /**
     * A text.
     *
     * @param place of the text in the reply; the same for all pieces of one
     * @param isPiece whether more of it may follow, or has come before
     */
    void text(JsonSpan string, String place, boolean isPiece);

    /** The same text once more, in the model's own pieces. */
    void logprobs(JsonSpan value);
  }

  private final Sink sink;
  private final boolean isCall;
  private final boolean isSound;

  private Texts(Sink sink, String type) {
    this.sink = sink;
    this.isCall = type.contains("_call") || type.contains("arguments") || type.contains("_input");
    this.isSound = type.contains("audio") && !type.contains("transcript");
  }

  /**
   * Of an event, or of a document.
   *
   * @param type of the event; empty: it states none
   */
  static void each(JsonSpan root, String type, Sink sink) {
    new Texts(sink, type).walk(root, "", indices(root), false);
  }

  /** What tells a text from others beside it. */
  static String indices(JsonSpan object) {
    var indices = new StringBuilder();
    for (var member : object.members().entrySet()) {
      if (INDICES.contains(member.getKey()) && member.getValue().value().is(JsonSpan.Kind.NUMBER)) {
        indices.append('/').append(member.getValue().value().text());
      }
    }
    return indices.toString();
  }

  /**
   * @param within whether it stands directly in what grows piece by piece; what stands deeper, such
   *     as a citation, is there as a whole
   */
  private void walk(JsonSpan value, String name, String place, boolean within) {
    if (value.is(JsonSpan.Kind.STRING)) {
      if (!ProviderNames.isStructure(name) && !value.isUnread(name)) {
        sink.text(value, place, within || name.equals(DELTA));
      }
      return;
    }
    boolean grows =
        (isGrowing(name) && !isBlockOfCall(name, value)) || (within && name.equals("audio"));
    for (Map.Entry<String, JsonSpan.Member> member : value.members().entrySet()) {
      member(member.getKey(), member.getValue().value(), place, grows);
    }
    for (int i = 0; i < value.elements().size(); i++) {
      var element = value.elements().get(i);
      String indices = indices(element);
      walk(element, name, place + (indices.isEmpty() ? "/" + i : indices), false);
    }
  }

  private void member(String name, JsonSpan value, String place, boolean within) {
    if (LOGPROBS.equals(name)) {
      sink.logprobs(value);
    } else if (!CALLS.contains(name) && !((isCall || isSound) && name.equals(DELTA))) {
      walk(value, name, place + '/' + (isGrowing(name) ? DELTA : name), within);
    }
  }

  /** A block that is a call says its name once; what grows are its arguments. */
  private static boolean isBlockOfCall(String name, JsonSpan value) {
    return name.equals(BLOCK)
        && value.is(JsonSpan.Kind.OBJECT)
        && value.textIfAny("type").endsWith("_use");
  }

  private static boolean isGrowing(String name) {
    return name.equals(DELTA) || name.equals(BLOCK);
  }
}
