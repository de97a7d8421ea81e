package io.redoubt.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Turns documents into a set, or into all that is wrong with them. */
final class PolicyCompiler {
  /** Policies in a set. */
  static final int MAX_POLICIES = 5_000;

  /** Conditional policies that may meet in one action: so many are evaluated at most. */
  static final int MAX_TOGETHER = 250;

  /** Characters of one policy. */
  static final int MAX_LENGTH = 65_536;

  /** Brackets in brackets, and ifs in ifs. */
  static final int MAX_BRACKETS = 32;

  /** Operators of one policy. */
  static final int MAX_OPERATORS = 4_000;

  /** Problems that are listed; nobody reads more at once. */
  static final int MAX_PROBLEMS = 100;

  /** Cedar's parser is recursive, and what it reads is other people's text. */
  private static final long STACK_BYTES = 64L << 20;

  private static final String DEFAULT_WORKFLOW = "default";
  private static final Pattern WORKFLOW = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");
  private static final Pattern OWN_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,62}");
  private static final int MAX_ALERT = 200;

  private final List<PolicyProblem> problems = new ArrayList<>();
  private final List<Statement> statements = new ArrayList<>();
  private final List<CompiledPolicy> policies = new ArrayList<>();

  /** What keeps a draft from being published, and nothing that was published from being run. */
  private final List<PolicyProblem> idle = new ArrayList<>();

  private final ArgumentTypes arguments = new ArgumentTypes();

  /** Whether every policy is named that has a problem, however many that are. */
  private final boolean all;

  private PolicyCompiler(boolean all) {
    this.all = all;
  }

  static Compilation compile(List<PolicyDocument> documents) {
    return onOwnStack(() -> new PolicyCompiler(false).run(documents));
  }

  /**
   * The same for those to whom a list to read is not enough. One thing is checked after the other,
   * as ever; of the first that does not hold, every policy is named, with one reason, and where
   * there are too many, all that come after those that there is room for.
   */
  static Compilation compileNamingAll(List<PolicyDocument> documents) {
    return onOwnStack(() -> new PolicyCompiler(true).run(documents));
  }

  /** Does what has to do with Cedar's parser. */
  static <T> T onOwnStack(Callable<T> work) {
    var task = new FutureTask<>(work);
    new Thread(null, task, "policy-compiler", STACK_BYTES).start();
    try {
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while policies were compiled", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("policies could not be compiled", e.getCause());
    }
  }

  private Compilation run(List<PolicyDocument> documents) {
    var names = new HashSet<String>();
    for (var document : documents) {
      if (names.add(document.name())) {
        read(document);
      } else {
        problems.add(new PolicyProblem(document.name(), 1, 1, "another document has this name"));
      }
      if (areEnough()) {
        return problems();
      }
    }
    arguments.unsettled().forEach((number, why) -> complain(statements.get(number), why));
    if (problems.isEmpty() && !statements.isEmpty()) {
      problems.addAll(
          Cedar.validate(Vocabulary.schema(arguments.types().cedar(), counts()), statements));
      if (!all || problems.isEmpty()) {
        tooManyTogether();
      }
    }
    return problems.isEmpty()
        ? new PolicySet(List.copyOf(policies), arguments.types(), List.copyOf(idle))
        : problems();
  }

  private boolean areEnough() {
    return !all && problems.size() >= MAX_PROBLEMS;
  }

  /** One reason is enough where many policies are named. */
  private void complain(Statement statement, List<String> why) {
    why.stream().limit(all ? 1 : MAX_PROBLEMS).map(statement::problem).forEach(problems::add);
  }

  private Set<Tally> counts() {
    return Consulted.all(policies.stream().map(CompiledPolicy::consulted)).counts();
  }

  private PolicyProblems problems() {
    return new PolicyProblems(
        problems.stream()
            .sorted(
                Comparator.comparing(PolicyProblem::policy)
                    .thenComparingInt(PolicyProblem::line)
                    .thenComparingInt(PolicyProblem::column))
            .limit(all ? Long.MAX_VALUE : MAX_PROBLEMS)
            .toList());
  }

  private void read(PolicyDocument document) {
    var ids = new HashSet<String>();
    var found = Statement.of(document);
    for (int number = 1; number <= found.size(); number++) {
      var statement = found.get(number - 1);
      if (statements.size() == MAX_POLICIES) {
        problems.add(statement.problem("more than " + MAX_POLICIES + " policies"));
        return;
      }
      read(statement, number, ids);
      if (areEnough()) {
        return;
      }
    }
  }

  private void read(Statement statement, int number, Set<String> ids) {
    var excess = excess(statement);
    if (excess != null) {
      problems.add(statement.problem(excess));
      return;
    }
    try {
      var json = Cedar.parse(statement);
      var conditions = json.path("conditions");
      var reading = Conditions.read(conditions);
      if (!reading.problems().isEmpty()) {
        complain(statement, reading.problems());
        return;
      }
      complain(statement, arguments.observe(conditions));
      var policy = compiled(statement, number, json, reading.consulted());
      if (!ids.add(policy.id())) {
        problems.add(statement.problem("another policy of the document has this @id"));
      }
      statements.add(statement);
      policies.add(policy);
      if (idle.size() < MAX_PROBLEMS) {
        reading.idle().forEach(each -> idle.add(statement.problem(each)));
      }
    } catch (Cedar.Rejected e) {
      problems.addAll(e.problems());
    }
  }

  private static @Nullable String excess(Statement statement) {
    if (statement.text().length() > MAX_LENGTH) {
      return "longer than " + MAX_LENGTH + " characters";
    }
    if (statement.depth() > MAX_BRACKETS) {
      return "brackets or ifs nest deeper than " + MAX_BRACKETS;
    }
    return statement.operators() > MAX_OPERATORS
        ? "more than " + MAX_OPERATORS + " operators"
        : null;
  }

  private CompiledPolicy compiled(
      Statement statement, int number, JsonNode json, Consulted consulted) {
    var conditions = json.path("conditions");
    var annotations = json.path("annotations");
    boolean forbids = json.path("effect").asText().equals("forbid");
    var body = body(statement, json);
    return new CompiledPolicy(
        id(statement, number, annotations),
        statement.text(),
        Scope.of(json),
        body == null ? statement.text() : body,
        forbids,
        !conditions.isEmpty(),
        body == null ? consulted.andEntities() : consulted,
        escalation(statement, annotations, forbids, conditions),
        alert(statement, annotations),
        annotations.has("shadow"));
  }

  /**
   * The policy without its scope, which the index has looked at when Cedar is asked; null: Cedar
   * does not read that as the same conditions, so that it stays whole.
   */
  private static @Nullable String body(Statement statement, JsonNode json) {
    var body = statement.withoutScope();
    if (body == null) {
      return null;
    }
    try {
      var read = Cedar.parse(new Statement(statement.document(), 0, body, 0, 0));
      return read.path("effect").equals(json.path("effect"))
              && read.path("conditions").equals(json.path("conditions"))
              && Scope.of(read).equals(Scope.ANYTHING)
          ? body
          : null;
    } catch (Cedar.Rejected _) {
      return null;
    }
  }

  private String id(Statement statement, int number, JsonNode annotations) {
    var name = statement.document().name();
    if (!annotations.has("id")) {
      return number == 1 ? name : name + '#' + number;
    }
    var own = annotations.path("id").asText("");
    if (!OWN_ID.matcher(own).matches()) {
      problems.add(statement.problem("an @id is 1 to 63 letters, digits and . _ : -"));
    }
    return name + '#' + own;
  }

  private @Nullable String escalation(
      Statement statement, JsonNode annotations, boolean forbids, JsonNode conditions) {
    if (!annotations.has("escalate")) {
      return null;
    }
    if (!forbids || !Conditions.liftedByApproval(conditions)) {
      problems.add(
          statement.problem(
              "@escalate belongs to a forbid that an approval lifts: "
                  + "forbid (…) … unless { context has approval };"));
    }
    var named = annotations.path("escalate").asText("");
    var workflow =
        Floor.workflow(
            statement.document().name(),
            named.isEmpty() || named.equals("null") ? DEFAULT_WORKFLOW : named);
    if (!WORKFLOW.matcher(workflow).matches()) {
      problems.add(statement.problem("@escalate names no workflow that could exist"));
    }
    return workflow;
  }

  private @Nullable String alert(Statement statement, JsonNode annotations) {
    if (!annotations.has("alert")) {
      return null;
    }
    var node = annotations.path("alert");
    var text = node.isTextual() ? node.textValue() : "";
    if (text.length() > MAX_ALERT) {
      problems.add(statement.problem("an @alert has at most " + MAX_ALERT + " characters"));
    }
    return text;
  }

  /**
   * Those that no principal and no resource tells apart, are evaluated for every such action. There
   * is room for those that come first.
   */
  private void tooManyTogether() {
    var together = new EnumMap<PolicyAction, Integer>(PolicyAction.class);
    for (int i = 0; i < policies.size(); i++) {
      var policy = policies.get(i);
      var scope = policy.scope();
      if (!policy.conditional() || !scope.principal().any() || !scope.resource().any()) {
        continue;
      }
      var full =
          Arrays.stream(PolicyAction.values())
              .filter(scope.actions()::contains)
              .filter(action -> together.getOrDefault(action, 0) == MAX_TOGETHER)
              .findFirst();
      if (full.isEmpty()) {
        scope.actions().forEach(action -> together.merge(action, 1, Integer::sum));
        continue;
      }
      problems.add(
          statements
              .get(i)
              .problem(
                  "more than %d policies with conditions apply to every %s; name principals or resources"
                      .formatted(MAX_TOGETHER, full.get().id())));
      if (!all) {
        return;
      }
    }
  }
}
