package io.redoubt.multinode.badinput;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** The endpoints that a server's own {@code /openapi.json} lists. */
final class ApiDescription {
  private static final Set<String> METHODS =
      Set.of("get", "post", "put", "patch", "delete", "head", "options");
  private static final int DEPTH = 12;

  private final URI server;
  private final JsonNode document;

  ApiDescription(URI server, JsonNode document) {
    this.server = server;
    this.document = document;
  }

  List<Endpoint> endpoints() {
    var endpoints = new ArrayList<Endpoint>();
    document
        .required("paths")
        .properties()
        .forEach(path ->
            path.getValue().properties().stream()
                .filter(operation -> METHODS.contains(operation.getKey()))
                .forEach(operation ->
                    endpoints.add(
                        endpoint(
                            path.getKey(),
                            path.getValue(),
                            operation.getKey(),
                            operation.getValue()))));
    return endpoints;
  }

  private Endpoint endpoint(String template, JsonNode path, String method, JsonNode operation) {
    var pathParameters = new HashMap<String, String>();
    var queryParameters = new ArrayList<String>();
    for (JsonNode owner : List.of(path, operation)) {
      for (JsonNode given : owner.path("parameters")) {
        JsonNode parameter = resolve(given, 0);
        String name = parameter.path("name").asText();
        switch (parameter.path("in").asText()) {
          case "path" ->
              pathParameters.put(name, parameter.path("schema").path("pattern").asText());
          case "query" -> queryParameters.add(name);
          default -> {}
        }
      }
    }
    JsonNode request = resolve(operation.path("requestBody"), 0);
    var content = request.path("content").properties().stream().findFirst();
    var documented = new TreeSet<Integer>();
    operation
        .path("responses")
        .properties()
        .forEach(response -> {
          if (response.getKey().matches("\\d{3}")) {
            documented.add(Integer.valueOf(response.getKey()));
          }
        });
    return new Endpoint(
        server,
        method.toUpperCase(Locale.ROOT),
        template,
        pathParameters,
        queryParameters,
        content.map(one -> one.getKey()).orElse(""),
        request.path("required").asBoolean(),
        content.map(one -> one.getValue().path("schema")).map(s -> resolve(s, 0)).orElse(missing()),
        secured(operation),
        documented,
        operation.toString().contains("text/event-stream") && !template.startsWith("/v1/"));
  }

  private static JsonNode missing() {
    return MissingNode.getInstance();
  }

  /** An empty alternative means that no credential is needed. */
  private boolean secured(JsonNode operation) {
    JsonNode security =
        operation.has("security") ? operation.path("security") : document.path("security");
    boolean secured = !security.isEmpty();
    for (JsonNode alternative : security) {
      secured &= !alternative.isEmpty();
    }
    return secured;
  }

  /** The node with every reference replaced by what it names. */
  private JsonNode resolve(JsonNode node, int depth) {
    if (node.has("$ref")) {
      return resolve(document.at(node.path("$ref").asText().substring(1)), depth + 1);
    }
    if (depth > DEPTH) {
      return missing();
    }
    if (node instanceof ObjectNode object) {
      var copy = object.deepCopy();
      object
          .properties()
          .forEach(field -> {
            JsonNode value = resolve(field.getValue(), depth + 1);
            if (value.isMissingNode()) {
              copy.remove(field.getKey());
            } else {
              copy.set(field.getKey(), value);
            }
          });
      return copy;
    }
    return node;
  }
}
