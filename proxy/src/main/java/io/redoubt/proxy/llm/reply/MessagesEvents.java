package io.redoubt.proxy.llm.reply;

import io.redoubt.proxy.llm.reply.ProposedCall.Executor;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Anthropic's messages. Blocks come one after another, each with its index; an explanation takes
 * the index of the call whose place it takes. What the agent would do is decided when the message
 * says why it stopped, since only then is the last call known; what the provider does on its own
 * side, as soon as it is known, since its results and more text follow.
 */
final class MessagesEvents implements EventReader {
  private static final byte[] PING =
      "event: ping\ndata: {\"type\": \"ping\"}\n\n".getBytes(StandardCharsets.US_ASCII);

  private final Map<Integer, GatheredCall> calls = new LinkedHashMap<>();

  /** Where calls stood that were decided: nothing may be added to them. */
  private final Set<Integer> settled = new HashSet<>();

  private boolean removed;
  private boolean kept;

  /** The provider acted on something that was denied: nothing that it made of it comes through. */
  private boolean dropping;

  @Override
  public Step read(ServerSentEvent event) {
    var data = event.json();
    if (data == null) {
      return Step.PASS;
    }
    String type = EventTypes.of(event, data);
    return switch (type) {
      case "content_block_start" -> dropping ? Step.DROP : started(data);
      case "content_block_delta" -> dropping ? Step.DROP : delta(data);
      case "content_block_stop" -> dropping ? Step.DROP : stopped(data);
      case "message_delta" -> {
        CallShapes.requireNoneIn(data);
        var why = data.object("delta").given("stop_reason");
        yield why == null ? Step.PASS : end();
      }
      case "message_stop" -> end();
      case "error" -> calls.isEmpty() ? Step.PASS : abandon();
      default -> {
        CallShapes.requireNoneIn(data);
        yield Step.PASS;
      }
    };
  }

  private Step started(JsonSpan data) {
    int index = data.number("index");
    var block = data.object("content_block");
    requireUndecided(index);
    if (calls.containsKey(index)) {
      throw new Unintelligible("a block begins twice");
    }
    String type = block.text("type");
    if (!CallShapes.isCall(type)) {
      CallShapes.requireNoneIn(block);
      return Step.PASS;
    }
    calls.put(index, MessagesCalls.read(block, type));
    CallShapes.requireFew(calls.size());
    return Step.HOLD;
  }

  private Step delta(JsonSpan data) {
    int index = data.number("index");
    var call = calls.get(index);
    if (call == null) {
      requireUndecided(index);
      requireNoArguments(data);
      CallShapes.requireNoneIn(data);
      return Step.PASS;
    }
    var delta = data.object("delta");
    if (!call.isOpen() || !delta.text("type").equals("input_json_delta")) {
      throw new Unintelligible("a tool call has a piece of an unknown kind");
    }
    call.append(delta.text("partial_json"));
    return Step.HOLD;
  }

  private Step stopped(JsonSpan data) {
    int index = data.number("index");
    var call = calls.get(index);
    if (call == null) {
      requireUndecided(index);
      return Step.PASS;
    }
    call.isWhole();
    boolean theProvidersOwn =
        calls.values().stream()
            .allMatch(each -> each.executor() == Executor.PROVIDER && !each.isOpen());
    return theProvidersOwn ? Step.DECIDE : Step.HOLD;
  }

  private void requireUndecided(int index) {
    if (settled.contains(index)) {
      throw new Unintelligible("a tool call goes on after its end");
    }
  }

  private static void requireNoArguments(JsonSpan data) {
    var delta = data.given("delta");
    if (delta != null
        && delta.is(JsonSpan.Kind.OBJECT)
        && (delta.given("partial_json") != null
            || delta.textIfAny("type").equalsIgnoreCase("input_json_delta"))) {
      throw new Unintelligible("there is a piece of an unknown tool call");
    }
  }

  private Step end() {
    return calls.isEmpty() ? Step.PASS : Step.DECIDE;
  }

  private Step abandon() {
    calls.clear();
    return Step.ABANDON;
  }

  @Override
  public boolean seesAll() {
    return dropping;
  }

  @Override
  public boolean isWholeAtEnd() {
    return false;
  }

  @Override
  public List<GatheredCall> calls() {
    return List.copyOf(calls.values());
  }

  @Override
  public void release(List<ServerSentEvent> held, Output out) {
    for (var event : held) {
      release(event, out);
    }
    settled.addAll(calls.keySet());
    calls.clear();
  }

  private void release(ServerSentEvent event, Output out) {
    var data = event.json();
    String type = data == null ? "" : EventTypes.of(event, data);
    if (data == null || !type.startsWith("content_block_")) {
      out.add(passing(event));
      return;
    }
    var call = calls.get(data.number("index"));
    if (dropping) {
      return;
    }
    if (call == null || call.denied() == null) {
      kept |= call != null;
      var instead = call == null ? null : call.edited();
      if (instead == null) {
        out.add(event.raw());
      } else {
        rewrite(event, data, type, instead, out);
      }
      return;
    }
    removed = true;
    switch (type) {
      case "content_block_start" -> explain(call, data.number("index"), event.lineEnd(), out);
      case "content_block_stop" -> {
        out.add(event.raw());
        dropping |= call.executor() == Executor.PROVIDER;
      }
      default -> {
        // the arguments go nowhere
      }
    }
  }

  /** All arguments in one piece, before the end of the block; its own go nowhere. */
  private static void rewrite(
      ServerSentEvent event, JsonSpan data, String type, String instead, Output out) {
    switch (type) {
      case "content_block_start" -> {
        var edits = new Edits();
        var input = data.object("content_block").get("input");
        if (input != null) {
          edits.replace(input, "{}");
        }
        out.add(event.with(edits));
      }
      case "content_block_stop" -> {
        var delta =
            ReplyJson.object()
                .put("type", "content_block_delta")
                .put("index", data.number("index"));
        delta.putObject("delta").put("type", "input_json_delta").put("partial_json", instead);
        out.event("content_block_delta", delta, event.lineEnd());
        out.add(event.raw());
      }
      default -> {
        // said before the end
      }
    }
  }

  private static void explain(GatheredCall call, int index, String lineEnd, Output out) {
    var start = ReplyJson.object().put("type", "content_block_start").put("index", index);
    start.putObject("content_block").put("type", "text").put("text", "");
    out.event("content_block_start", start, lineEnd);
    var delta = ReplyJson.object().put("type", "content_block_delta").put("index", index);
    delta.putObject("delta").put("type", "text_delta").put("text", Explanation.of(call));
    out.event("content_block_delta", delta, lineEnd);
  }

  @Override
  public byte[] passing(ServerSentEvent event) {
    var data = event.json();
    @Nullable JsonSpan delta = data == null ? null : data.get("delta");
    if (delta == null || !removed) {
      return event.raw();
    }
    var why = delta.given("stop_reason");
    var edits = new Edits();
    if (why != null && MessagesCalls.isStopForCalls(why.text(), kept, dropping)) {
      edits.replace(why, "\"end_turn\"");
    }
    return event.with(edits);
  }

  @Override
  public byte[] error(String message) {
    return new Output().event("error", MessagesCalls.error(message), "\n").toBytes();
  }

  @Override
  public byte[] keepAlive() {
    return PING.clone();
  }
}
