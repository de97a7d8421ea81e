package io.redoubt.proxy.llm.reply;

import io.redoubt.agent.Agent.DecideTogether;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Set;

/** By what tool calls are known, wherever they stand. */
final class CallShapes {
  private static final int MAX_CALLS = DecideTogether.MOST_TOGETHER;

  private CallShapes() {}

  /** The types of blocks and items that are calls, or ask for one to be approved. */
  static boolean isCall(String type) {
    return type.endsWith("tool_use")
        || type.endsWith("_call")
        || type.equals("mcp_approval_request");
  }

  /** More calls than that in one reply mean nothing good. */
  static void requireFew(int calls) {
    if (calls > MAX_CALLS) {
      throw new Unintelligible("there are more than " + MAX_CALLS + " tool calls");
    }
  }

  /** Where a call cannot be, there must be none either: a client may not be as strict. */
  static void requireNoneIn(JsonSpan root) {
    requireNoneIn(root, Set.of());
  }

  /**
   * @param known values which were read, and are not looked into
   */
  static void requireNoneIn(JsonSpan root, Set<JsonSpan> known) {
    var open = new ArrayDeque<JsonSpan>();
    open.push(root);
    while (!open.isEmpty()) {
      var value = open.pop();
      value
          .members()
          .forEach((name, member) -> {
            if (!known.contains(member.value()) && isCallMember(name, member.value())) {
              throw new Unintelligible("there is a tool call in an unknown place");
            }
          });
      value.children().stream().filter(each -> !known.contains(each)).forEach(open::push);
    }
  }

  private static boolean isCallMember(String name, JsonSpan value) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "type" -> value.is(JsonSpan.Kind.STRING) && isCall(value.text());
      case "tool_calls" -> !value.elements().isEmpty() || value.is(JsonSpan.Kind.OBJECT);
      case "function_call" -> value.is(JsonSpan.Kind.OBJECT);
      default -> false;
    };
  }
}
