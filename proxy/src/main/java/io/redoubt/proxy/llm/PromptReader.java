package io.redoubt.proxy.llm;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import io.redoubt.content.Category;
import io.redoubt.protocol.approval.ModelPrompt;
import io.redoubt.proxy.inspect.Excerpt;
import io.redoubt.proxy.inspect.Inspector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a request to a model says, as far as those are shown who are to approve it: the
 * beginning of a few of its texts, without building any of the rest, in whichever protocol it is.
 */
final class PromptReader {
  static final int MOST_SYSTEM = 2_000;
  static final int MOST_USER = 4_000;
  static final int MOST_TOOLS = 40;
  private static final int LONGEST_NAME = 80;

  /** So many characters more are read of a text than are shown, to know what its end is part of. */
  private static final int BEYOND = 2_000;

  /** Where a text stands, or parts that have some. */
  private static final Set<String> TEXTS = Set.of("text", "content");

  /** Of parts that are the text that stands in them; of others people are told what they are. */
  private static final Set<String> TEXT_TYPES =
      Set.of("text", "input_text", "output_text", "tool_result", "message");

  private final byte[] body;
  private final Excerpt excerpt;
  private final JsonParser parser;
  private final Text system = new Text(MOST_SYSTEM);
  private final List<String> tools = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private final Set<String> cut = new TreeSet<>();
  private Text user = new Text(MOST_USER);
  private int messages;

  private PromptReader(byte[] body, Inspector inspector, JsonParser parser) {
    this.body = body;
    // Channels show orders to models, and redact everything else that is found.
    this.excerpt = new Excerpt(inspector, each -> each.category() != Category.INJECTION);
    this.parser = parser;
  }

  /**
   * Of a whole body.
   *
   * @param inspector what channels redact is found by; a text that is cut ends before such a thing,
   *     and not inside of it
   * @return empty: it cannot be read
   */
  static Optional<ModelPrompt> read(byte[] body, Inspector inspector) {
    try (var parser = RequestFacts.JSON.createParser(body)) {
      return Optional.of(new PromptReader(body, inspector, parser).read());
    } catch (JacksonException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  /** The beginning of a string, and whether that is not all of it. */
  private record Beginning(String text, boolean cut) {}

  /** Some texts, each on a line of its own, as much of them as it takes to show the beginning. */
  private static final class Text {
    private final int most;
    private final StringBuilder text = new StringBuilder();
    private boolean cut; // there is more
    private boolean doubtful; // or something else

    Text(int most) {
      this.most = most;
    }

    void add(Beginning some) {
      add(some.text);
      cut |= some.cut;
    }

    void add(Text other) {
      add(other.text.toString());
      cut |= other.cut;
      doubtful |= other.doubtful;
    }

    private void add(String some) {
      if (!text.isEmpty() && !some.isEmpty()) {
        text.append('\n');
      }
      text.append(some);
      if (text.length() > room()) {
        text.setLength(room());
        cut = true;
      }
    }

    int room() {
      return most + BEYOND;
    }
  }

  private ModelPrompt read() throws IOException {
    parser.nextToken();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      // Some upstreams match names in any case.
      switch (name.toLowerCase(Locale.ROOT)) {
        case "system", "instructions" -> {
          noteOnce("system");
          texts(value, system);
        }
        case "messages", "input" -> {
          noteOnce("messages");
          messages(value);
        }
        case "tools", "functions" -> {
          noteOnce("tools");
          tools(value);
        }
        case "previous_response_id", "conversation", "prompt" -> {
          if (value != JsonToken.VALUE_NULL) {
            cut.add("messages"); // what was said before is with the provider
          }
          parser.skipChildren();
        }
        default -> parser.skipChildren();
      }
    }
    var ofSystem = shown("system", system);
    var ofUser = shown("user", user);
    return new ModelPrompt(
        messages,
        ofSystem,
        ofUser,
        tools,
        List.copyOf(cut),
        body.length,
        body.length <= ModelPrompt.MAX_REQUEST_BYTES
            ? new String(body, StandardCharsets.UTF_8)
            : null);
  }

  /** Of two that are called alike, each provider knows for itself which one counts. */
  private void noteOnce(String part) {
    if (!seen.add(part)) {
      cut.add(part);
    }
  }

  /** Null: there is nothing. */
  private @Nullable String shown(String part, Text some) {
    var text = some.text.toString();
    var shown = excerpt.of(text, !some.cut, some.most);
    if (some.cut || some.doubtful || shown.length() < text.length()) {
      cut.add(part);
    }
    return text.isEmpty() ? null : shown;
  }

  private void messages(JsonToken value) throws IOException {
    if (value == JsonToken.VALUE_STRING) {
      said(value);
      return;
    }
    if (value != JsonToken.START_ARRAY) {
      parser.skipChildren();
      return;
    }
    for (JsonToken each = parser.nextToken();
        each != JsonToken.END_ARRAY;
        each = parser.nextToken()) {
      switch (each) {
        case VALUE_STRING -> said(each);
        case START_OBJECT -> message();
        default -> parser.skipChildren(); // numbers that stand for a text
      }
    }
  }

  /** A message that is nothing but a text. */
  private void said(JsonToken value) throws IOException {
    messages++;
    user = new Text(MOST_USER);
    texts(value, user);
  }

  private void message() throws IOException {
    messages++;
    String role = "";
    var said = new Text(MOST_USER);
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equalsIgnoreCase("role") && value == JsonToken.VALUE_STRING) {
        said.doubtful |= !role.isEmpty(); // which one counts, each provider knows for itself
        role = beginning(LONGEST_NAME).text;
      } else if (name.equalsIgnoreCase("content")) {
        texts(value, said);
      } else {
        parser.skipChildren();
      }
    }
    switch (role) {
      case "user" -> user = said;
      case "system", "developer" -> system.add(said);
      default -> {
        // what models and tools said before
      }
    }
  }

  /** A value's own text, or those of its parts. */
  private void texts(JsonToken value, Text into) throws IOException {
    if (value == JsonToken.VALUE_STRING) {
      into.add(beginning(into.room()));
      return;
    }
    int depth = value.isStructStart() ? 1 : 0;
    while (depth > 0) {
      switch (parser.nextToken()) {
        case START_OBJECT, START_ARRAY -> {
          if (isOfText(parser.getParsingContext().getParent())) {
            depth++;
          } else {
            parser.skipChildren();
          }
        }
        case END_OBJECT, END_ARRAY -> depth--;
        case VALUE_STRING -> part(into);
        default -> {
          // no text
        }
      }
    }
  }

  /** Whether what stands there is a text, or has some: in a list, or by its name. */
  private static boolean isOfText(JsonStreamContext place) {
    return !place.inObject() || TEXTS.contains(place.getCurrentName().toLowerCase(Locale.ROOT));
  }

  private void part(Text into) throws IOException {
    var place = parser.getParsingContext();
    if (isOfText(place)) {
      into.add(beginning(into.room()));
    } else if (place.getCurrentName().equalsIgnoreCase("type")) {
      String type = name();
      if (!TEXT_TYPES.contains(type)) {
        into.add("[" + type + "]");
      }
    }
  }

  private void tools(JsonToken value) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      parser.skipChildren();
      return;
    }
    for (JsonToken each = parser.nextToken();
        each != JsonToken.END_ARRAY;
        each = parser.nextToken()) {
      if (each != JsonToken.START_OBJECT) {
        parser.skipChildren();
        continue;
      }
      String name = tool();
      if (tools.size() < MOST_TOOLS) {
        tools.add(name);
      } else {
        cut.add("tools");
      }
    }
  }

  /** The name of a tool, or of what kind it is where the provider has named it. */
  private String tool() throws IOException {
    String name = "";
    String type = "";
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      if (value == JsonToken.VALUE_STRING && field.equalsIgnoreCase("name")) {
        name = name();
      } else if (value == JsonToken.VALUE_STRING && field.equalsIgnoreCase("type")) {
        type = name();
      } else if (value == JsonToken.START_OBJECT && field.equalsIgnoreCase("function")) {
        name = tool();
      } else {
        parser.skipChildren();
      }
    }
    return name.isEmpty() ? type : name;
  }

  private String name() throws IOException {
    var name = beginning(LONGEST_NAME + BEYOND);
    var shown = excerpt.of(name.text, !name.cut, LONGEST_NAME);
    return shown.length() < name.text.length() ? shown + "…" : shown;
  }

  /** Of the string that stands here: so many characters, some more bytes, and no more. */
  private Beginning beginning(int most) throws IOException {
    int start = Math.toIntExact(parser.currentTokenLocation().getByteOffset()) + 1;
    int end = start;
    for (int i = 0; i < most && end < body.length && body[end] != '"'; i++) {
      end += width(end);
    }
    end = Math.min(end, body.length);
    byte[] quoted = new byte[end - start + 2];
    quoted[0] = '"';
    System.arraycopy(body, start, quoted, 1, end - start);
    quoted[quoted.length - 1] = '"';
    try (var inner = RequestFacts.JSON.createParser(quoted)) {
      inner.nextToken();
      return new Beginning(inner.getText(), end < body.length && body[end] != '"');
    }
  }

  /** Bytes of the character, or of the escape, that begins there. */
  private int width(int at) {
    int first = body[at];
    if (first == '\\') {
      return at + 1 < body.length && body[at + 1] == 'u' ? 6 : 2;
    }
    if (first >= 0) {
      return 1;
    }
    return (first & 0x20) == 0 ? 2 : (first & 0x10) == 0 ? 3 : 4;
  }
}
