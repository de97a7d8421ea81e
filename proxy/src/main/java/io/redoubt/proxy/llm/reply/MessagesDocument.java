package io.redoubt.proxy.llm.reply;

import io.redoubt.proxy.llm.reply.ProposedCall.Executor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A whole message of Anthropic's. */
final class MessagesDocument implements DocumentReader {
  private final Map<JsonSpan, GatheredCall> calls = new HashMap<>();

  @Override
  public List<GatheredCall> read(JsonSpan reply) {
    var found = new ArrayList<GatheredCall>();
    if (reply.is(JsonSpan.Kind.OBJECT)) {
      for (var block : blocks(reply)) {
        String type = block.textIfAny("type");
        if (CallShapes.isCall(type)) {
          var call = MessagesCalls.read(block, type);
          if (block.given("input") != null) {
            call.comesWith(block.present("input"));
          }
          call.isWhole();
          calls.put(block, call);
          found.add(call);
          CallShapes.requireFew(found.size());
        }
      }
    }
    CallShapes.requireNoneIn(reply, calls.keySet());
    return found;
  }

  private static List<JsonSpan> blocks(JsonSpan reply) {
    var content = reply.given("content");
    return content == null ? List.of() : content.elements();
  }

  @Override
  public void edit(JsonSpan reply, Edits edits) {
    var blocks = blocks(reply);
    boolean kept = false;
    boolean removed = false;
    boolean dropping = false;
    for (var block : blocks) {
      var call = calls.get(block);
      if (call == null) {
        continue;
      }
      if (call.denied() == null) {
        kept = true;
        var instead = call.edited();
        if (instead != null) {
          edits.put(block, "input", instead);
        }
        continue;
      }
      removed = true;
      var text = ReplyJson.object().put("type", "text").put("text", Explanation.of(call));
      edits.replace(block, ReplyJson.bytes(text));
      if (call.executor() == Executor.PROVIDER) {
        dropping = true;
        edits.cut(block.end(), blocks.getLast().end());
        break;
      }
    }
    var why = reply.given("stop_reason");
    if (removed && why != null && MessagesCalls.isStopForCalls(why.text(), kept, dropping)) {
      edits.replace(why, "\"end_turn\"");
    }
  }
}
