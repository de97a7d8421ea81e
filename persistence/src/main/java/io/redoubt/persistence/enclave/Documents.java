package io.redoubt.persistence.enclave;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.redoubt.protocol.json.Json;
import java.nio.charset.StandardCharsets;

/** Records kept as JSON documents. */
final class Documents {
  private Documents() {}

  static String write(Object value) {
    return new String(Json.write(value), StandardCharsets.UTF_8);
  }

  static <T> T read(String document, Class<T> type) {
    try {
      return Json.LENIENT.readValue(document, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a stored " + type.getSimpleName() + " cannot be read", e);
    }
  }
}
