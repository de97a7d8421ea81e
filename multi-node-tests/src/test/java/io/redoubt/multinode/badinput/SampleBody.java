package io.redoubt.multinode.badinput;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.multinode.product.Documents;
import java.util.ArrayList;
import java.util.List;

/** Bodies made from a schema: right in their shape, and bad in their values. */
final class SampleBody {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private SampleBody() {}

  /** A body in which every free text is the given one. */
  static JsonNode of(JsonNode schema, String text) {
    if (schema.has("const")) {
      return schema.path("const");
    }
    if (schema.has("enum")) {
      return schema.path("enum").path(0);
    }
    for (String choice : List.of("oneOf", "anyOf", "allOf")) {
      if (schema.has(choice)) {
        return of(schema.path(choice).path(0), text);
      }
    }
    return switch (type(schema)) {
      case "object" -> object(schema, text);
      case "array" -> NODES.arrayNode().add(of(schema.path("items"), text));
      case "integer", "number" -> NODES.numberNode(schema.path("minimum").asInt(1));
      case "boolean" -> NODES.booleanNode(true);
      default -> NODES.textNode(text);
    };
  }

  private static ObjectNode object(JsonNode schema, String text) {
    var object = Documents.object();
    schema
        .path("properties")
        .properties()
        .forEach(property -> object.set(property.getKey(), of(property.getValue(), text)));
    return object;
  }

  /** Bodies with one property each that is of a type it must not be. */
  static List<JsonNode> withWrongTypes(JsonNode schema) {
    var bodies = new ArrayList<JsonNode>();
    schema
        .path("properties")
        .properties()
        .forEach(property -> {
          var body = object(schema, "text");
          String type = type(property.getValue());
          switch (type) {
            case "object", "array" -> body.put(property.getKey(), "text");
            default -> body.putObject(property.getKey()).put("unexpected", 1);
          }
          bodies.add(body);
        });
    return bodies;
  }

  /** The first type that is not {@code null}. */
  private static String type(JsonNode schema) {
    JsonNode type = schema.path("type");
    if (type.isArray()) {
      for (JsonNode one : type) {
        if (!one.asText().equals("null")) {
          return one.asText();
        }
      }
    }
    return schema.has("properties") ? "object" : type.asText();
  }
}
