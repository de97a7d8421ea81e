package io.redoubt.proxy.llm.reply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.content.EffectiveContentPolicy;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.llm.reply.ReplyGuard.Style;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Guards the texts of a stream of events. Each event goes out at once, with as much of its text as
 * is settled; what is held back of a text goes out with its next piece or, where it is over, in an
 * event of ours before the one that says so.
 */
final class EventTexts extends TextGuard {
  /** What a provider sends last. Further texts are ends of their own: each says so itself. */
  private static final Set<String> LAST =
      Set.of(
          "message_delta",
          "message_stop",
          "error",
          "response.completed",
          "response.incomplete",
          "response.failed",
          "response.cancelled");

  /** Texts that may go on at a time (G11). */
  private static final int MOST_TEXTS = 256;

  private static final String SEQUENCE = "sequence_number";
  private static final String LOGPROBS = "logprobs";

  /** A text that goes on, and an event that had a piece of it. */
  private static final class Open {
    private final PieceText text;
    private byte[] event = {};

    private Open(PieceText text) {
      this.text = text;
    }
  }

  private final Style style;
  private final Map<String, Open> open = new LinkedHashMap<>();
  private final EventScanner scanner = new EventScanner();
  private ByteString unfinished = NOTHING;

  /** So many events of ours have gone out: those behind them are counted anew. */
  private int added;

  private long lastSequence;

  EventTexts(Style style, Inspector inspector, EffectiveContentPolicy policy) {
    super(inspector, policy);
    this.style = style;
  }

  @Override
  public ByteString feed(ByteString passed) {
    if (stopped() != null) {
      return NOTHING;
    }
    var out = new Output();
    var all = unfinished.concat(passed).compact();
    var bytes = all.asByteBuffer();
    int from = 0;
    try {
      int end = scanner.endOfEvent(bytes, from, all.size());
      while (end >= 0 && stopped() == null) {
        scanner.restart();
        event(all.slice(from, end).toArrayUnsafe(), out);
        from = end;
        end = scanner.endOfEvent(bytes, from, all.size());
      }
    } catch (Unintelligible _) {
      stop(Stop.NOT_UNDERSTOOD);
    }
    scanner.restart();
    unfinished = all.drop(from);
    return ended(out);
  }

  @Override
  public ByteString finish() {
    if (stopped() != null) {
      return NOTHING;
    }
    var out = new Output();
    try {
      if (!unfinished.isEmpty()) {
        event(unfinished.toArrayUnsafe(), out);
      }
      if (stopped() == null) {
        over("", out);
      }
    } catch (Unintelligible _) {
      stop(Stop.NOT_UNDERSTOOD);
    }
    unfinished = NOTHING;
    return ended(out);
  }

  private ByteString ended(Output out) {
    if (stopped() != null) {
      open.clear();
      unfinished = NOTHING;
      out.add(error("Redoubt: " + complaint()));
    }
    return out.toByteString();
  }

  private byte[] error(String message) {
    return switch (style) {
      case MESSAGES -> new MessagesEvents().error(message);
      case CHAT -> new ChatEvents().error(message);
      case RESPONSES -> ResponsesEvents.error(message, lastSequence + 1);
    };
  }

  private void event(byte[] raw, Output out) {
    var event = ServerSentEvent.read(raw);
    if (event.isDone()) {
      over("", out);
    }
    var data = stopped() == null ? event.json() : null;
    if (data == null) {
      if (stopped() == null) {
        out.add(raw);
      }
      return;
    }
    var pieces = new Pieces(event, endings(data, EventTexts.type(data)));
    Texts.each(data, EventTexts.type(data), pieces);
    for (String ending : pieces.endings) {
      over(ending, out);
    }
    if (stopped() == null) {
      count(data, pieces.edits);
      out.add(event.with(pieces.edits));
    }
  }

  /** The texts of one event. */
  private final class Pieces implements Texts.Sink {
    private final ServerSentEvent event;
    private final List<String> endings;
    private final Edits edits = new Edits();

    private Pieces(ServerSentEvent event, List<String> endings) {
      this.event = event;
      this.endings = endings;
    }

    @Override
    public void text(JsonSpan string, String place, boolean isPiece) {
      String text = isPiece ? piece(string, place) : redacted(string.text());
      if (!text.equals(string.text())) {
        edits.replace(string, ReplyJson.quoted(text));
      }
    }

    private String piece(JsonSpan string, String place) {
      if (open.size() == MOST_TEXTS && !open.containsKey(place)) {
        throw new Unintelligible("more texts go on at once than can be looked through");
      }
      var of = open.computeIfAbsent(place, _ -> new Open(new PieceText(begin())));
      String text = of.text.feed(string.text());
      if (endings.stream().anyMatch(place::startsWith)) {
        open.remove(place);
        text += of.text.end();
      } else {
        of.event = event.raw();
      }
      note(of.text.take());
      return text;
    }

    @Override
    public void logprobs(JsonSpan value) {
      if (!value.is(JsonSpan.Kind.NULL)) {
        edits.replace(value, style == Style.RESPONSES ? "[]" : "null");
      }
    }
  }

  private static String type(JsonSpan data) {
    return data.is(JsonSpan.Kind.OBJECT) ? data.textIfAny("type") : "";
  }

  /** Which texts are over with this event, as beginnings of their places. */
  private static List<String> endings(JsonSpan data, String type) {
    if (type.isEmpty()) {
      return finished(data);
    }
    if (LAST.contains(type)) {
      return List.of("");
    }
    boolean goesOn = type.endsWith("delta") || type.endsWith("_start") || type.endsWith(".added");
    String indices = goesOn ? "" : Texts.indices(data);
    return indices.isEmpty() ? List.of() : List.of(indices + '/');
  }

  /** Choices of a chat completion that say why they ended. */
  private static List<String> finished(JsonSpan data) {
    if (data.given("error") != null) {
      return List.of("");
    }
    var endings = new ArrayList<String>();
    for (var choice : data.list("choices")) {
      if (choice.given("finish_reason") != null) {
        endings.add("/choices/" + choice.number("index") + '/');
      }
    }
    return endings;
  }

  /** Gives out what is held back of texts that are over. */
  private void over(String places, Output out) {
    for (String place : List.copyOf(open.keySet())) {
      var of = place.startsWith(places) ? open.remove(place) : null;
      if (of != null && stopped() == null) {
        String rest = of.text.end();
        note(of.text.take());
        if (!rest.isEmpty() && stopped() == null) {
          out.add(carrying(rest, place, ServerSentEvent.read(of.event)));
        }
      }
    }
  }

  /** An event like the one that had a piece of the text before, with the rest of it. */
  private byte[] carrying(String rest, String place, ServerSentEvent like) {
    var data = like.json();
    if (data == null) {
      throw new Unintelligible("a text without an event");
    }
    var edits = new Edits();
    switch (style) {
      case MESSAGES -> {
        return block(rest, place, like.lineEnd());
      }
      case CHAT -> {
        edits.replace(data.present("choices"), ReplyJson.bytes(choices(rest, place)));
        var usage = data.given("usage");
        if (usage != null) {
          edits.replace(usage, "null");
        }
      }
      case RESPONSES -> {
        edits.replace(data.present("delta"), ReplyJson.quoted(rest));
        if (data.given(LOGPROBS) != null) {
          edits.replace(data.present(LOGPROBS), "[]");
        }
        if (data.given(SEQUENCE) != null) {
          added++;
          edits.replace(data.present(SEQUENCE), String.valueOf(++lastSequence));
        }
      }
    }
    return like.with(edits);
  }

  /** A place is {@code /N/delta/NAME}. */
  private static byte[] block(String rest, String place, String lineEnd) {
    var names = place.split("/", -1);
    String name = names[names.length - 1];
    var delta =
        ReplyJson.object()
            .put("type", "content_block_delta")
            .put("index", Integer.parseInt(names[1]));
    delta.putObject("delta").put("type", name + "_delta").put(name, rest);
    return new Output().event("content_block_delta", delta, lineEnd).toBytes();
  }

  /** A place is {@code /choices/N/delta/…}, with the names that lead to the text. */
  private static JsonNode choices(String rest, String place) {
    var names = place.split("/", -1);
    var choice = ReplyJson.object().put("index", Integer.parseInt(names[2]));
    ObjectNode at = choice.putObject("delta");
    for (int i = 4; i < names.length - 1; i++) {
      at = at.putObject(names[i]);
    }
    at.put(names[names.length - 1], rest);
    choice.putNull("finish_reason");
    return ReplyJson.list().add(choice);
  }

  private void count(JsonSpan data, Edits edits) {
    @Nullable JsonSpan sequence = data.is(JsonSpan.Kind.OBJECT) ? data.given(SEQUENCE) : null;
    if (sequence != null) {
      lastSequence = data.number(SEQUENCE) + (long) added;
      if (added != 0) {
        edits.replace(sequence, String.valueOf(lastSequence));
      }
    }
  }
}
