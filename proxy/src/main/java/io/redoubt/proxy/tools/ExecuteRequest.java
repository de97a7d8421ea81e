package io.redoubt.proxy.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.action.Arguments;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.Placement;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.Problem;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.text.PlainText;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * What an agent asks for.
 *
 * @param resource what the agent says it is about; null: it does not say
 * @param reason what the agent says it is for; null: it does not say
 */
record ExecuteRequest(
    String connector,
    String operation,
    ObjectNode parameters,
    @Nullable String resource,
    @Nullable String reason) {
  private static final Pattern CONNECTOR = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");
  private static final Pattern OPERATION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,126}");
  private static final int MOST_TEXT = 1_000;

  /** What others see of it, and may change. */
  private static final Set<String> SHOWN = Set.of("parameters", "resource", "reason");

  private static final Set<String> MEMBERS =
      Set.of("connector", "operation", "parameters", "resource", "reason");

  /**
   * Reads a body.
   *
   * @throws ProblemException where it is none, or says what cannot be meant
   */
  static ExecuteRequest read(ByteString body) {
    var read = Arguments.parse(body.toArrayUnsafe());
    if (read.refusal() != null) {
      throw ProblemException.of(
          ErrorType.MALFORMED_REQUEST, "The body cannot be judged: " + read.refusal() + ".");
    }
    var said = read.values();
    var errors = new ArrayList<Problem.FieldError>();
    requireKnown(said, MEMBERS, errors);
    String connector = text(said, "connector", CONNECTOR.asMatchPredicate(), errors);
    String operation = text(said, "operation", OPERATION.asMatchPredicate(), errors);
    if (connector == null && !said.hasNonNull("connector")) {
      errors.add(new Problem.FieldError("/connector", "is needed"));
    }
    if (operation == null && !said.hasNonNull("operation")) {
      errors.add(new Problem.FieldError("/operation", "is needed"));
    }
    return of(connector, operation, said, errors);
  }

  /**
   * The same operation, with what somebody has written in the place of what was {@link #shown}.
   *
   * @throws ProblemException where that cannot be meant
   */
  static ExecuteRequest changed(String connector, String operation, ObjectNode instead) {
    var errors = new ArrayList<Problem.FieldError>();
    requireKnown(instead, SHOWN, errors);
    return of(connector, operation, instead, errors);
  }

  private static ExecuteRequest of(
      @Nullable String connector,
      @Nullable String operation,
      ObjectNode said,
      List<Problem.FieldError> errors) {
    Predicate<String> plain = it -> !it.isEmpty() && PlainText.fits(it, MOST_TEXT);
    String resource = text(said, "resource", plain, errors);
    String reason = text(said, "reason", plain, errors);
    var parameters = said.get("parameters");
    if (parameters != null && !parameters.isNull() && !parameters.isObject()) {
      errors.add(new Problem.FieldError("/parameters", "is an object"));
    }
    if (!errors.isEmpty() || connector == null || operation == null) {
      throw ProblemException.invalid(errors);
    }
    return new ExecuteRequest(
        connector,
        operation,
        parameters instanceof ObjectNode object
            ? Placement.meant(object)
            : Json.STRICT.createObjectNode(),
        resource,
        reason);
  }

  private static void requireKnown(
      ObjectNode said, Set<String> known, List<Problem.FieldError> errors) {
    said.fieldNames()
        .forEachRemaining(name -> {
          if (!known.contains(name)) {
            errors.add(new Problem.FieldError("/" + escaped(name), "is not known"));
          }
        });
  }

  private static @Nullable String text(
      ObjectNode said, String name, Predicate<String> fits, List<Problem.FieldError> errors) {
    JsonNode value = said.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isTextual() || !fits.test(value.textValue())) {
      errors.add(
          new Problem.FieldError("/" + name, "is a name, or a line of at most 1000 characters"));
      return null;
    }
    return value.textValue();
  }

  /** As a part of a pointer (RFC 6901 §3). */
  private static String escaped(String name) {
    String shown = name.length() <= 64 ? name : name.substring(0, 64);
    return shown.replace("~", "~0").replace("/", "~1");
  }

  /** What policies see: the parameters, and nothing beside them. */
  Arguments arguments() {
    return Arguments.parse(CanonicalJson.write(parameters));
  }

  /** All that the agent has written, for whoever decides, and for inspection. */
  ObjectNode shown() {
    ObjectNode shown = Json.STRICT.createObjectNode();
    shown.set("parameters", parameters);
    if (resource != null) {
      shown.put("resource", resource);
    }
    if (reason != null) {
      shown.put("reason", reason);
    }
    return shown;
  }

  /** What is found in all that the agent has written. */
  Inspected inspected(Inspector inspector, JsonInspection.Limits limits) {
    return Inspected.arguments(Arguments.parse(CanonicalJson.write(shown())), inspector, limits);
  }

  /** The whole of it, as a body that asks for it. */
  ByteString body() {
    return ByteString.fromArrayUnsafe(
        CanonicalJson.write(shown().put("connector", connector).put("operation", operation)));
  }
}
