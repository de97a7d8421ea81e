package io.redoubt.proxy.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.ConnectorSpec;
import io.redoubt.protocol.link.PathTemplate;
import io.redoubt.protocol.problem.Problem;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.proxy.upstream.UpstreamRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * What an operation with its parameters comes to: one HTTP request. Parameters that the path names
 * go there, as part of one segment each; of the others, those of an operation with a body are its
 * members, and those of one without are in the query. What goes out is what was judged: every
 * parameter goes somewhere, and nothing goes out that is none.
 *
 * @param target path and query
 * @param body null: it has none
 * @param digest of the call in its canonical form, and of where it goes
 */
record Invocation(
    ConnectorSpec connector,
    ConnectorSpec.Operation operation,
    String target,
    @Nullable ByteString body,
    String digest) {
  private static final int MOST_TARGET = 8_000;
  private static final String JSON = "application/json";

  /**
   * Puts the parameters in their places.
   *
   * @throws ProblemException where one of them is missing, or does not fit its place
   */
  static Invocation of(
      ConnectorSpec connector, ConnectorSpec.Operation operation, ExecuteRequest request) {
    var errors = new ArrayList<Problem.FieldError>();
    var template = PathTemplate.parse(operation.path());
    var inPath = new HashSet<>(template.parameters());
    String path = path(template, request.parameters(), errors);
    var rest = request.parameters().deepCopy();
    rest.remove(inPath);
    String query = operation.method().hasBody() ? "" : query(rest, errors);
    String base = connector.baseUrl().getRawPath();
    String target = (base == null ? "" : base.replaceFirst("/$", "")) + path + query;
    if (target.length() > MOST_TARGET) {
      errors.add(new Problem.FieldError("/parameters", "make the address longer than 8000 bytes"));
    }
    if (!errors.isEmpty()) {
      throw ProblemException.invalid(errors);
    }
    return new Invocation(
        connector,
        operation,
        target,
        operation.method().hasBody() ? ByteString.fromArrayUnsafe(CanonicalJson.write(rest)) : null,
        digest(connector, operation, request));
  }

  private static String path(
      PathTemplate template, ObjectNode parameters, List<Problem.FieldError> errors) {
    for (String name : template.parameters()) {
      String value = scalar(parameters.get(name));
      if (value == null || value.isEmpty()) {
        errors.add(
            new Problem.FieldError(
                "/parameters/" + name, "is needed: a text, a number or a boolean, for the path"));
      }
    }
    if (!errors.isEmpty()) {
      return "";
    }
    try {
      return template.expand(name -> encoded(String.valueOf(scalar(parameters.get(name)))));
    } catch (IllegalArgumentException e) {
      errors.add(new Problem.FieldError("/parameters", "the path " + e.getMessage()));
      return "";
    }
  }

  private static String query(ObjectNode rest, List<Problem.FieldError> errors) {
    var pairs = new ArrayList<String>();
    for (Map.Entry<String, JsonNode> each : rest.properties()) {
      var values = each.getValue().isArray() ? each.getValue() : List.of(each.getValue());
      for (JsonNode value : values) {
        String text = scalar(value);
        if (text != null) {
          pairs.add(encoded(each.getKey()) + '=' + encoded(text));
        } else if (!value.isNull()) {
          errors.add(
              new Problem.FieldError(
                  "/parameters/" + each.getKey().replace("~", "~0").replace("/", "~1"),
                  "goes into a query: a text, a number, a boolean, or a list of such"));
        }
      }
    }
    return pairs.isEmpty() ? "" : "?" + String.join("&", pairs);
  }

  /** As text; null: it is none that stands in an address. */
  private static @Nullable String scalar(@Nullable JsonNode value) {
    return value == null || !value.isValueNode() || value.isNull()
        ? null
        : value.isTextual()
            ? value.textValue()
            : new String(CanonicalJson.write(value), StandardCharsets.UTF_8);
  }

  /** All but unreserved characters (RFC 3986 §2.3), so that nothing ends the part it stands in. */
  private static String encoded(String text) {
    var encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c < 0x80 && (Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0)) {
        encoded.append(c);
      } else {
        encoded.append('%').append(String.format("%02X", (int) c));
      }
    }
    return encoded.toString();
  }

  /** What is approved is this call to this address, so that neither can change afterwards (G9). */
  private static String digest(
      ConnectorSpec connector, ConnectorSpec.Operation operation, ExecuteRequest request) {
    ObjectNode call =
        Json.STRICT
            .createObjectNode()
            .put("connector", connector.name())
            .put("operation", operation.name())
            .put("endpoint", operation.method() + " " + connector.baseUrl() + operation.path());
    call.set("parameters", request.parameters());
    if (request.resource() != null) {
      call.put("resource", request.resource());
    }
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      return TokenDigest.ofBytes(sha256.digest(CanonicalJson.write(call))).toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** With header lines beside those of its body. */
  UpstreamRequest request(List<HttpHeader> headers) {
    String method = operation.method().name();
    return body == null
        ? new UpstreamRequest(method, target, headers, null, ByteString.emptyByteString())
        : new UpstreamRequest(method, target, headers, JSON, body);
  }
}
