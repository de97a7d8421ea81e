package io.redoubt.proxy.inspect;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.redoubt.content.Bytes;
import io.redoubt.protocol.audit.Coverage;
import io.redoubt.proxy.inspect.JsonInspection.Located;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The texts of a reply that comes as events, as its bytes go by. What stands in a {@code delta} is
 * a piece of a text, and is put together with the other pieces from the same place, so that what is
 * cut between two events is found; any other string is a text of its own. No list of events is
 * needed for that, and one that nobody knows is read like the others. For one reply, and one
 * thread.
 */
public final class ReplyInspection {
  /** Texts that are put together in one reply; further ones are not looked at, and said so. */
  static final int MOST_TEXTS = 32;

  /** Bytes of one event. */
  static final int LONGEST_EVENT = 256 * 1024;

  private static final int LONGEST_POINTER = 200;
  private static final int MOST_GAPS = 10;
  private static final String DONE = "[DONE]";

  /** Names that tell a piece from the pieces of another text beside it. */
  private static final Set<String> INDICES = Set.of("index", "output_index", "content_index");

  /** An object or an array of an event. */
  private static final class Frame {
    private final @Nullable Frame parent;
    private final String name;
    private final boolean isArray;
    private final boolean isPiece;
    private int elements;
    private String indices = "";

    private Frame(@Nullable Frame parent, String name, boolean isArray) {
      this.parent = parent;
      this.name = name;
      this.isArray = isArray;
      this.isPiece =
          (parent != null && parent.isPiece)
              || name.equals("delta")
              || name.equals("content_block");
    }

    /** Of what comes next here. */
    private String nameOfNext(String member) {
      return isArray ? Integer.toString(elements++) : member;
    }

    /**
     * What an element calls its index goes before its place, and a block's begin and delta are one.
     */
    private String pointer() {
      if (parent == null || parent.parent == null) {
        return indices;
      }
      boolean isElement = parent.isArray && !indices.isEmpty();
      return parent.pointer()
          + (isElement ? "" : '/' + (name.equals("content_block") ? "delta" : name))
          + indices;
    }
  }

  /** A string of an event, by its place in the bytes. */
  private record Found(Frame frame, String name, int from, int to) {}

  /** A text that is put together. */
  private static final class Text {
    private final Scan scan;
    private final Unescaper arguments;

    private Text(Scan scan) {
      this.scan = scan;
      this.arguments = new Unescaper(scan::feed);
    }

    private void end() {
      arguments.end();
      scan.end();
    }
  }

  private final Inspector inspector;
  private final EventLines lines;
  private final Map<String, Text> texts = new HashMap<>();
  private final List<Found> strings = new ArrayList<>();
  private final List<Located> found = new ArrayList<>();
  private final Set<Coverage.Gap> gaps = new LinkedHashSet<>();
  private final Text whole;
  private final Unescaper unescaper = new Unescaper(this::pass);
  private Text target;
  private boolean isArguments;
  private String type = "";

  public ReplyInspection(Inspector inspector) {
    this.inspector = inspector;
    this.whole = new Text(inspector.open());
    this.target = whole;
    this.lines =
        new EventLines(
            new EventLines.Sink() {
              @Override
              public void document(byte[] bytes, int from, int to) {
                event(bytes, from, to);
              }

              @Override
              public void tooLong() {
                gap("an event", "limit");
              }
            },
            LONGEST_EVENT);
  }

  /** The next bytes of the reply. */
  public void see(byte[] bytes, int from, int to) {
    lines.see(bytes, from, to);
  }

  private void event(byte[] bytes, int from, int to) {
    int begin = from;
    while (begin < to && Bytes.is(bytes[begin] & 0xFF, Bytes.SPACE)) {
      begin++;
    }
    if (begin == to || isDone(bytes, begin, to)) {
      return;
    }
    strings.clear();
    type = "";
    try (var parser = JsonInspection.JSON.createParser(bytes, begin, to - begin)) {
      read(parser, bytes, begin);
    } catch (JacksonException _) {
      gap("an event", "undecodable");
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
    for (Found string : strings) {
      inspect(string, bytes);
    }
  }

  private static boolean isDone(byte[] bytes, int from, int to) {
    for (int i = 0; i < DONE.length(); i++) {
      if (from + i >= to || bytes[from + i] != DONE.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Collects the strings: what their index is may stand behind them. */
  private void read(JsonParser parser, byte[] bytes, int begin) throws IOException {
    Frame frame = new Frame(null, "", true);
    String member = "";
    for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
      switch (token) {
        case START_OBJECT -> frame = new Frame(frame, frame.nameOfNext(member), false);
        case START_ARRAY -> frame = new Frame(frame, frame.nameOfNext(member), true);
        case END_OBJECT, END_ARRAY -> frame = frame.parent == null ? frame : frame.parent;
        case FIELD_NAME -> member = parser.currentName();
        case VALUE_NUMBER_INT -> {
          if (!frame.isArray && INDICES.contains(member) && parser.getTextLength() < 6) {
            frame.indices += '/' + parser.getText();
          }
        }
        case VALUE_STRING -> {
          if (member.equals("type") && !frame.isArray && isEvent(frame)) {
            type = parser.getText();
          } else if (frame.isArray || !ProviderNames.isStructure(member)) {
            int from = begin + Math.toIntExact(parser.currentTokenLocation().getByteOffset()) + 1;
            strings.add(
                new Found(frame, frame.nameOfNext(member), from, JsonInspection.end(bytes, from)));
          }
        }
        default -> {}
      }
    }
  }

  private static boolean isEvent(Frame frame) {
    return frame.parent != null && frame.parent.parent == null;
  }

  private void inspect(Found string, byte[] bytes) {
    if (string.from == string.to) {
      return;
    }
    String name = string.name;
    boolean isPiece = string.frame.isPiece || name.equals("delta");
    boolean isSound = isPiece && type.contains("audio") && !type.contains("transcript");
    if (isSound || ProviderNames.isBinary(name, bytes, string.from, string.to)) {
      gap(ProviderNames.isKnown(name) ? "a " + name : "a member", "binary");
      if (isSound || ProviderNames.isUnread(name, bytes, string.from, string.to)) {
        return;
      }
    }
    String pointer = string.frame.pointer() + '/' + name;
    if (pointer.length() > LONGEST_POINTER) {
      gap("a text that is nested deep", "limit");
      return;
    }
    isArguments =
        name.equals("partial_json")
            || name.equals("arguments")
            || (name.equals("delta") && type.contains("arguments"));
    if (!isPiece) {
      whole.scan.restart();
      whole.arguments.restart();
      feed(whole, bytes, string);
      whole.end();
      take(pointer, whole);
      return;
    }
    var text = texts.get(pointer);
    if (text == null) {
      if (texts.size() == MOST_TEXTS) {
        gap("texts after the first " + MOST_TEXTS, "limit");
        return;
      }
      text = new Text(inspector.open());
      texts.put(pointer, text);
    }
    feed(text, bytes, string);
    take(pointer, text);
  }

  private void feed(Text text, byte[] bytes, Found string) {
    target = text;
    unescaper.restart();
    unescaper.write(bytes, string.from, string.to);
    unescaper.end();
    text.arguments.flush();
  }

  /** What a string stands for. Arguments of calls are JSON once more, with escapes of their own. */
  private void pass(byte[] bytes, int from, int length) {
    if (isArguments) {
      target.arguments.write(bytes, from, from + length);
    } else {
      target.scan.feed(bytes, from, length);
    }
  }

  private void take(String pointer, Text text) {
    for (Finding finding : text.scan.take()) {
      found.add(new Located(pointer, false, finding));
    }
  }

  private void gap(String what, String why) {
    if (gaps.size() < MOST_GAPS) {
      gaps.add(new Coverage.Gap("reply, " + what, why));
    }
  }

  /** The reply is over, or broken off: what was undecided is decided. */
  public JsonInspection.Result end() {
    lines.end();
    long more = whole.scan.more();
    for (var entry : texts.entrySet()) {
      entry.getValue().end();
      take(entry.getKey(), entry.getValue());
      more += entry.getValue().scan.more();
    }
    texts.clear();
    return new JsonInspection.Result(found, List.copyOf(gaps), more);
  }
}
