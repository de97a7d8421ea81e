package io.redoubt.proxy.llm;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.redoubt.protocol.audit.DeclaredTools;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads which tools a request declares, and which of them run where the model does: those have run
 * before a reply tells of them, so that this is where they can be forbidden. What is not understood
 * is not guessed at: it makes all of it unknown, and a policy that asks denies.
 */
final class RequestTools {
  private static final String MCP = "mcp";
  private static final String SEARCH = "tool_search";

  /** Members of the top level that declare tools, in any case: upstreams may not mind it. */
  private static final Set<String> MEMBERS =
      Set.of("tools", "functions", "mcp_servers", "web_search_options", "prompt");

  /** Kinds that the agent alone runs; whatever else has a kind, may run at the provider. */
  private static final Set<String> AGENTS_OWN =
      Set.of(
          "function",
          "custom",
          "namespace",
          "bash",
          "text_editor",
          "computer",
          "memory",
          "local_shell",
          "apply_patch");

  /** One kind that has several names. */
  private static final Map<String, String> KINDS =
      Map.of("computer_use", "computer", "mcp_toolset", MCP);

  /** The version of a kind, as in {@code web_search_20250305}. */
  private static final Pattern VERSION = Pattern.compile("(_\\d{8}|_\\d{4}_\\d{2}_\\d{2})$");

  private static final Pattern PREVIEW = Pattern.compile("_preview$");

  private final Set<String> names = new TreeSet<>();
  private final Set<String> provider = new TreeSet<>();
  private boolean namesUnknown;
  private boolean providerUnknown;

  /** Whether such a member of the top level declares tools. */
  static boolean areIn(String member) {
    return MEMBERS.contains(member.toLowerCase(Locale.ROOT));
  }

  /**
   * Takes a member of the top level. Members of the same name add up.
   *
   * @param parser at its value, to whose end it is read
   */
  void read(String member, JsonToken value, JsonParser parser) throws IOException {
    switch (member.toLowerCase(Locale.ROOT)) {
      case "tools", "functions" -> readList(value, parser);
      case "mcp_servers" -> readServers(value, parser);
      case "web_search_options" -> {
        if (value != JsonToken.VALUE_NULL) {
          runsAtProvider("web_search");
        }
      }
      // One that is kept at the provider, with tools of its own.
      case "prompt" -> {
        if (value != JsonToken.VALUE_NULL) {
          areUnknown();
        }
      }
      default -> throw new IllegalArgumentException("no tools are in " + member);
    }
  }

  DeclaredTools done() {
    return new DeclaredTools(
        namesUnknown ? null : List.copyOf(names), providerUnknown ? null : List.copyOf(provider));
  }

  private void readServers(JsonToken value, JsonParser parser) throws IOException {
    boolean none =
        value == JsonToken.VALUE_NULL
            || (value == JsonToken.START_ARRAY && parser.nextToken() == JsonToken.END_ARRAY);
    if (!none) {
      runsAtProvider(MCP);
    }
  }

  private void readList(JsonToken value, JsonParser parser) throws IOException {
    if (value == JsonToken.VALUE_NULL) {
      return;
    }
    if (value != JsonToken.START_ARRAY) {
      areUnknown();
      parser.skipChildren();
      return;
    }
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() == JsonToken.START_OBJECT) {
        readTool(parser);
      } else {
        areUnknown();
        parser.skipChildren();
      }
    }
  }

  /** No deeper than the request is let be. */
  private void readTool(JsonParser parser) throws IOException {
    boolean named = false;
    boolean searchedElsewhere = false;
    @Nullable String kind = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String member = parser.currentName().toLowerCase(Locale.ROOT);
      var value = parser.nextToken();
      switch (member) {
        case "type" -> kind = readKind(value, parser, kind);
        case "name" -> named |= readName(value, parser);
        case "function", "custom" -> named |= readDefinition(value, parser);
        case "tools" -> readList(value, parser);
        case "execution" -> {
          searchedElsewhere |= !isAtServer(value, parser);
          parser.skipChildren();
        }
        default -> parser.skipChildren();
      }
    }
    if (kind == null) {
      if (!named) {
        areUnknown();
      }
      return;
    }
    if (!AGENTS_OWN.contains(kind)) {
      runsAtProvider(kind);
    }
    if (!named && !kind.equals(MCP)) {
      isCalled(kind); // as its calls are
    }
    if (kind.equals(SEARCH) && searchedElsewhere) {
      areUnknown(); // what the agent finds, comes later
    }
  }

  private static boolean isAtServer(JsonToken value, JsonParser parser) throws IOException {
    return value == JsonToken.VALUE_NULL || "server".equals(text(value, parser));
  }

  /** What can be told, and be on record; null: it cannot. */
  private static @Nullable String text(JsonToken value, JsonParser parser) throws IOException {
    if (value != JsonToken.VALUE_STRING || parser.getTextLength() > DeclaredTools.LONGEST) {
      return null;
    }
    String text = parser.getText();
    return text.isEmpty() || text.chars().anyMatch(c -> c < ' ' || c > '~') ? null : text;
  }

  /** Of one that is said to be of two kinds, nobody knows which one counts. */
  private @Nullable String readKind(JsonToken value, JsonParser parser, @Nullable String before)
      throws IOException {
    if (value == JsonToken.VALUE_NULL) {
      return before;
    }
    @Nullable String type = text(value, parser);
    if (type == null || before != null) {
      areUnknown();
      parser.skipChildren();
      return before;
    }
    return kind(type);
  }

  private static String kind(String type) {
    String plain = type.toLowerCase(Locale.ROOT).replace('-', '_');
    String kind = PREVIEW.matcher(VERSION.matcher(plain).replaceFirst("")).replaceFirst("");
    return KINDS.getOrDefault(kind, kind);
  }

  /** Whether there is one. */
  private boolean readName(JsonToken value, JsonParser parser) throws IOException {
    if (value == JsonToken.VALUE_NULL) {
      return false;
    }
    @Nullable String name = text(value, parser);
    if (name == null) {
      namesUnknown = true;
      parser.skipChildren();
    } else {
      isCalled(name);
    }
    return true;
  }

  /** Whether there is a name in it. */
  private boolean readDefinition(JsonToken value, JsonParser parser) throws IOException {
    boolean named = false;
    if (value != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return false;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean isName = parser.currentName().equalsIgnoreCase("name");
      var member = parser.nextToken();
      if (isName) {
        named |= readName(member, parser);
      } else {
        parser.skipChildren();
      }
    }
    return named;
  }

  private void isCalled(String name) {
    if (names.size() < DeclaredTools.MOST_NAMES) {
      names.add(name);
    } else {
      namesUnknown |= !names.contains(name);
    }
  }

  private void runsAtProvider(String kind) {
    if (provider.size() < DeclaredTools.MOST_KINDS) {
      provider.add(kind);
    } else {
      providerUnknown |= !provider.contains(kind);
    }
  }

  private void areUnknown() {
    namesUnknown = true;
    providerUnknown = true;
  }
}
