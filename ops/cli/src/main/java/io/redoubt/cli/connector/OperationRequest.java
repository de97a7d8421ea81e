package io.redoubt.cli.connector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.ExactObject;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.Placement;
import io.redoubt.protocol.problem.ProblemException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The one request that an operation with its parameters comes to, as an enclave would make it.
 *
 * @param credential how the secret is presented; null: the API wants none
 * @param body null: it has none
 */
record OperationRequest(
    ConnectorSpec.Operation operation,
    String url,
    ConnectorSpec.@Nullable Credential credential,
    @Nullable ObjectNode body) {
  /** Nobody here knows it. */
  private static final String HIDDEN = "***";

  /** Fails where the connector has no such operation, or the parameters do not fit it. */
  static OperationRequest of(JsonNode connector, String operation, ObjectNode parameters) {
    for (JsonNode each : connector.path("operations")) {
      if (operation.equals(each.path("name").textValue())) {
        return of(connector, read(each, ConnectorSpec.Operation.class), parameters);
      }
    }
    throw new CommandFailure(
        ExitCode.NOT_FOUND,
        Table.printable(
            "The connector %s has no operation %s."
                .formatted(Table.text(connector, "name"), operation)));
  }

  private static OperationRequest of(
      JsonNode connector, ConnectorSpec.Operation operation, ObjectNode parameters) {
    var base = URI.create(connector.path("base_url").asText());
    var placement = placed(base, operation, parameters);
    return new OperationRequest(
        operation,
        base.getScheme() + "://" + base.getRawAuthority() + placement.target(),
        connector.path("credential").isObject()
            ? read(connector.path("credential"), ConnectorSpec.Credential.class)
            : null,
        placement.body());
  }

  private static <T> T read(JsonNode part, Class<T> type) {
    try {
      return Json.LENIENT.treeToValue(part, type);
    } catch (JsonProcessingException e) {
      throw new CommandFailure(
          ExitCode.FAILED, "The server is newer than this program, which cannot read: " + part, e);
    }
  }

  private static Placement placed(
      URI base, ConnectorSpec.Operation operation, ObjectNode parameters) {
    try {
      return Placement.of(base, operation, parameters);
    } catch (ProblemException e) {
      throw CommandFailure.usage(
          e.errors().stream()
              .map(error -> "\n  " + Table.printable(error.pointer() + ": " + error.detail()))
              .collect(Collectors.joining("", "The parameters do not fit the operation:", "")));
    }
  }

  /** For people: as it goes over the wire, with nothing in the place of the secret. */
  List<String> lines() {
    var lines = new ArrayList<String>();
    lines.add(operation.method() + " " + url);
    if (credential != null) {
      lines.add(credential.header() + ": " + credential.present(HIDDEN));
    }
    if (body != null) {
      lines.add("content-type: application/json");
      lines.add("");
      lines.add(new String(CanonicalJson.write(body), StandardCharsets.UTF_8));
    }
    return lines.stream().map(Table::printable).toList();
  }

  /** For programs. */
  ObjectNode document() {
    ObjectNode document =
        Json.LENIENT.createObjectNode().put("method", operation.method().name()).put("url", url);
    document.set("credential", Json.LENIENT.valueToTree(credential));
    document.set("body", body == null ? null : ExactObject.canonical(body));
    return document;
  }
}
