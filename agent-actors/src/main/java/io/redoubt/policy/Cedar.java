package io.redoubt.policy;

import com.cedarpolicy.BasicAuthorizationEngine;
import com.cedarpolicy.model.DetailedError;
import com.cedarpolicy.model.ValidationRequest;
import com.cedarpolicy.model.ValidationResponse;
import com.cedarpolicy.model.ValidationResponse.ValidationError;
import com.cedarpolicy.model.exception.AuthException;
import com.cedarpolicy.model.exception.InternalException;
import com.cedarpolicy.model.policy.Policy;
import com.cedarpolicy.model.policy.PolicySet;
import com.cedarpolicy.model.schema.Schema;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Cedar's own parser, validator and evaluator, which are native code. */
final class Cedar {
  static final BasicAuthorizationEngine ENGINE;

  /** Sets that native memory may hold ready, of all organizations together. */
  private static final int MAX_READY = 4_096;

  private static final String NO_ACTION = "unable to find an applicable action";

  /** Characters of texts and their JSON forms: some ten thousand policies as people write them. */
  private static final long MAX_KNOWN = 16L << 20;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** The JSON forms of policies that were parsed lately. */
  private static final KnownTexts<String> PARSED = new KnownTexts<>(MAX_KNOWN, String::length);

  /** The schemas by which policies were found valid lately. */
  private static final KnownTexts<String> VALID = new KnownTexts<>(MAX_KNOWN, _ -> 0);

  /** Kept once, however many policies are valid by it. */
  private static volatile String schemaInUse = "";

  static {
    MAPPER
        .getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(2_000).build());
    ENGINE = new BasicAuthorizationEngine();
    PolicySet.setCacheMaxPolicySets(MAX_READY);
  }

  private Cedar() {}

  /** Cedar does not take this text. */
  static final class Rejected extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<PolicyProblem> problems;

    Rejected(List<PolicyProblem> problems) {
      super(problems.toString());
      this.problems = problems;
    }

    List<PolicyProblem> problems() {
      return problems;
    }
  }

  /** A policy in Cedar's JSON form. */
  static JsonNode parse(Statement statement) throws Rejected {
    try {
      var known = PARSED.find(statement.text());
      var json = known.isPresent() ? known.get() : new Policy(statement.text(), "policy").toJson();
      var read = MAPPER.readTree(json);
      PARSED.keep(statement.text(), json);
      return read;
    } catch (InternalException e) {
      throw new Rejected(explain(statement, e));
    } catch (JsonProcessingException _) {
      throw new Rejected(List.of(statement.problem("an expression nests too deep")));
    }
  }

  /** The text of a policy in that form. Empty: there is none. */
  static Optional<String> text(JsonNode policy) {
    try {
      var text = Policy.fromJson("policy", policy.toString()).getSource().strip();
      return Optional.of(text.endsWith(";") ? text : text + ';');
    } catch (InternalException _) {
      return Optional.empty();
    }
  }

  /** The parser alone does not say where; the validator, which parses too, does. */
  private static List<PolicyProblem> explain(Statement statement, InternalException why) {
    try {
      var response = validate(Vocabulary.schema("{}", Set.of()), Map.of("policy", statement));
      var errors = response.errors.orElse(null);
      if (errors != null && !errors.isEmpty()) {
        return errors.stream().map(each -> problem(statement, each)).toList();
      }
    } catch (AuthException _) {
      // Then without a place.
    }
    return List.of(statement.problem(String.valueOf(why.getMessage())));
  }

  /**
   * Strict validation (every policy has one type in every environment that its scope allows). Each
   * is valid by itself, whatever stands beside it, so those that are known to be are not asked
   * about.
   *
   * @param statements that parse, by id
   */
  static List<PolicyProblem> validate(String schema, List<Statement> statements) {
    var unknown =
        statements.stream()
            .filter(each -> VALID.find(each.text()).filter(schema::equals).isEmpty())
            .toList();
    var problems = unknown.isEmpty() ? List.<PolicyProblem>of() : validated(schema, unknown);
    if (problems.isEmpty()) {
      var shared = schemaInUse;
      var by = shared.equals(schema) ? shared : schema;
      schemaInUse = by;
      unknown.forEach(each -> VALID.keep(each.text(), by));
    }
    return problems;
  }

  private static List<PolicyProblem> validated(String schema, List<Statement> statements) {
    var byId = new LinkedHashMap<String, Statement>();
    statements.forEach(each -> byId.put(Integer.toString(byId.size()), each));
    try {
      var response = validate(schema, byId);
      if (response.success.isEmpty()) {
        return response.errors.stream()
            .flatMap(List::stream)
            .map(each -> statements.getFirst().problem(each.message))
            .toList();
      }
      var errors = response.success.get().validationErrors;
      var elsewise =
          errors.stream()
              .filter(each -> !each.getError().message.contains(NO_ACTION))
              .map(ValidationError::getPolicyId)
              .collect(Collectors.toSet());
      return errors.stream()
          // A scope in which something does not exist, fits no action either.
          .filter(each ->
              !each.getError().message.contains(NO_ACTION)
                  || !elsewise.contains(each.getPolicyId()))
          .map(each ->
              problem(Objects.requireNonNull(byId.get(each.getPolicyId())), each.getError()))
          // The same mistake is found once for each action and each type of resource.
          .collect(
              Collectors.toMap(
                  each -> each.policy() + '/' + each.line() + '/' + each.column(),
                  each -> each,
                  (first, _) -> first,
                  LinkedHashMap::new))
          .values()
          .stream()
          .toList();
    } catch (AuthException e) {
      return List.of(statements.getFirst().problem("not validated: " + e.getMessage()));
    }
  }

  private static ValidationResponse validate(String schema, Map<String, Statement> statements)
      throws AuthException {
    var policies =
        statements.entrySet().stream()
            .map(each -> new Policy(each.getValue().text(), each.getKey()))
            .collect(Collectors.toSet());
    return ENGINE.validate(new ValidationRequest(new Schema(schema), new PolicySet(policies)));
  }

  private static PolicyProblem problem(Statement statement, DetailedError error) {
    var message =
        error
            .message
            .replaceFirst("^for policy `[^`]*`, ", "")
            .replaceFirst("^failed to parse policy with id `[^`]*` from string: ", "");
    var label = error.sourceLocations.isEmpty() ? null : error.sourceLocations.getFirst();
    var help = error.help.or(() -> label == null ? error.help : label.label);
    var text = message + help.map(each -> "; " + each).orElse("");
    return label == null ? statement.problem(text) : statement.problemAt(label.start, text);
  }
}
