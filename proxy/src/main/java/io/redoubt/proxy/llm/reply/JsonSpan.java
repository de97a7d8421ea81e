package io.redoubt.proxy.llm.reply;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.redoubt.protocol.text.Utf8;
import io.redoubt.proxy.inspect.ProviderNames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value that knows where it stands among the bytes it was read from, so that one value can
 * be changed and every other byte left as it is. What two readers could take for different things
 * is refused: bytes that are not UTF-8, a name twice, text after the end.
 */
final class JsonSpan {
  enum Kind {
    OBJECT,
    ARRAY,
    STRING,
    NUMBER,
    BOOLEAN,
    NULL
  }

  /**
   * A value under its name.
   *
   * @param start where the name begins
   */
  record Member(int start, JsonSpan value) {}

  /** Deeper than any reply goes, and far from what a reader's stack bears. */
  private static final int MAX_DEPTH = 500;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(1000)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private final byte[] source;
  private final Kind kind;
  private final int start;
  private final Map<String, Member> members;
  private final List<JsonSpan> elements;
  private int end;
  private String text = "";

  private JsonSpan(byte[] source, Kind kind, int start) {
    this.source = source;
    this.kind = kind;
    this.start = start;
    this.members = kind == Kind.OBJECT ? new LinkedHashMap<>() : Map.of();
    this.elements = kind == Kind.ARRAY ? new ArrayList<>() : List.of();
  }

  /** Reads one document, strictly. */
  static JsonSpan parse(byte[] json) {
    requireUtf8(json);
    try (var parser = JSON.createParser(json)) {
      return read(parser, json);
    } catch (JacksonException _) {
      throw new Unintelligible("it is not JSON, or nested too deep");
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  /** Jackson takes the overlong forms of a character for it, others do not. */
  private static void requireUtf8(byte[] json) {
    if (!Utf8.isWellFormed(json)) {
      throw new Unintelligible("it is not UTF-8");
    }
  }

  private static JsonSpan read(JsonParser parser, byte[] json) throws IOException {
    var open = new ArrayDeque<JsonSpan>();
    JsonSpan root = null;
    String name = "";
    int nameStart = 0;
    for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
      if (token == JsonToken.FIELD_NAME) {
        name = parser.currentName();
        nameStart = offset(parser.currentTokenLocation().getByteOffset());
        continue;
      }
      if (token == JsonToken.END_OBJECT || token == JsonToken.END_ARRAY) {
        open.pop().end = offset(parser.currentLocation().getByteOffset());
        continue;
      }
      if (root != null && open.isEmpty()) {
        throw new Unintelligible("it goes on after its end");
      }
      var value =
          new JsonSpan(json, kind(token), offset(parser.currentTokenLocation().getByteOffset()));
      if (token.isScalarValue()) {
        value.text = parser.getText(); // for a string it also finds the end
        value.end = offset(parser.currentLocation().getByteOffset());
      }
      var within = open.peek();
      if (within == null) {
        root = value;
      } else if (within.kind == Kind.ARRAY) {
        within.elements.add(value);
      } else if (within.members.put(name, new Member(nameStart, value)) != null) {
        throw new Unintelligible("it has a name twice");
      }
      if (token.isStructStart()) {
        open.push(value);
      }
    }
    if (root == null || !open.isEmpty()) {
      throw new Unintelligible("it is not JSON");
    }
    return root;
  }

  private static int offset(long offset) {
    return Math.toIntExact(offset);
  }

  private static Kind kind(JsonToken token) {
    return switch (token) {
      case START_OBJECT -> Kind.OBJECT;
      case START_ARRAY -> Kind.ARRAY;
      case VALUE_STRING -> Kind.STRING;
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> Kind.NUMBER;
      case VALUE_TRUE, VALUE_FALSE -> Kind.BOOLEAN;
      case VALUE_NULL -> Kind.NULL;
      case NOT_AVAILABLE, END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT ->
          throw new IllegalStateException("no value: " + token);
    };
  }

  boolean is(Kind what) {
    return kind == what;
  }

  int start() {
    return start;
  }

  /** Where what follows it begins. */
  int end() {
    return end;
  }

  byte[] bytes() {
    return Arrays.copyOfRange(source, start, end);
  }

  /** The same, of an object without these members, and otherwise byte for byte. */
  byte[] without(Set<String> names) {
    if (Collections.disjoint(members.keySet(), names)) {
      return bytes();
    }
    var rest = new ByteArrayOutputStream();
    members.forEach((name, member) -> {
      if (!names.contains(name)) {
        rest.write(rest.size() == 0 ? '{' : ',');
        rest.write(source, member.start, member.value.end - member.start);
      }
    });
    if (rest.size() == 0) {
      rest.write('{');
    }
    rest.write('}');
    return rest.toByteArray();
  }

  /** The inside of a string is long Base64, in a place of that name for it. */
  boolean isUnread(String name) {
    return ProviderNames.isUnread(name, source, start + 1, end - 1);
  }

  /** Of an object, by name; null: none, or this is no object. */
  @Nullable JsonSpan get(String name) {
    // Some readers do not mind the case of names; for them this would be another message.
    for (var other : members.keySet()) {
      if (other.equalsIgnoreCase(name) && !other.equals(name)) {
        throw new Unintelligible("it has a name in another case");
      }
    }
    var member = members.get(name);
    return member == null ? null : member.value;
  }

  /** As {@link #get}, but a null counts as nothing. */
  @Nullable JsonSpan given(String name) {
    var value = get(name);
    return value == null || value.kind == Kind.NULL ? null : value;
  }

  /** Any value, which must be there. */
  JsonSpan present(String name) {
    var value = get(name);
    if (value == null) {
      throw new Unintelligible("it has no " + name);
    }
    return value;
  }

  JsonSpan object(String name) {
    var value = get(name);
    if (value == null || value.kind != Kind.OBJECT) {
      throw new Unintelligible("it has no " + name);
    }
    return value;
  }

  String text(String name) {
    var value = get(name);
    if (value == null || value.kind != Kind.STRING) {
      throw new Unintelligible("it has no " + name);
    }
    return value.text;
  }

  /** Empty where there is none, or a null. */
  String textIfAny(String name) {
    return given(name) == null ? "" : text(name);
  }

  int number(String name) {
    var value = get(name);
    if (value == null || value.kind != Kind.NUMBER) {
      throw new Unintelligible("it has no " + name);
    }
    try {
      return Integer.parseInt(value.text);
    } catch (NumberFormatException _) {
      throw new Unintelligible("its " + name + " is no integer");
    }
  }

  /** No elements where there is none, or a null. */
  List<JsonSpan> list(String name) {
    var value = given(name);
    if (value == null) {
      return List.of();
    }
    if (value.kind != Kind.ARRAY) {
      throw new Unintelligible("its " + name + " is no list");
    }
    return value.elements;
  }

  /** Whether both say the same, whatever the order of names; some names may differ. */
  boolean saysTheSame(JsonSpan other, Set<String> beside) {
    if (kind != other.kind
        || !text.equals(other.text)
        || elements.size() != other.elements.size()) {
      return false;
    }
    for (int i = 0; i < elements.size(); i++) {
      if (!elements.get(i).saysTheSame(other.elements.get(i), Set.of())) {
        return false;
      }
    }
    var names = new TreeSet<>(members.keySet());
    names.addAll(other.members.keySet());
    names.removeAll(beside);
    for (var name : names) {
      var mine = members.get(name);
      var theirs = other.members.get(name);
      if (mine == null || theirs == null || !mine.value.saysTheSame(theirs.value, Set.of())) {
        return false;
      }
    }
    return true;
  }

  /** What a string or number says. */
  String text() {
    return text;
  }

  List<JsonSpan> elements() {
    return elements;
  }

  Map<String, Member> members() {
    return members;
  }

  /** All that is directly in it. */
  Collection<JsonSpan> children() {
    return kind == Kind.ARRAY ? elements : members.values().stream().map(Member::value).toList();
  }
}
