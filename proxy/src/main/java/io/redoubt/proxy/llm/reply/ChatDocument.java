package io.redoubt.proxy.llm.reply;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A whole chat completion of OpenAI's. */
final class ChatDocument implements DocumentReader {
  private final Map<JsonSpan, GatheredCall> calls = new HashMap<>();

  @Override
  public List<GatheredCall> read(JsonSpan reply) {
    var found = new ArrayList<GatheredCall>();
    var known = new HashSet<JsonSpan>();
    if (reply.is(JsonSpan.Kind.OBJECT)) {
      for (var choice : reply.list("choices")) {
        if (choice.given("message") != null) {
          read(choice.object("message"), found, known);
        }
      }
    }
    CallShapes.requireNoneIn(reply, known);
    return found;
  }

  private void read(JsonSpan message, List<GatheredCall> found, Set<JsonSpan> known) {
    for (var each : message.list("tool_calls")) {
      var call = ChatCalls.begin(each.given("custom") != null);
      ChatCalls.read(each, call);
      add(each, call, found);
    }
    if (!message.list("tool_calls").isEmpty()) {
      known.add(message.present("tool_calls"));
    }
    if (message.given("function_call") != null) {
      if (!message.list("tool_calls").isEmpty()) {
        throw new Unintelligible("a tool call is of two kinds");
      }
      var function = message.object("function_call");
      var call = ChatCalls.begin(false);
      ChatCalls.function(function, call);
      add(function, call, found);
      known.add(function);
    }
  }

  private void add(JsonSpan at, GatheredCall call, List<GatheredCall> found) {
    call.isWhole();
    calls.put(at, call);
    found.add(call);
    CallShapes.requireFew(found.size());
  }

  @Override
  public void edit(JsonSpan reply, Edits edits) {
    for (var choice : reply.list("choices")) {
      if (choice.given("message") != null) {
        edit(choice, choice.object("message"), edits);
      }
    }
  }

  private void edit(JsonSpan choice, JsonSpan message, Edits edits) {
    var all = new ArrayList<>(message.list("tool_calls"));
    boolean legacy = message.given("function_call") != null;
    if (legacy) {
      all.add(message.object("function_call"));
    }
    var denied = new ArrayList<GatheredCall>();
    var kept = new Output().add(new byte[] {'['});
    boolean any = false;
    for (var each : all) {
      var call = calls.get(each);
      if (call != null && call.denied() != null) {
        denied.add(call);
      } else {
        kept.add(any ? new byte[] {','} : new byte[0]).add(rewritten(each, call, legacy));
        any = true;
      }
    }
    if (denied.isEmpty()) {
      all.forEach(each -> rewrite(each, calls.get(each), legacy, edits));
      return;
    }
    explain(message, denied, edits);
    if (any) {
      edits.replace(message.present("tool_calls"), kept.add(new byte[] {']'}).toBytes());
      return;
    }
    edits.remove(message, legacy ? "function_call" : "tool_calls");
    var why = choice.given("finish_reason");
    if (why != null && ChatCalls.isStopForCalls(why.text())) {
      edits.replace(why, "\"stop\"");
    }
  }

  private static void rewrite(
      JsonSpan at, @Nullable GatheredCall call, boolean legacy, Edits edits) {
    var instead = call == null ? null : call.edited();
    var inner = legacy ? at : ChatCalls.inner(at);
    if (call != null && instead != null && inner != null) {
      ChatCalls.rewrite(inner, call.takesText(), instead, edits);
    }
  }

  /** As it goes out beside others that do not. */
  private static byte[] rewritten(JsonSpan at, @Nullable GatheredCall call, boolean legacy) {
    if (call == null || call.edited() == null) {
      return at.bytes();
    }
    var own = JsonSpan.parse(at.bytes());
    var edits = new Edits();
    rewrite(own, call, legacy, edits);
    return edits.applyTo(at.bytes());
  }

  private static void explain(JsonSpan message, List<GatheredCall> denied, Edits edits) {
    String text = Explanation.ofAll(denied);
    var content = message.get("content");
    if (content == null) {
      edits.insertFirst(message, "\"content\":" + ReplyJson.quoted(text));
    } else {
      String before = content.is(JsonSpan.Kind.STRING) ? content.text() : "";
      edits.replace(content, ReplyJson.quoted(before.isEmpty() ? text : before + "\n\n" + text));
    }
  }
}
