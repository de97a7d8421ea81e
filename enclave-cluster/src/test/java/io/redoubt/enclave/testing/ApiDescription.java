package io.redoubt.enclave.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.Locale;

/** The agent endpoint's own description, against which answers are held. */
public final class ApiDescription {
  private final JsonNode document;
  private final SchemaRegistry schemas =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  public ApiDescription(JsonNode document) {
    this.document = document;
  }

  public JsonNode document() {
    return document;
  }

  /** Fails where the description does not know such an answer. */
  public void describes(Answer answer) {
    JsonNode responses =
        resolved(operation(answer).path("responses").path(Integer.toString(answer.status())));
    assertThat(responses.isMissingNode())
        .as(
            "%s %s answers %s, which is not described",
            answer.method(), answer.path(), answer.status())
        .isFalse();
    String mediaType = answer.header("content-type").replaceFirst(";.*", "").strip();
    JsonNode schema = responses.path("content").path(mediaType).path("schema");
    assertThat(schema.isMissingNode())
        .as("%s of %s is not described as %s", answer.status(), answer.path(), mediaType)
        .isFalse();
    assertThat(schema(schema).validate(answer.body(), InputFormat.JSON))
        .as("%s %s: %s", answer.method(), answer.path(), answer.body())
        .isEmpty();
  }

  private JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? document.at(node.path("$ref").asText().substring(1)) : node;
  }

  private JsonNode operation(Answer answer) {
    for (var path : document.path("paths").properties()) {
      if (answer.path().matches(path.getKey().replaceAll("\\{[^}]+}", "[^/]+"))) {
        return path.getValue().path(answer.method().toLowerCase(Locale.ROOT));
      }
    }
    throw new AssertionError("not described: " + answer.path());
  }

  private Schema schema(JsonNode schema) {
    var whole = (com.fasterxml.jackson.databind.node.ObjectNode) schema.deepCopy();
    whole.set("components", document.get("components"));
    return schemas.getSchema(SchemaLocation.of("urn:redoubt:openapi"), whole);
  }
}
