package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import java.util.Set;

/** Names of members in what providers of models read and write. */
public final class ProviderNames {
  private static final int SHORTEST_BINARY = 64;
  private static final int LONGEST_READ = 4096;
  private static final int LONGEST_MEDIA_TYPE = 128;

  /** Names that providers give, of which nothing is to be found out. */
  private static final Set<String> KNOWN =
      Set.of(
          ("model messages role content type text system input output name id index stream tools "
                  + "tool_choice tool_calls tool_call_id tool_use_id tool_result function arguments "
                  + "description parameters input_schema properties required items enum metadata "
                  + "max_tokens temperature top_p top_k stop stop_sequences n user source data url "
                  + "media_type image_url detail file file_id file_data filename cache_control ttl "
                  + "thinking signature budget_tokens instructions response_format json_schema "
                  + "schema strict reasoning effort summary include store call_id status "
                  + "previous_response_id parallel_tool_calls stream_options include_usage seed "
                  + "encrypted_content b64_json annotations title citations delta partial_json "
                  + "refusal default format additionalProperties anyOf oneOf allOf $ref $defs")
              .split(" ", -1));

  /** Where providers put what is no text, in Base64. */
  private static final Set<String> BINARY =
      Set.of(
          "data",
          "file_data",
          "url",
          "image_url",
          "b64_json",
          "encrypted_content",
          "signature",
          "result",
          "audio");

  /** What providers write into events that is no text: kinds, states and names of their own. */
  private static final Set<String> STRUCTURE =
      Set.of(
          "type",
          "id",
          "object",
          "model",
          "role",
          "status",
          "finish_reason",
          "stop_reason",
          "system_fingerprint",
          "service_tier",
          "item_id",
          "call_id",
          "event_id",
          "tool_use_id",
          "obfuscation");

  private ProviderNames() {}

  /** Whether what stands under this name in an event is no text. */
  public static boolean isStructure(String name) {
    return STRUCTURE.contains(name);
  }

  /** Whether a provider gives this name, so that nothing is to be found in it. */
  static boolean isKnown(String name) {
    return KNOWN.contains(name);
  }

  /**
   * Whether this is Base64 in a place for it and so long that it is not read: keys have the same
   * characters, and are shorter than pictures.
   */
  public static boolean isUnread(String name, byte[] body, int from, int to) {
    return to - from > LONGEST_READ && isBinary(name, body, from, to);
  }

  /** Whether this is Base64 in a place for it: anything else there is read as text. */
  static boolean isBinary(String name, byte[] body, int from, int to) {
    if (!BINARY.contains(name)) {
      return false;
    }
    int at = from;
    if (to - from > 5 && body[from] == 'd' && body[from + 4] == ':') {
      // data:image/png;base64,
      while (at < to && at - from < LONGEST_MEDIA_TYPE && body[at] != ',') {
        at++;
      }
      at++;
    }
    if (to - at < SHORTEST_BINARY) {
      return false;
    }
    while (at < to && Bytes.is(body[at] & 0xFF, Bytes.BASE64 | Bytes.TOKEN)) {
      at++;
    }
    return at == to;
  }
}
