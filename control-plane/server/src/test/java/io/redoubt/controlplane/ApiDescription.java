package io.redoubt.controlplane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** Holds answers against {@code openapi.json}. */
final class ApiDescription {
  static final JsonNode DOCUMENT = read();

  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private static final Map<String, Schema> KNOWN = new HashMap<>();

  private ApiDescription() {}

  private static JsonNode read() {
    try (var file =
        ApiDescription.class.getResourceAsStream("/redoubt/control-plane/openapi.json")) {
      return Json.LENIENT.readTree(Objects.requireNonNull(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code METHOD /template}, all of them. */
  static Set<String> operations() {
    var all = new TreeSet<String>();
    DOCUMENT
        .path("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .fieldNames()
                .forEachRemaining(
                    method -> all.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey())));
    return all;
  }

  /** What is wrong with the answer; empty: nothing. */
  static List<String> complaints(
      String method, String path, int status, String mediaType, JsonNode body) {
    JsonNode responses = pathItem(path).path(method.toLowerCase(Locale.ROOT)).path("responses");
    JsonNode response =
        resolved(
            responses.has(Integer.toString(status))
                ? responses.path(Integer.toString(status))
                : responses.path("default"));
    if (response.isMissingNode()) {
      // A path or method that does not exist still answers with a problem document.
      return status >= 400 && mediaType.equals("application/problem+json")
          ? validate("#/components/schemas/Problem", body)
          : List.of(status + " is not described");
    }
    JsonNode content = response.path("content");
    if (content.isMissingNode()) {
      return body.isMissingNode() ? List.of() : List.of("a body where none is described");
    }
    JsonNode schema = content.path(mediaType).path("schema");
    if (schema.isMissingNode()) {
      return List.of(mediaType + " is not described for " + status);
    }
    return schema.has("$ref") ? validate(schema.path("$ref").asText(), body) : List.of();
  }

  private static List<String> validate(String reference, JsonNode body) {
    var schema =
        KNOWN.computeIfAbsent(
            reference,
            name -> {
              ObjectNode root = Json.LENIENT.createObjectNode().put("$ref", name);
              root.set("components", DOCUMENT.path("components"));
              return SCHEMAS.getSchema(root);
            });
    return schema
        .validate(body, context -> context.executionConfig(c -> c.formatAssertionsEnabled(true)))
        .stream()
        .map(Object::toString)
        .toList();
  }

  private static JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? DOCUMENT.at(node.path("$ref").asText().substring(1)) : node;
  }

  private static JsonNode pathItem(String path) {
    for (var candidate : DOCUMENT.path("paths").properties()) {
      if (matches(candidate.getKey(), path)) {
        return candidate.getValue();
      }
    }
    return DOCUMENT.path("nowhere");
  }

  private static boolean matches(String template, String path) {
    var wanted = Arrays.asList(template.split("/", -1));
    var given = Arrays.asList(path.split("/", -1));
    if (wanted.size() != given.size()) {
      return false;
    }
    for (int i = 0; i < wanted.size(); i++) {
      if (!wanted.get(i).startsWith("{") && !wanted.get(i).equals(given.get(i))) {
        return false;
      }
    }
    return true;
  }
}
