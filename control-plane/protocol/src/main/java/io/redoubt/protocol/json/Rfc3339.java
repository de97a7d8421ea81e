package io.redoubt.protocol.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;

/**
 * Reads a time as RFC 3339 writes it. Jackson also takes numbers, and digits in a string, for
 * seconds: a caller who meant milliseconds would never hear of it.
 */
final class Rfc3339 extends StdScalarDeserializer<Instant> {
  private static final long serialVersionUID = 1L;

  Rfc3339() {
    super(Instant.class);
  }

  @Override
  public Instant deserialize(JsonParser json, DeserializationContext context) throws IOException {
    if (!json.hasToken(JsonToken.VALUE_STRING)) {
      return (Instant) context.handleUnexpectedToken(Instant.class, json);
    }
    try {
      return OffsetDateTime.parse(json.getText()).toInstant();
    } catch (DateTimeException _) {
      return (Instant)
          context.handleWeirdStringValue(
              Instant.class, json.getText(), "not a time as in 2026-11-20T12:00:00Z");
    }
  }
}
