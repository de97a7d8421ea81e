package io.redoubt.protocol.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads JSON of others with all digits of its numbers: who decides about it sees what it says. */
public final class ExactJson extends JsonDeserializer<@Nullable JsonNode> {
  /** With so many digits it is short however it is written. */
  private static final int SHORT = 40;

  private static final ObjectReader READER =
      Json.LENIENT
          .readerFor(JsonNode.class)
          .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          // what follows belongs to whatever it is part of
          .without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  @Override
  public JsonNode deserialize(JsonParser parser, DeserializationContext context)
      throws IOException {
    return READER.readValue(parser);
  }

  /**
   * Whether a value that was read like this has a number that in its canonical form is longer than
   * anybody reads: zeros take the place of an exponent there.
   *
   * @param value no deeper than the reader lets JSON be
   */
  public static boolean hasLongNumber(JsonNode value) {
    if (value.isBigDecimal()
        && value.decimalValue().precision() > SHORT
        && CanonicalJson.write(value).length > Json.MAX_NUMBER_LENGTH) {
      return true;
    }
    for (var each : value) {
      if (hasLongNumber(each)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a value that was read like this has an integer beyond 64 bits. A tool would round it,
   * or see another number, and in its canonical form it may not be an integer any more.
   *
   * @param value no deeper than the reader lets JSON be
   */
  public static boolean hasLargeInteger(JsonNode value) {
    if (value.isBigInteger()) {
      return true;
    }
    for (var each : value) {
      if (hasLargeInteger(each)) {
        return true;
      }
    }
    return false;
  }
}
