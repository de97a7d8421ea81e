package io.redoubt.proxy.llm;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request says of how large its call can become.
 *
 * @param outputLimit tokens of one reply; empty: it does not say, or not so that every upstream
 *     would read the same
 * @param choices how many replies it wants
 * @param refersOutside whether it names what is not text in it (an image, a file, an earlier reply)
 *     or a tool that the provider runs: its own length then bounds nothing
 * @param surcharged whether it asks for what is not sold at list prices
 */
record RequestExtent(
    OptionalLong outputLimit, long choices, boolean refersOutside, boolean surcharged) {
  private static final long MOST = 1_000_000_000_000L;
  private static final long MOST_CHOICES = 1_000_000;

  private static final Set<String> OUTSIDE =
      Set.of(
          "image_url",
          "video_url",
          "file_id",
          "file_ids",
          "file_url",
          "file_data",
          "input_audio",
          "previous_response_id",
          "conversation",
          "container",
          "mcp_servers",
          "server_url",
          "web_search_options");

  /** Members that may make a call dearer, and what they may say without doing so. */
  private static final Map<String, Set<String>> SURCHARGES =
      Map.of(
          "service_tier", Set.of("auto", "default", "flex", "standard_only"),
          "speed", Set.of("standard"),
          "inference_geo", Set.of("global"));

  /** What stands as {@code type} in content that is not text, and in tools of the provider. */
  private static final List<String> TYPES =
      List.of(
          "image",
          "document",
          "input_image",
          "input_file",
          "input_audio",
          "item_reference",
          "container_upload",
          "mcp",
          "web_search",
          "web_fetch",
          "code_execution",
          "code_interpreter",
          "file_search",
          "tool_search");

  private static final int LONGEST_TYPE = 64;

  /** Tokens of all replies together, where one without a limit has at most so many. */
  long output(long otherwise) {
    return Math.min(MOST, outputLimit.orElse(otherwise)) * Math.min(MOST_CHOICES, choices);
  }

  /** By what names a call limits its replies: the other protocols' names limit nothing in it. */
  private static Set<String> limits(LlmOperation operation) {
    return switch (operation) {
      case MESSAGES -> Set.of("max_tokens");
      case CHAT_COMPLETIONS -> Set.of("max_tokens", "max_completion_tokens");
      case RESPONSES -> Set.of("max_output_tokens");
      case COUNT_TOKENS, EMBEDDINGS -> Set.of();
    };
  }

  /** Reads the members of one request as they come. */
  static final class Reader {
    private final Set<String> limits;
    private final Set<String> seen = new HashSet<>();
    private long limit = -1;
    private boolean unclear;
    private long choices = 1;
    private boolean refersOutside;
    private boolean surcharged;

    Reader(LlmOperation operation) {
      this.limits = limits(operation);
    }

    /** A member of the top level; leaves the parser at the end of its value. */
    void read(String name, JsonToken value, JsonParser parser) throws IOException {
      if (limits.contains(name.toLowerCase(Locale.ROOT))) {
        readLimit(name, value, parser);
      } else if (name.equals("n")) {
        choices = Math.max(choices, number(value, parser));
      } else if (name.equals("prompt") || OUTSIDE.contains(name)) {
        refersOutside |= value != JsonToken.VALUE_NULL;
      } else {
        surcharged |= isDearer(SURCHARGES.get(name.toLowerCase(Locale.ROOT)), value, parser);
      }
      if (value.isStructStart()) {
        walk(parser);
      }
    }

    /** What is not known to cost nothing more, is taken to cost more. */
    private static boolean isDearer(
        @Nullable Set<String> harmless, JsonToken value, JsonParser parser) throws IOException {
      return harmless != null
          && value != JsonToken.VALUE_NULL
          && !(value == JsonToken.VALUE_STRING
              && parser.getTextLength() <= LONGEST_TYPE
              && harmless.contains(parser.getText()));
    }

    /** Of two the larger one may be heeded; of one that is void, or spelt otherwise, none. */
    private void readLimit(String name, JsonToken value, JsonParser parser) throws IOException {
      boolean again = !seen.add(name);
      if (value == JsonToken.VALUE_NULL) {
        unclear |= again;
        return;
      }
      long number = number(value, parser);
      unclear |= number < 0 || !limits.contains(name) || (again && limit < 0);
      limit = Math.max(limit, number);
    }

    private static long number(JsonToken value, JsonParser parser) throws IOException {
      if (value != JsonToken.VALUE_NUMBER_INT) {
        return -1;
      }
      return switch (parser.getNumberType()) {
        case INT, LONG -> Math.clamp(parser.getLongValue(), -1, MOST);
        default -> MOST;
      };
    }

    private void walk(JsonParser parser) throws IOException {
      int depth = 1;
      boolean outside = false;
      boolean type = false;
      while (depth > 0) {
        switch (parser.nextToken()) {
          case START_OBJECT, START_ARRAY -> {
            refersOutside |= outside;
            outside = false;
            type = false;
            depth++;
          }
          case END_OBJECT, END_ARRAY -> depth--;
          case FIELD_NAME -> {
            outside = OUTSIDE.contains(parser.currentName());
            type = !refersOutside && parser.currentName().equals("type");
          }
          case VALUE_NULL -> outside = false;
          case VALUE_STRING -> {
            refersOutside |= outside || (type && isOutside(parser));
            type = false;
          }
          default -> refersOutside |= outside;
        }
      }
    }

    private static boolean isOutside(JsonParser parser) throws IOException {
      if (parser.getTextLength() > LONGEST_TYPE) {
        return false;
      }
      String type = parser.getText();
      return TYPES.stream().anyMatch(type::startsWith);
    }

    RequestExtent done() {
      return new RequestExtent(
          limit < 0 || unclear ? OptionalLong.empty() : OptionalLong.of(limit),
          choices,
          refersOutside,
          surcharged);
    }
  }
}
