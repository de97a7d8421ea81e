package io.redoubt.proxy.llm.reply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.proxy.llm.reply.ProposedCall.Executor;
import java.util.Objects;
import java.util.Set;

/** How OpenAI's responses write tool calls: as items of their output. */
final class ResponsesCalls {
  private static final String DRAWING = "image_generation_call";

  /** Those that run on OpenAI's side; whatever else is a call, may be the agent's to run. */
  private static final Set<String> PROVIDERS_OWN =
      Set.of("web_search_call", "file_search_call", "code_interpreter_call", DRAWING, "mcp_call");

  /** What came of a call is none of its arguments: a picture is larger than any of those may be. */
  private static final Set<String> RESULTS = Set.of("result");

  private ResponsesCalls() {}

  static boolean isCall(JsonSpan item) {
    return CallShapes.isCall(item.text("type"));
  }

  /** The call that an item begins. */
  static GatheredCall begin(JsonSpan item) {
    String type = item.text("type");
    String name = item.textIfAny("name");
    if (name.isEmpty() && !type.equals("function_call") && !type.equals("custom_tool_call")) {
      // What OpenAI itself defines has no name but that of its type.
      name = type.endsWith("_call") ? type.substring(0, type.length() - "_call".length()) : type;
    }
    return new GatheredCall(
        name,
        PROVIDERS_OWN.contains(type) ? Executor.PROVIDER : Executor.AGENT,
        type.equals("custom_tool_call"));
  }

  /** Takes note of an item that is said to be whole. */
  static void complete(JsonSpan item, GatheredCall call) {
    requireSame(item, call);
    call.hasId(callId(item));
    if (item.given("arguments") != null) {
      call.comesWith(item.text("arguments"));
    } else if (call.takesText()) {
      call.comesWith(item.textIfAny("input"));
    } else {
      call.comesWith(
          item, "status", item.text("type").equals(DRAWING) ? RESULTS : Set.<String>of());
      call.standsForItself();
    }
    call.isWhole();
  }

  /** Gives a whole item these arguments; everything else of it stays. */
  static void rewrite(JsonSpan item, GatheredCall call, String arguments, Edits edits) {
    edits.put(item, ChatCalls.member(call.takesText()), ReplyJson.quoted(arguments));
  }

  private static void requireSame(JsonSpan item, GatheredCall call) {
    var again = begin(item);
    if (!again.tool().equals(call.tool())
        || again.executor() != call.executor()
        || again.takesText() != call.takesText()) {
      throw new Unintelligible("a tool call changes its name");
    }
  }

  /** Under which its result is to be sent. */
  static String callId(JsonSpan item) {
    var own = item.textIfAny("call_id");
    return own.isEmpty() ? item.textIfAny("id") : own;
  }

  /** What stands in the place of a call, in the end. */
  static ObjectNode message(GatheredCall call) {
    var message = emptyMessage(call, "completed");
    message.putArray("content").add(part(Explanation.of(call)));
    return message;
  }

  static ObjectNode emptyMessage(GatheredCall call, String status) {
    var message =
        ReplyJson.object()
            .put("id", messageId(call))
            .put("type", "message")
            .put("status", status)
            .put("role", "assistant");
    message.putArray("content");
    return message;
  }

  static String messageId(GatheredCall call) {
    return "msg_" + Objects.requireNonNull(call.denied()).action();
  }

  static ObjectNode part(String text) {
    var part = ReplyJson.object().put("type", "output_text").put("text", text);
    part.putArray("annotations");
    part.putArray("logprobs");
    return part;
  }
}
