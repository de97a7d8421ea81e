package io.redoubt.protocol.link;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.problem.Problem;
import io.redoubt.protocol.problem.ProblemException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where the parameters of an operation go. Those that the path names go there, as part of one
 * segment each; of the others, those of an operation with a body are its members, and those of one
 * without are in the query. Every parameter goes somewhere, and nothing goes out that is none.
 *
 * @param target path and query, below the host of the base URL
 * @param body sent as {@link CanonicalJson}; null: there is none
 */
public record Placement(String target, @Nullable ObjectNode body) {
  private static final int MOST_TARGET = 8_000;

  /**
   * Puts the parameters in their places.
   *
   * @param parameters read with their numbers exact; what is null is left out
   * @throws ProblemException where one of them is missing, or does not fit its place; it points
   *     into what has them as its {@code parameters}
   */
  public static Placement of(
      URI baseUrl, ConnectorSpec.Operation operation, ObjectNode parameters) {
    var errors = new ArrayList<Problem.FieldError>();
    var template = PathTemplate.parse(operation.path());
    var rest = meant(parameters);
    String path = path(template, rest, errors);
    rest.remove(new HashSet<>(template.parameters()));
    boolean hasBody = operation.method().hasBody();
    String query = hasBody ? "" : query(rest, errors);
    String base = baseUrl.getRawPath();
    String target = (base == null ? "" : base.replaceFirst("/$", "")) + path + query;
    if (target.length() > MOST_TARGET) {
      errors.add(new Problem.FieldError("/parameters", "make the address longer than 8000 bytes"));
    }
    if (!errors.isEmpty()) {
      throw ProblemException.invalid(errors);
    }
    return new Placement(target, hasBody ? rest : null);
  }

  /**
   * The parameters without members that are null, at any depth: policies take these for absent, so
   * they are.
   */
  public static ObjectNode meant(ObjectNode parameters) {
    var meant = parameters.deepCopy();
    withoutNulls(meant);
    return meant;
  }

  private static void withoutNulls(JsonNode value) {
    if (value instanceof ObjectNode object) {
      object.removeIf(JsonNode::isNull);
    }
    value.forEach(Placement::withoutNulls);
  }

  private static String path(
      PathTemplate template, ObjectNode parameters, List<Problem.FieldError> errors) {
    for (String name : template.parameters()) {
      String value = scalar(parameters.get(name));
      if (value == null || value.isEmpty()) {
        errors.add(
            new Problem.FieldError(
                "/parameters/" + name, "is needed: a text, a number or a boolean, for the path"));
      } else if (value.chars().anyMatch(Placement::endsSegments)) {
        errors.add(
            new Problem.FieldError(
                "/parameters/" + name,
                "is part of one segment of the path: without slashes and control characters"));
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

  /** Encoded or not: many servers decode an address before they look for what it means. */
  private static boolean endsSegments(int c) {
    return c == '/' || c == '\\' || Character.isISOControl(c);
  }

  private static String query(ObjectNode rest, List<Problem.FieldError> errors) {
    var pairs = new ArrayList<String>();
    // In the order of their names, as in the digest: what is one call there is one address here.
    for (Map.Entry<String, JsonNode> each : sorted(rest).entrySet()) {
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

  private static SortedMap<String, JsonNode> sorted(ObjectNode parameters) {
    var sorted = new TreeMap<String, JsonNode>();
    parameters.properties().forEach(each -> sorted.put(each.getKey(), each.getValue()));
    return sorted;
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
}
