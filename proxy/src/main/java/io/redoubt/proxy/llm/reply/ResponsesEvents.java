package io.redoubt.proxy.llm.reply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.proxy.llm.reply.ProposedCall.Executor;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's responses. Items have their places in the output; an explanation is a message in the
 * place of the call. Everything is said several times: piece by piece, as a whole, and once more in
 * the last event with the whole output; all of it must be the same call. That last event says that
 * no call follows; what OpenAI does on its own side is decided as soon as it is known.
 */
final class ResponsesEvents implements EventReader {
  private static final byte[] COMMENT = ": redoubt\n\n".getBytes(StandardCharsets.US_ASCII);

  private final Map<Integer, GatheredCall> calls = new LinkedHashMap<>();

  /** Those that were decided before, since the last event has them again. */
  private final Map<Integer, GatheredCall> settled = new TreeMap<>();

  /** Where each call is, by the name of its item: there are clients that go by either. */
  private final Map<String, Integer> places = new HashMap<>();

  /** Places of calls of which the arguments that somebody has changed are out. */
  private final Set<Integer> rewritten = new HashSet<>();

  /** The place of a denied call on which OpenAI acted; what follows it is left out. */
  private int dropFrom = Integer.MAX_VALUE;

  /** By how much the events are counted differently. */
  private int shift;

  private int lastSequence;

  @Override
  public Step read(ServerSentEvent event) {
    var data = event.json();
    if (data == null) {
      return Step.PASS;
    }
    String type = EventTypes.of(event, data);
    if (data.given("sequence_number") != null) {
      lastSequence = data.number("sequence_number") + shift;
    }
    return switch (type) {
      case "response.output_item.added" -> added(data);
      case "response.output_item.done" -> done(data);
      case "response.created", "response.in_progress", "response.queued" -> {
        for (var item : data.object("response").list("output")) {
          CallShapes.requireNoneIn(item);
        }
        yield Step.PASS;
      }
      case "response.completed", "response.incomplete", "response.failed", "response.cancelled" ->
          ended(data);
      case "error" -> abandonOrPass();
      default -> data.given("output_index") == null ? other(type, data) : piece(type, data);
    };
  }

  private static Step other(String type, JsonSpan data) {
    if (isPieceOfCall(type)) {
      throw new Unintelligible("a piece of a tool call has no place");
    }
    CallShapes.requireNoneIn(data);
    return Step.PASS;
  }

  private Step abandonOrPass() {
    if (calls.isEmpty()) {
      return Step.PASS;
    }
    calls.clear();
    return Step.ABANDON;
  }

  private Step drop() {
    shift--;
    return Step.DROP;
  }

  private Step added(JsonSpan data) {
    int place = data.number("output_index");
    if (place > dropFrom) {
      return drop();
    }
    var item = data.object("item");
    if (!ResponsesCalls.isCall(item)) {
      CallShapes.requireNoneIn(item);
      return Step.PASS;
    }
    if (calls.containsKey(place) || settled.containsKey(place)) {
      throw new Unintelligible("an item begins twice");
    }
    var call = ResponsesCalls.begin(item);
    isOne(item.textIfAny("id"), place);
    call.hasId(ResponsesCalls.callId(item));
    call.append(item.given("arguments") == null ? "" : item.text("arguments"));
    if (call.takesText()) {
      call.append(item.textIfAny("input"));
    }
    add(place, call);
    return Step.HOLD;
  }

  private void add(int place, GatheredCall call) {
    calls.put(place, call);
    CallShapes.requireFew(calls.size() + settled.size());
  }

  private void isOne(String item, int place) {
    if (!item.isEmpty() && places.computeIfAbsent(item, _ -> place) != place) {
      throw new Unintelligible("two tool calls are one");
    }
  }

  private Step piece(String type, JsonSpan data) {
    int place = data.number("output_index");
    if (place > dropFrom) {
      return drop();
    }
    if (isPieceOfCall(type) && places.getOrDefault(data.textIfAny("item_id"), place) != place) {
      throw new Unintelligible("a piece is of two tool calls");
    }
    var call = calls.get(place);
    if (call == null) {
      // A part of a message, of the model's thoughts, or of a call that was decided already.
      var before = settled.get(place);
      if (before == null && isPieceOfCall(type)) {
        throw new Unintelligible("there is a piece of an unknown tool call");
      }
      CallShapes.requireNoneIn(data);
      if (before != null && before.denied() != null) {
        return drop();
      }
      if (before != null && (type.endsWith(".delta") || type.endsWith(".done"))) {
        throw new Unintelligible("a tool call goes on after its end");
      }
      return Step.PASS;
    }
    if (type.endsWith("arguments.delta") || type.endsWith("_input.delta")) {
      call.append(data.text("delta"));
    } else if (type.endsWith("arguments.done")) {
      call.comesWith(data.text("arguments"));
    } else if (type.endsWith("_input.done")) {
      call.comesWith(data.text("input"));
    }
    return Step.HOLD;
  }

  private static boolean isPieceOfCall(String type) {
    return type.contains("_call") || type.contains("_approval");
  }

  private Step done(JsonSpan data) {
    int place = data.number("output_index");
    if (place > dropFrom) {
      return drop();
    }
    var item = data.object("item");
    if (!ResponsesCalls.isCall(item)) {
      if (calls.containsKey(place) || settled.containsKey(place)) {
        throw new Unintelligible("a tool call turns into something else");
      }
      CallShapes.requireNoneIn(item);
      return Step.PASS;
    }
    if (settled.containsKey(place)) {
      throw new Unintelligible("a tool call ends twice");
    }
    var call = calls.get(place);
    if (call == null) {
      call = ResponsesCalls.begin(item);
      add(place, call);
    }
    isOne(item.textIfAny("id"), place);
    ResponsesCalls.complete(item, call);
    boolean theProvidersOwn =
        calls.values().stream().allMatch(each -> each.executor() == Executor.PROVIDER);
    return theProvidersOwn && calls.values().stream().noneMatch(GatheredCall::isOpen)
        ? Step.DECIDE
        : Step.HOLD;
  }

  private Step ended(JsonSpan data) {
    var items = data.object("response").list("output");
    for (int place = 0; place < items.size() && place <= dropFrom; place++) {
      var item = items.get(place);
      var known = calls.containsKey(place) ? calls.get(place) : settled.get(place);
      if (ResponsesCalls.isCall(item)) {
        if (known == null) {
          known = ResponsesCalls.begin(item);
          add(place, known);
        }
        ResponsesCalls.complete(item, known);
      } else if (known != null) {
        throw new Unintelligible("a tool call turns into something else");
      } else {
        CallShapes.requireNoneIn(item);
      }
    }
    return calls.isEmpty() ? Step.PASS : Step.DECIDE;
  }

  @Override
  public boolean seesAll() {
    return shift != 0 || dropFrom != Integer.MAX_VALUE;
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
    calls.forEach((place, call) -> {
      if (call.denied() != null && call.executor() == Executor.PROVIDER) {
        dropFrom = Math.min(dropFrom, place);
      }
    });
    settled.putAll(calls);
    calls.clear();
    for (var event : held) {
      release(event, out);
    }
  }

  private void release(ServerSentEvent event, Output out) {
    var data = event.json();
    if (data == null || data.given("output_index") == null) {
      out.add(passing(event));
      return;
    }
    int place = data.number("output_index");
    var call = settled.get(place);
    if (place > dropFrom) {
      shift--;
    } else if (call == null || call.denied() == null) {
      var edits = changes(data);
      var instead = call == null ? null : call.edited();
      if (call != null && instead != null) {
        rewrite(data, place, call, instead, edits);
      }
      out.add(event.with(edits));
    } else {
      explainInsteadOf(data, place, call, event.lineEnd(), out);
    }
  }

  /**
   * All arguments in the first piece, and nothing in the others: so events are counted as they
   * were.
   */
  private void rewrite(JsonSpan data, int place, GatheredCall call, String instead, Edits edits) {
    String type = data.text("type");
    if (type.equals("response.output_item.added")) {
      var item = data.object("item");
      if (item.given(ChatCalls.member(call.takesText())) != null) {
        ResponsesCalls.rewrite(item, call, "", edits);
      }
    } else if (type.equals("response.output_item.done")) {
      ResponsesCalls.rewrite(data.object("item"), call, instead, edits);
    } else if (type.endsWith("arguments.delta") || type.endsWith("_input.delta")) {
      String piece = rewritten.add(place) ? instead : "";
      edits.replace(data.present("delta"), ReplyJson.quoted(piece));
    } else if (type.endsWith("arguments.done") || type.endsWith("_input.done")) {
      edits.put(data, ChatCalls.member(call.takesText()), ReplyJson.quoted(instead));
    }
  }

  /** All at the end of the call, where its place in the order of events is the same. */
  private void explainInsteadOf(
      JsonSpan data, int place, GatheredCall call, String lineEnd, Output out) {
    shift--;
    if (!data.text("type").equals("response.output_item.done")) {
      return;
    }
    String text = Explanation.of(call);
    var whole = ResponsesCalls.message(call);
    int sequence = data.given("sequence_number") == null ? -1 : data.number("sequence_number");
    var added = event("response.output_item.added", place);
    added.set("item", ResponsesCalls.emptyMessage(call, "in_progress"));
    var partAdded = part("response.content_part.added", place, call);
    partAdded.set("part", ResponsesCalls.part(""));
    var delta = part("response.output_text.delta", place, call).put("delta", text);
    delta.putArray("logprobs");
    var textDone = part("response.output_text.done", place, call).put("text", text);
    textDone.putArray("logprobs");
    var partDone = part("response.content_part.done", place, call);
    partDone.set("part", ResponsesCalls.part(text));
    var done = event("response.output_item.done", place);
    done.set("item", whole);
    for (var each : List.of(added, partAdded, delta, textDone, partDone, done)) {
      shift++;
      if (sequence >= 0) {
        each.put("sequence_number", sequence + shift);
      }
      out.event(each.path("type").textValue(), each, lineEnd);
    }
  }

  private static ObjectNode event(String type, int place) {
    return ReplyJson.object().put("type", type).put("output_index", place);
  }

  private static ObjectNode part(String type, int place, GatheredCall call) {
    return event(type, place)
        .put("item_id", ResponsesCalls.messageId(call))
        .put("content_index", 0);
  }

  @Override
  public byte[] passing(ServerSentEvent event) {
    var data = event.json();
    if (data == null || !data.is(JsonSpan.Kind.OBJECT)) {
      return event.raw();
    }
    return event.with(changes(data));
  }

  /** What earlier verdicts change of any event. */
  private Edits changes(JsonSpan data) {
    var edits = new Edits();
    var sequence = data.given("sequence_number");
    if (sequence != null && shift != 0) {
      edits.replace(sequence, String.valueOf(data.number("sequence_number") + shift));
    }
    @Nullable JsonSpan response = data.given("response");
    if (response != null && response.given("output") != null) {
      ResponsesOutput.edit(response.present("output"), settled, dropFrom, edits);
    }
    return edits;
  }

  @Override
  public byte[] error(String message) {
    return error(message, lastSequence + 1L);
  }

  static byte[] error(String message, long sequence) {
    var error =
        ReplyJson.object()
            .put("type", "error")
            .put("code", "reply_cut")
            .put("message", message)
            .putNull("param")
            .put("sequence_number", sequence);
    return new Output().event("error", error, "\n").toBytes();
  }

  @Override
  public byte[] keepAlive() {
    return COMMENT.clone();
  }
}
