package io.redoubt.controlplane.link;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
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
    JsonNode tree;
    try {
      tree = Json.LENIENT.readTree(body.toArrayUnsafe());
    } catch (IOException _) {
      throw ProblemException.of(ErrorType.MALFORMED_REQUEST, "The body is not JSON.");
    }
    try {
      T value = Json.LENIENT.treeToValue(clean(tree), type);
      if (value != null) {
        return value;
      }
    } catch (JsonProcessingException _) {
      // answered below
    }
    throw ProblemException.invalid("", "is not what is expected here");
  }

  private static JsonNode clean(JsonNode node) {
    switch (node) {
      case ObjectNode object ->
          object.properties().forEach(entry -> entry.setValue(clean(entry.getValue())));
      case ArrayNode array -> {
        for (int i = 0; i < array.size(); i++) {
          array.set(i, clean(array.get(i)));
        }
      }
      case TextNode text when isUnstorable(text.textValue()) -> {
        return TextNode.valueOf(storable(text.textValue()));
      }
      default -> {
        // numbers, booleans, null, and text as it should be
      }
    }
    return node;
  }

  private static boolean isUnstorable(String text) {
    return text.codePoints().anyMatch(LinkBodies::isUnstorable);
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
