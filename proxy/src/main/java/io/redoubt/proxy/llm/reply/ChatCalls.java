package io.redoubt.proxy.llm.reply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.proxy.llm.reply.ProposedCall.Executor;
import org.jspecify.annotations.Nullable;

/** How OpenAI's chat completions write tool calls, in streams and in documents. */
final class ChatCalls {
  private ChatCalls() {}

  static GatheredCall begin(boolean custom) {
    return new GatheredCall("", Executor.AGENT, custom);
  }

  /** Takes a call, or a piece of one. */
  static void read(JsonSpan piece, GatheredCall call) {
    call.hasId(piece.textIfAny("id"));
    boolean custom = piece.given("custom") != null;
    boolean function = piece.given("function") != null;
    String type = piece.textIfAny("type");
    if ((custom && function)
        || !(type.isEmpty() || type.equals("function") || type.equals("custom"))) {
      throw new Unintelligible("a tool call is of an unknown kind");
    }
    if (function) {
      function(piece.object("function"), call);
    } else if (custom) {
      var tool = piece.object("custom");
      call.isCalled(tool.textIfAny("name"));
      call.append(tool.textIfAny("input"));
    }
  }

  static void function(JsonSpan function, GatheredCall call) {
    call.isCalled(function.textIfAny("name"));
    call.append(function.textIfAny("arguments"));
  }

  static boolean isStopForCalls(String reason) {
    return reason.equals("tool_calls") || reason.equals("function_call");
  }

  /** Whether a piece of a stream would say nothing without its calls. */
  static boolean saysNothingElse(JsonSpan choice) {
    return choice.given("finish_reason") == null
        && choice.object("delta").members().entrySet().stream()
            .allMatch(each ->
                each.getKey().equals("tool_calls")
                    || each.getKey().equals("function_call")
                    || each.getValue().value().is(JsonSpan.Kind.NULL));
  }

  /** Where a call, or a piece of one, has its name and arguments; null: it has neither. */
  static @Nullable JsonSpan inner(JsonSpan piece) {
    var custom = piece.given("custom");
    return custom == null ? piece.given("function") : custom;
  }

  /** Gives a call, or a piece of one, these arguments; everything else of it stays. */
  static void rewrite(JsonSpan inner, boolean takesText, String arguments, Edits edits) {
    edits.put(inner, member(takesText), ReplyJson.quoted(arguments));
  }

  static String member(boolean takesText) {
    return takesText ? "input" : "arguments";
  }

  static ObjectNode error(String message) {
    var error = ReplyJson.object();
    error
        .putObject("error")
        .put("message", message)
        .put("type", "permission_error")
        .putNull("param")
        .put("code", "reply_cut");
    return error;
  }
}
