package io.redoubt.proxy.llm.reply;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Whether a decision about a call can mean what its tool will read: one JSON object, no name twice,
 * no number that a tool would round.
 */
final class CallArguments {
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_DEPTH = 64;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(64)
                  .build())
          .build();

  private CallArguments() {}

  /** Why they cannot be judged; null: they can. No bytes at all are no arguments. */
  static @Nullable String refusal(byte[] json) {
    if (json.length == 0) {
      return null;
    }
    if (json.length > MAX_BYTES) {
      return "its arguments are larger than " + MAX_BYTES + " bytes";
    }
    try (var parser = JSON.createParser(json)) {
      return read(parser);
    } catch (StreamConstraintsException _) {
      return "its arguments are nested too deep, or hold a number too long";
    } catch (JsonParseException e) {
      return e.getOriginalMessage().startsWith("Duplicate field")
          ? "its arguments hold a name twice"
          : "its arguments are not JSON";
    } catch (JacksonException _) {
      return "its arguments are not JSON";
    } catch (IOException _) {
      return "its arguments are not UTF-8";
    }
  }

  private static @Nullable String read(JsonParser parser) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      return "its arguments are not a JSON object";
    }
    int depth = 1;
    while (depth > 0) {
      var token = parser.nextToken();
      if (token == null) {
        return "its arguments are not JSON";
      }
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      } else if (token == JsonToken.VALUE_NUMBER_INT
          && parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        return "its arguments hold a number beyond 64 bits";
      }
    }
    return parser.nextToken() == null ? null : "its arguments go on after their end";
  }
}
