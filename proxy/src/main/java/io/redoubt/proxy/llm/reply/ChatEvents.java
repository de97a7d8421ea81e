package io.redoubt.proxy.llm.reply;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's chat completions. Pieces of calls come under the number of their choice and their own;
 * only the end of the stream says that none follows, since every choice ends for itself. Where some
 * calls of a choice were taken out, the others are counted anew, as clients keep them in a list.
 */
final class ChatEvents implements EventReader {
  private static final byte[] COMMENT = ": redoubt\n\n".getBytes(StandardCharsets.US_ASCII);

  /** The number of a call in the style of before there were several. */
  private static final int FUNCTION_CALL = -1;

  private record Place(int choice, int number) {}

  private final Map<Place, GatheredCall> calls = new LinkedHashMap<>();
  private final Set<Integer> finished = new HashSet<>();

  /** Calls of which the arguments that somebody has changed are out; no more follow. */
  private final Set<Place> rewritten = new HashSet<>();

  /** Choices that had calls which are out already: more of them would not have been decided. */
  private final Set<Integer> released = new HashSet<>();

  @Override
  public Step read(ServerSentEvent event) {
    if (event.isDone()) {
      calls.values().forEach(GatheredCall::isWhole);
      return calls.isEmpty() ? Step.PASS : Step.DECIDE;
    }
    var data = event.json();
    if (data == null) {
      return Step.PASS;
    }
    if (data.given("error") != null && !calls.isEmpty()) {
      calls.clear();
      return Step.ABANDON;
    }
    var choices = data.given("choices");
    if (choices == null) {
      CallShapes.requireNoneIn(data);
      return Step.PASS;
    }
    var pieces = new HashSet<JsonSpan>();
    for (var choice : data.list("choices")) {
      read(choice, pieces);
    }
    CallShapes.requireNoneIn(data, pieces);
    return pieces.isEmpty() ? Step.PASS : Step.HOLD;
  }

  private void read(JsonSpan choice, Set<JsonSpan> pieces) {
    var delta = choice.given("delta") == null ? null : choice.object("delta");
    if (delta != null && !delta.list("tool_calls").isEmpty()) {
      int index = choice.number("index");
      delta.list("tool_calls").forEach(each -> piece(index, each));
      pieces.add(delta.present("tool_calls"));
    }
    if (delta != null && delta.given("function_call") != null) {
      if (delta.get("tool_calls") != null) {
        throw new Unintelligible("a tool call is of two kinds");
      }
      var call = call(new Place(choice.number("index"), FUNCTION_CALL), false);
      ChatCalls.function(delta.object("function_call"), call);
      pieces.add(delta.present("function_call"));
    }
    if (choice.given("finish_reason") != null) {
      finish(choice.number("index"));
    }
  }

  private void piece(int choice, JsonSpan piece) {
    boolean custom = piece.given("custom") != null;
    var call = call(new Place(choice, piece.number("index")), custom);
    ChatCalls.read(piece, call);
  }

  private GatheredCall call(Place place, boolean custom) {
    if (finished.contains(place.choice) || released.contains(place.choice)) {
      throw new Unintelligible("a choice goes on with tool calls after its end");
    }
    var call = calls.computeIfAbsent(place, _ -> ChatCalls.begin(custom));
    CallShapes.requireFew(calls.size());
    if (custom != call.takesText() && !call.tool().isEmpty()) {
      throw new Unintelligible("a tool call is of two kinds");
    }
    return call;
  }

  private void finish(int choice) {
    calls.forEach((place, call) -> {
      if (place.choice == choice) {
        call.isWhole();
        finished.add(choice);
      }
    });
  }

  @Override
  public boolean seesAll() {
    return false;
  }

  @Override
  public boolean isWholeAtEnd() {
    return calls.values().stream().noneMatch(GatheredCall::isOpen);
  }

  @Override
  public List<GatheredCall> calls() {
    return List.copyOf(calls.values());
  }

  @Override
  public void release(List<ServerSentEvent> held, Output out) {
    var numbers = numbers();
    var explained = new HashSet<Integer>();
    for (var event : held) {
      var data = event.json();
      if (data == null || data.list("choices").isEmpty()) {
        out.add(event.raw());
      } else {
        release(event, data, numbers, explained, out);
      }
    }
    calls.keySet().forEach(place -> released.add(place.choice));
    calls.clear();
  }

  /** What the calls that stay are numbered, counted in each choice for itself. */
  private Map<Place, Integer> numbers() {
    var numbers = new HashMap<Place, Integer>();
    var next = new HashMap<Integer, Integer>();
    calls.entrySet().stream()
        .filter(each -> each.getKey().number != FUNCTION_CALL)
        .sorted(Comparator.comparingInt(each -> each.getKey().number))
        .forEach(each -> {
          var place = each.getKey();
          boolean someRemoved =
              calls.entrySet().stream()
                  .anyMatch(other ->
                      other.getKey().choice == place.choice && other.getValue().denied() != null);
          if (each.getValue().denied() == null) {
            int number = next.merge(place.choice, 1, Integer::sum) - 1;
            numbers.put(place, someRemoved ? number : place.number);
          }
        });
    return numbers;
  }

  private void release(
      ServerSentEvent event,
      JsonSpan data,
      Map<Place, Integer> numbers,
      Set<Integer> explained,
      Output out) {
    var edits = new Edits();
    boolean empty = data.given("usage") == null;
    var toExplain = new ArrayList<Integer>();
    for (var choice : data.list("choices")) {
      int index = choice.number("index");
      boolean removed = edit(choice, index, numbers, edits);
      if (removed && explained.add(index)) {
        toExplain.add(index);
      }
      empty &= removed && ChatCalls.saysNothingElse(choice);
    }
    boolean last =
        data.list("choices").stream().anyMatch(each -> each.given("finish_reason") != null);
    if (!last && (!empty || edits.isEmpty())) {
      out.add(event.with(edits));
    }
    for (int index : toExplain) {
      out.add(explanation(event, data, index));
    }
    if (last) {
      out.add(event.with(edits));
    }
  }

  /** True: calls were taken out of it. */
  private boolean edit(JsonSpan choice, int index, Map<Place, Integer> numbers, Edits edits) {
    boolean removed = false;
    if (choice.given("delta") != null) {
      var delta = choice.object("delta");
      removed = editCalls(delta, index, numbers, edits);
      var legacy = calls.get(new Place(index, FUNCTION_CALL));
      if (legacy != null && delta.given("function_call") != null) {
        if (legacy.denied() != null) {
          edits.remove(delta, "function_call");
          removed = true;
        } else {
          rewrite(delta.object("function_call"), new Place(index, FUNCTION_CALL), edits);
        }
      }
    }
    var why = choice.given("finish_reason");
    if (why != null && ChatCalls.isStopForCalls(why.text()) && noneKept(index)) {
      edits.replace(why, "\"stop\"");
    }
    return removed;
  }

  private boolean editCalls(JsonSpan delta, int index, Map<Place, Integer> numbers, Edits edits) {
    var pieces = delta.list("tool_calls");
    var kept =
        pieces.stream()
            .filter(each -> numbers.containsKey(new Place(index, each.number("index"))))
            .toList();
    if (kept.isEmpty()) {
      if (!pieces.isEmpty()) {
        edits.remove(delta, "tool_calls");
      }
      return !pieces.isEmpty();
    }
    if (kept.size() == pieces.size()) {
      for (var piece : pieces) {
        var number = numbers.get(new Place(index, piece.number("index")));
        if (number != null && number != piece.number("index")) {
          edits.replace(piece.present("index"), number.toString());
        }
        rewrite(ChatCalls.inner(piece), new Place(index, piece.number("index")), edits);
      }
      return false;
    }
    var all = new Output().add(new byte[] {'['});
    for (int i = 0; i < kept.size(); i++) {
      var piece = kept.get(i);
      var number = numbers.get(new Place(index, piece.number("index")));
      all.add(i == 0 ? new byte[0] : new byte[] {','})
          .add(moved(piece, new Place(index, piece.number("index")), String.valueOf(number)));
    }
    var list = delta.get("tool_calls");
    if (list != null) {
      edits.replace(list, all.add(new byte[] {']'}).toBytes());
    }
    return true;
  }

  /** A piece of a call under another number, and perhaps with other arguments. */
  private byte[] moved(JsonSpan piece, Place place, String number) {
    byte[] bytes = piece.bytes();
    var own = JsonSpan.parse(bytes);
    var edits = new Edits().replace(own.present("index"), number);
    rewrite(ChatCalls.inner(own), place, edits);
    return edits.applyTo(bytes);
  }

  /** All arguments go out in the first piece; what its other pieces say goes nowhere. */
  private void rewrite(@Nullable JsonSpan inner, Place place, Edits edits) {
    var call = calls.get(place);
    var instead = call == null ? null : call.edited();
    if (call == null || instead == null || inner == null) {
      return;
    }
    if (rewritten.add(place)) {
      ChatCalls.rewrite(inner, call.takesText(), instead, edits);
    } else if (inner.given(ChatCalls.member(call.takesText())) != null) {
      ChatCalls.rewrite(inner, call.takesText(), "", edits);
    }
  }

  private boolean noneKept(int choice) {
    @Nullable Boolean any = null;
    for (var each : calls.entrySet()) {
      if (each.getKey().choice == choice) {
        any = (any != null && any) || each.getValue().denied() == null;
      }
    }
    return any != null && !any;
  }

  /** The event that the piece of a call came in, with an explanation for its only choice. */
  private byte[] explanation(ServerSentEvent event, JsonSpan data, int index) {
    var denied =
        calls.entrySet().stream()
            .filter(each -> each.getKey().choice == index && each.getValue().denied() != null)
            .map(Map.Entry::getValue)
            .toList();
    var choice = ReplyJson.object().put("index", index);
    choice.putObject("delta").put("content", "\n\n" + Explanation.ofAll(denied));
    choice.putNull("logprobs").putNull("finish_reason");
    var choices = data.get("choices");
    var edits = new Edits();
    if (choices != null) {
      edits.replace(choices, ReplyJson.bytes(ReplyJson.list().add(choice)));
    }
    var usage = data.given("usage");
    if (usage != null) {
      edits.replace(usage, "null");
    }
    return event.with(edits);
  }

  @Override
  public byte[] passing(ServerSentEvent event) {
    return event.raw();
  }

  @Override
  public byte[] error(String message) {
    return new Output().event("", ChatCalls.error(message), "\n").toBytes();
  }

  @Override
  public byte[] keepAlive() {
    return COMMENT.clone();
  }
}
