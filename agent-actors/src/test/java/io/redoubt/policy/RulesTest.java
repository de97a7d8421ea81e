package io.redoubt.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.policy.Rule.Access;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RulesTest {
  private static final int SETS = 60;
  private static final int REQUESTS = 80;

  private final Random random = new Random(42);

  @Test
  void theDefaultsPermitReadsAndAskAboutWrites() {
    var set = PolicySamples.set(Rules.compile(Rules.DEFAULTS));

    var read = set.decide(request(1, Access.READ, "git", "issues.list", 10));
    var write = set.decide(request(1, Access.WRITE, "git", "issues.create", 10));

    assertThat(read.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(read.policyIds()).containsExactly("rule.default-reads");
    assertThat(write.verdict()).isEqualTo(Verdict.ESCALATE);
    assertThat(write.policyIds()).containsExactly("rule.default-writes");
    assertThat(write.workflows()).containsExactly("default");
  }

  @Test
  void aRuleBeforeTheDefaultsDecidesAlone() {
    var rules = new ArrayList<>(Rules.DEFAULTS);
    rules.add(rule("comments", 5, Access.WRITE, "git", "*.comment", Verdict.PERMIT));
    var set = PolicySamples.set(Rules.compile(rules));

    var comment = set.decide(request(1, Access.WRITE, "git", "issues.comment", 10));

    assertThat(comment.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(comment.policyIds()).containsExactly("rule.comments");
  }

  @Test
  void whatARuleEscalatesIsPermittedOnceApproved() {
    var set = PolicySamples.set(Rules.compile(Rules.DEFAULTS));
    var request = request(1, Access.WRITE, "git", "push", 10);
    var approved =
        new PolicyRequest(
            request.subject(),
            request.action(),
            request.resource(),
            request.facts().withApproval(PolicySamples.approval()));

    assertThat(set.decide(approved).verdict()).isEqualTo(Verdict.PERMIT);
  }

  /** The reference reads the rules in their order and stops at the first that matches. */
  @Test
  void compiledRulesDecideLikeTheFirstMatch() {
    var verdicts = EnumSet.noneOf(Verdict.class);
    for (int number = 0; number < SETS; number++) {
      var rules = rules();
      var set = PolicySamples.set(Rules.compile(rules));
      for (int i = 0; i < REQUESTS; i++) {
        int agent = random.nextInt(3);
        var access = pick(List.of(Access.READ, Access.WRITE));
        var connector = pick(List.of("git", "mail"));
        var operation = pick(List.of("issues.list", "issues.create", "a*b", "a\\b", "q\"uote"));
        int risk = random.nextInt(100);

        var decision = set.decide(request(agent, access, connector, operation, risk));

        var first = first(rules, agent, access, connector, operation, risk);
        assertThat(decision.verdict())
            .as("%s of %s", first, rules)
            .isEqualTo(first.map(Rule::verdict).orElse(Verdict.DENY));
        assertThat(decision.policyIds().stream().map(each -> each.replaceFirst("#.*", "")))
            .isEqualTo(first.map(each -> "rule." + each.name()).stream().toList());
        verdicts.add(decision.verdict());
      }
      for (var shadowed : Rules.shadowed(rules)) {
        assertThat(shadowed.by())
            .isNotEmpty()
            .allMatch(by -> by.priority() < shadowed.rule().priority());
      }
    }
    assertThat(verdicts).hasSize(3);
  }

  /** What is warned about, never decides; the reference shows it over everything there is. */
  @Test
  void aRuleThatIsShadowedNeverDecides() {
    int found = 0;
    for (int number = 0; number < SETS; number++) {
      var rules = rules();
      var shadowed =
          Rules.shadowed(rules).stream()
              .map(each -> each.rule().name())
              .collect(Collectors.toSet());
      found += shadowed.size();
      for (int i = 0; i < REQUESTS; i++) {
        var first =
            first(
                rules,
                random.nextInt(3),
                pick(List.of(Access.READ, Access.WRITE)),
                pick(List.of("git", "mail")),
                pick(List.of("issues.list", "issues.create", "a*b")),
                random.nextInt(100));
        assertThat(first.map(Rule::name)).isNotIn(shadowed.stream().map(Optional::of).toList());
      }
    }
    assertThat(found).isGreaterThan(10);
  }

  /** One operation of somebody's, in a world in which everything has a name that no rule has. */
  private record Point(
      Access access, String connector, String operation, AgentId agent, String group, int risk) {
    boolean isOf(Rule rule) {
      return (rule.access() == null || rule.access() == access)
          && (rule.connector() == null || rule.connector().equals(connector))
          && (rule.agent() == null || rule.agent().equals(agent))
          && (rule.group() == null || rule.group().equals(group))
          && (rule.risk().isEmpty() || rule.risk().contains(RiskLevel.of(risk)))
          && (rule.operation() == null
              || GLOBS
                  .computeIfAbsent(rule.operation(), RulesTest::glob)
                  .matcher(operation)
                  .matches());
    }
  }

  private static final Map<String, Pattern> GLOBS = new HashMap<>();

  private static List<Point> world() {
    var letters = List.of("", "a", "b", "z");
    var operations = new HashSet<String>();
    letters.forEach(
        one -> letters.forEach(two -> letters.forEach(last -> operations.add(one + two + last))));
    var world = new ArrayList<Point>();
    for (var access : Access.values()) {
      for (var connector : List.of("git", "other")) {
        for (var operation : operations) {
          for (int agent = 0; agent < 3; agent++) {
            for (var group : List.of("team=a", "team=b", "team=none")) {
              for (int risk : List.of(0, 30, 60, 90)) {
                world.add(
                    new Point(
                        access, connector, operation, PolicySamples.agent(agent), group, risk));
              }
            }
          }
        }
      }
    }
    return world;
  }

  private static boolean decidesSomewhere(Rule rule, List<Rule> rules, List<Point> world) {
    return world.stream()
        .filter(point -> point.isOf(rule))
        .anyMatch(point ->
            rules.stream()
                .noneMatch(each -> each.priority() < rule.priority() && point.isOf(each)));
  }

  /** Neither is one that decides warned about, nor is one forgotten that never does. */
  @Test
  void exactlyTheRulesThatNeverDecideAreShadowed() {
    var world = world();
    int found = 0;
    int together = 0;
    for (int number = 0; number < 120; number++) {
      var rules = smallRules();
      var shadowed = Rules.shadowed(rules);

      assertThat(shadowed.stream().map(Rules.Shadowed::rule))
          .as("%s", rules)
          .containsExactlyInAnyOrderElementsOf(
              rules.stream().filter(rule -> !decidesSomewhere(rule, rules, world)).toList());

      found += shadowed.size();
      together += (int) shadowed.stream().filter(it -> it.by().size() > 1).count();
    }
    assertThat(found).isGreaterThan(50);
    assertThat(together).isGreaterThan(10);
  }

  private List<Rule> smallRules() {
    var rules = new ArrayList<Rule>();
    int count = 2 + random.nextInt(6);
    for (int i = 1; i <= count; i++) {
      var risk = EnumSet.noneOf(RiskLevel.class);
      if (random.nextInt(3) == 0) {
        for (var level : RiskLevel.values()) {
          if (random.nextBoolean()) {
            risk.add(level);
          }
        }
      }
      int who = random.nextInt(6);
      rules.add(
          new Rule(
              "r" + i,
              i,
              maybe(List.of(Access.READ, Access.WRITE)),
              random.nextInt(4) == 0 ? "git" : null,
              maybe(List.of("*", "a*", "ab*", "*b", "a*b", "ab", "*a*", "a", "**")),
              who == 0 ? PolicySamples.agent(random.nextInt(2)) : null,
              who == 1 ? pick(List.of("team=a", "team=b")) : null,
              risk,
              Verdict.DENY,
              null));
    }
    return rules;
  }

  @Test
  void whatIsCommonlyForgottenIsWarnedAbout() {
    var reads = rule("reads", 1, null, null, "read*", Verdict.PERMIT);
    var users = rule("users", 2, null, null, "read_user*", Verdict.DENY);
    var read = rule("read", 3, Access.READ, "git", null, Verdict.PERMIT);
    var write = rule("write", 4, Access.WRITE, null, null, Verdict.DENY);
    var git = rule("git", 5, null, "git", "push", Verdict.DENY);
    var every =
        new Rule(
            "every",
            6,
            null,
            "mail",
            null,
            null,
            null,
            EnumSet.allOf(RiskLevel.class),
            Verdict.DENY,
            null);
    var mail = rule("mail", 7, null, "mail", "send", Verdict.DENY);

    assertThat(Rules.shadowed(List.of(reads, users, read, write, git, every, mail)))
        .containsExactly(
            new Rules.Shadowed(users, List.of(reads)),
            new Rules.Shadowed(git, List.of(read, write)),
            new Rules.Shadowed(mail, List.of(write, every)));
  }

  @Test
  void aRiskThatIsNotKnownDenies() {
    var rules =
        List.of(
            new Rule(
                "calm",
                1,
                null,
                null,
                null,
                null,
                null,
                Set.of(RiskLevel.LOW),
                Verdict.PERMIT,
                null));
    var known = request(1, Access.READ, "git", "x", 0);
    var unknown =
        new PolicyRequest(
            known.subject(),
            known.action(),
            known.resource(),
            Facts.of(PolicySamples.NOW, known.facts().source()));
    var set = PolicySamples.set(Rules.compile(rules));

    assertThat(set.decide(known).verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(set.decide(unknown).verdict()).isEqualTo(Verdict.DENY);
  }

  @Test
  void asManyRulesAsThereMayBeAreAccepted() {
    var rules = new ArrayList<Rule>();
    for (int i = 1; i <= Rules.MAX_RULES; i++) {
      rules.add(
          new Rule(
              "r" + i,
              i,
              Access.WRITE,
              null,
              "*" + "o".repeat(40) + i + "*",
              null,
              "team=" + "t".repeat(40) + i,
              Set.of(RiskLevel.MEDIUM, RiskLevel.CRITICAL),
              Verdict.ESCALATE,
              null));
    }

    var set = PolicySamples.set(Rules.compile(rules));

    assertThat(set.decide(request(1, Access.WRITE, "git", "x", 30)).verdict())
        .isEqualTo(Verdict.DENY);
  }

  @Test
  void rulesThatCannotBeOrderedOrReadAreRefused() {
    var one = rule("one", 1, null, null, null, Verdict.PERMIT);

    assertThatThrownBy(
            () -> Rules.compile(List.of(one, rule("two", 1, null, null, null, Verdict.DENY))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> Rules.compile(List.of(one, rule("one", 2, null, null, null, Verdict.DENY))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> rule("Bad name", 1, null, null, null, Verdict.DENY))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> rule("x", 1, null, "a\nb", null, Verdict.DENY))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Rule rule(
      String name,
      int priority,
      @Nullable Access access,
      @Nullable String connector,
      @Nullable String operation,
      Verdict verdict) {
    return new Rule(
        name, priority, access, connector, operation, null, null, Set.of(), verdict, null);
  }

  private List<Rule> rules() {
    var rules = new ArrayList<Rule>();
    int count = 1 + random.nextInt(12);
    for (int i = 1; i <= count; i++) {
      int who = random.nextInt(4);
      @Nullable AgentId agent = who == 0 ? PolicySamples.agent(random.nextInt(2)) : null;
      @Nullable String group = who == 1 ? pick(List.of("team=a", "team=b")) : null;
      var risk = EnumSet.noneOf(RiskLevel.class);
      for (var level : RiskLevel.values()) {
        if (random.nextInt(5) == 0) {
          risk.add(level);
        }
      }
      rules.add(
          new Rule(
              "r" + i,
              random.nextInt(1_000) * 100 + i,
              maybe(List.of(Access.READ, Access.WRITE)),
              maybe(List.of("git", "mail")),
              maybe(
                  List.of("*", "issues.*", "*list", "issues.list", "a*b", "a\\b", "*\"*", "i*s*t")),
              agent,
              group,
              risk,
              pick(List.of(Verdict.values())),
              null));
    }
    return rules;
  }

  private static Optional<Rule> first(
      List<Rule> rules, int agent, Access access, String connector, String operation, int risk) {
    return rules.stream()
        .sorted(Comparator.comparingInt(Rule::priority))
        .filter(each -> each.access() == null || each.access() == access)
        .filter(each -> each.connector() == null || each.connector().equals(connector))
        .filter(
            each -> each.operation() == null || glob(each.operation()).matcher(operation).matches())
        .filter(each -> each.agent() == null || each.agent().equals(PolicySamples.agent(agent)))
        .filter(each -> each.group() == null || each.group().equals(group(agent)))
        .filter(each -> each.risk().isEmpty() || each.risk().contains(RiskLevel.of(risk)))
        .findFirst();
  }

  private static Pattern glob(String pattern) {
    return Pattern.compile(
        pattern
            .chars()
            .mapToObj(c -> c == '*' ? ".*" : Pattern.quote(Character.toString(c)))
            .collect(Collectors.joining()));
  }

  private static String group(int agent) {
    return agent == 0 ? "team=a" : "team=b";
  }

  private static PolicyRequest request(
      int agent, Access access, String connector, String operation, int risk) {
    var subject =
        new Subject(
            PolicySamples.agent(agent),
            PolicySamples.ORGANIZATION,
            "agent",
            null,
            Map.of("team", agent == 0 ? "a" : "b"));
    return new PolicyRequest(
        subject,
        access == Access.READ ? PolicyAction.CONNECTOR_READ : PolicyAction.CONNECTOR_WRITE,
        new PolicyResource.Operation(connector, operation),
        PolicySamples.FACTS.withRisk(risk));
  }

  private <T> @Nullable T maybe(List<T> from) {
    return random.nextBoolean() ? null : pick(from);
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
