package io.redoubt.proxy.llm.reply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.proxy.llm.reply.ProposedCall.Executor;

/** How Anthropic writes tool calls, in streams and in documents. */
final class MessagesCalls {
  private MessagesCalls() {}

  /** From a block as it stands, or as it begins. */
  static GatheredCall read(JsonSpan block, String type) {
    // Its own tools run on its side, and so do those of the MCP servers that it connects to.
    var executor = type.equals("tool_use") ? Executor.AGENT : Executor.PROVIDER;
    var call = new GatheredCall(block.textIfAny("name"), executor, false);
    call.hasId(block.textIfAny("id"));
    var input = block.given("input");
    if (input != null && !isEmpty(input)) {
      call.comesWith(input);
    }
    return call;
  }

  static ObjectNode error(String message) {
    var error = ReplyJson.object().put("type", "error");
    error.putObject("error").put("type", "permission_error").put("message", message);
    return error;
  }

  /** A stream begins with it, and then says the arguments. */
  private static boolean isEmpty(JsonSpan input) {
    return input.is(JsonSpan.Kind.OBJECT) && input.members().isEmpty();
  }

  /**
   * Whether the reason for which a message stopped is gone.
   *
   * @param kept whether there are calls left
   * @param dropped whether the rest of the message was left out
   */
  static boolean isStopForCalls(String reason, boolean kept, boolean dropped) {
    return (reason.equals("tool_use") && !kept) || (reason.equals("pause_turn") && dropped);
  }
}
