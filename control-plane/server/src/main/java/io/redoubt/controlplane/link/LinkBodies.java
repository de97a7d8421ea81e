package io.redoubt.controlplane.link;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StringDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.redoubt.http.Bodies;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.io.IOException;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.util.ByteString;

/**
 * Reads what enclaves send: leniently, since a newer enclave may say more, and larger than what
 * operators send. Agents choose some of the texts in it, so what no database column can hold is
 * replaced rather than refused: one such name must not stop an enclave's audit for ever.
 */
final class LinkBodies {
  private static final ObjectMapper MAPPER =
      Json.LENIENT
          .copy()
          .registerModule(
              new SimpleModule("storable-texts").addDeserializer(String.class, new StorableText()));

  private final Bodies bodies;
  private final long maxBytes;

  LinkBodies(Bodies bodies, long maxBytes) {
    this.bodies = bodies;
    this.maxBytes = maxBytes;
  }

  <T> Route json(Class<T> type, Function<T, Route> inner) {
    return Directives.extractRequestEntity(entity -> {
      var given = entity.getContentType().mediaType();
      if (!given.mainType().equals("application") || !given.subType().equals("json")) {
        throw ProblemException.of(ErrorType.UNSUPPORTED_MEDIA_TYPE);
      }
      return bodies.bytes(maxBytes, body -> inner.apply(read(type, body)));
    });
  }

  private static <T> T read(Class<T> type, ByteString body) {
    byte[] bytes = body.toArrayUnsafe();
    try {
      T value = MAPPER.readValue(bytes, type);
      if (value != null) {
        return value;
      }
    } catch (IOException _) {
      // What is wrong with it is found out below, where it need not be fast.
    }
    throw isJson(bytes)
        ? ProblemException.invalid("", "is not what is expected here")
        : ProblemException.of(ErrorType.MALFORMED_REQUEST, "The body is not JSON.");
  }

  private static boolean isJson(byte[] body) {
    try {
      return !MAPPER.readTree(body).isMissingNode();
    } catch (IOException _) {
      return false;
    }
  }

  /** Texts as they come, but for what cannot be stored. */
  private static final class StorableText extends StringDeserializer {
    private static final long serialVersionUID = 1L;

    @Override
    public String deserialize(JsonParser json, DeserializationContext context) throws IOException {
      String text = super.deserialize(json, context);
      return isUnstorable(text) ? storable(text) : text;
    }
  }

  private static boolean isUnstorable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isSurrogate(c)) {
        // A pair is a character like any other: look closely.
        return text.codePoints().anyMatch(LinkBodies::isUnstorable);
      }
    }
    return false;
  }

  /** No column holds a NUL, and half a surrogate pair is no character. */
  private static boolean isUnstorable(int codePoint) {
    return codePoint == 0 || Character.getType(codePoint) == Character.SURROGATE;
  }

  private static String storable(String text) {
    var builder = new StringBuilder(text.length());
    text.codePoints().map(c -> isUnstorable(c) ? 0xFFFD : c).forEach(builder::appendCodePoint);
    return builder.toString();
  }
}
