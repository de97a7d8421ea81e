package io.redoubt.protocol.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import java.io.IOException;

/** Reads a flag that is left out where it is not set: older writers do not know it. */
public final class FalseIfAbsent extends JsonDeserializer<Boolean> {
  @Override
  public Boolean deserialize(JsonParser parser, DeserializationContext context) throws IOException {
    if (!parser.currentToken().isBoolean()) {
      throw JsonMappingException.from(parser, "not a boolean");
    }
    return parser.getBooleanValue();
  }

  @Override
  public Boolean getNullValue(DeserializationContext context) {
    return false;
  }

  @Override
  public Object getAbsentValue(DeserializationContext context) {
    return false;
  }
}
