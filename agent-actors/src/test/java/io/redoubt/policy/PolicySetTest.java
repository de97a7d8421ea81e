package io.redoubt.policy;

import static io.redoubt.policy.PolicySamples.FACTS;
import static io.redoubt.policy.PolicySamples.approval;
import static io.redoubt.policy.PolicySamples.call;
import static io.redoubt.policy.PolicySamples.generate;
import static io.redoubt.policy.PolicySamples.set;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.action.Arguments;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.PolicyDocument;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicySetTest {
  private static final String PERMIT = "permit (principal, action, resource);";

  @Test
  void withoutPoliciesEverythingIsDenied() {
    var decision = set().decide(generate());

    assertThat(decision.verdict()).isEqualTo(Verdict.DENY);
    assertThat(decision.policyIds()).isEmpty();
    assertThat(decision.errors()).isEmpty();
  }

  @Test
  void theStarterPermitsModelsAndToolProposalsAndNothingElse() {
    var starter = set(List.of(Starter.DOCUMENT));

    assertThat(starter.decide(generate()).verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(starter.decide(generate()).policyIds()).containsExactly("starter");
    assertThat(starter.decide(call()).verdict()).isEqualTo(Verdict.PERMIT);
    for (var action : List.of(PolicyAction.CONNECTOR_READ, PolicyAction.CONNECTOR_WRITE)) {
      var request =
          new PolicyRequest(
              PolicySamples.SUBJECT, action, new PolicyResource.Operation("git", "push"), FACTS);
      assertThat(starter.decide(request).verdict()).isEqualTo(Verdict.DENY);
    }
  }

  @Test
  void aForbidWinsOverEveryPermit() {
    var decision =
        set(PERMIT, "forbid (principal, action, resource == Tool::\"deploy\");").decide(call());

    assertThat(decision.verdict()).isEqualTo(Verdict.DENY);
    assertThat(decision.policyIds()).containsExactly("p2");
  }

  @Test
  void aPolicyKnowsAgentsByIdLabelOrganizationOwnerAndTag() {
    for (var scope :
        List.of(
            "principal == Agent::\"%s\"".formatted(PolicySamples.AGENT),
            "principal in AgentGroup::\"team=payments\"",
            "principal in Organization::\"%s\"".formatted(PolicySamples.ORGANIZATION),
            "principal is Agent in AgentGroup::\"team=payments\"")) {
      assertThat(set("permit (" + scope + ", action, resource);").decide(call()).verdict())
          .as(scope)
          .isEqualTo(Verdict.PERMIT);
    }
    for (var condition :
        List.of(
            "principal has owner && principal.owner == \"mem_ann\"",
            "principal.hasTag(\"team\") && principal.getTag(\"team\") == \"payments\"",
            "principal.name like \"build*\"")) {
      assertThat(
              set("permit (principal, action, resource) when { " + condition + " };")
                  .decide(call())
                  .verdict())
          .as(condition)
          .isEqualTo(Verdict.PERMIT);
    }
  }

  @Test
  void anyPolicyThatCannotBeEvaluatedDenies() {
    // Cedar itself skips a forbid that overflows.
    var decision =
        set(
                PERMIT,
                "forbid (principal, action, resource) when { context.risk + 9223372036854775807 > 0 };")
            .decide(call());

    assertThat(decision.verdict()).isEqualTo(Verdict.DENY);
    assertThat(decision.policyIds()).containsExactly("p2");
    assertThat(decision.errors())
        .singleElement()
        .asString()
        .startsWith("p2: ")
        .contains("overflow");
  }

  @Test
  void whatIsNotKnownOfAnActionDeniesWhereAPolicyAsksForIt() {
    var set =
        set(
            PERMIT,
            "forbid (principal, action, resource) when { context.findings.contains(\"pii\") };");
    var uninspected = Facts.of(FACTS.time(), FACTS.source());

    assertThat(set.decide(call(uninspected)).verdict()).isEqualTo(Verdict.DENY);
    assertThat(set.decide(call(uninspected)).errors()).isNotEmpty();
    assertThat(set.decide(call(FACTS)).verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(set.decide(call(FACTS.withFindings(Set.of("pii")))).verdict())
        .isEqualTo(Verdict.DENY);
  }

  private static final String NO_SEARCH =
      """
      forbid (principal, action == Action::"llm:generate", resource)
      when { context.tools.provider.contains("web_search") };
      """;

  @Test
  void whatARequestDeclaresOfToolsCanBeForbiddenBeforeAnyOfItRuns() {
    var set =
        set(
            PERMIT,
            NO_SEARCH,
            """
            forbid (principal, action == Action::"llm:generate", resource)
            when { context.tools.names.contains("shell") };
            """);
    var search = new DeclaredTools(List.of("look"), List.of("mcp", "web_search"));
    var shell = new DeclaredTools(List.of("read", "shell"), List.of());

    assertThat(set.decide(generate(DeclaredTools.NONE)).verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(set.decide(generate(search)).policyIds()).containsExactly("p2");
    assertThat(set.decide(generate(shell)).policyIds()).containsExactly("p3");
    assertThat(set.decide(call()).verdict()).as("of another action").isEqualTo(Verdict.PERMIT);
  }

  /** An agent must not get past a guard by declaring more than anybody reads. */
  @Test
  void toolsThatCannotBeToldAreDeniedWhereAPolicyAsksForThem() {
    var set = set(PERMIT, NO_SEARCH);
    var manyNames = new DeclaredTools(null, List.of("mcp"));
    var manyKinds = new DeclaredTools(List.of(), null);

    assertThat(set.decide(generate(manyNames)).verdict()).isEqualTo(Verdict.PERMIT);
    for (var unknown : List.of(generate(manyKinds), generate())) {
      assertThat(set.decide(unknown).verdict()).isEqualTo(Verdict.DENY);
      assertThat(set.decide(unknown).errors()).isNotEmpty();
    }
  }

  @Test
  void anAnswerIsRememberedWithTheToolsThatItWasGivenTo() {
    var set = set(PERMIT, NO_SEARCH);
    var long1 = new DeclaredTools(List.of("x".repeat(10_000)), List.of("web_search"));
    var long2 = new DeclaredTools(List.of("x".repeat(10_000)), List.of());

    for (int i = 0; i < 2; i++) {
      assertThat(set.decide(generate(long1)).verdict()).isEqualTo(Verdict.DENY);
      assertThat(set.decide(generate(long2)).verdict()).isEqualTo(Verdict.PERMIT);
      assertThat(set.decide(generate(DeclaredTools.NONE)).verdict()).isEqualTo(Verdict.PERMIT);
      assertThat(
              set.decide(generate(new DeclaredTools(List.of(), List.of("web_search")))).verdict())
          .isEqualTo(Verdict.DENY);
    }
  }

  /** It is in that group for itself alone, as Cedar is told of no other agent. */
  @Test
  void anAnswerThatAsksOfANamedAgentIsNotAnotherAgents() {
    var set =
        set(
            "permit (principal, action, resource);",
            "forbid (principal, action, resource) when { Agent::\"%s\" in AgentGroup::\"team=payments\" };"
                .formatted(PolicySamples.AGENT));
    var other =
        new PolicyRequest(
            new Subject(
                PolicySamples.agent(2),
                PolicySamples.ORGANIZATION,
                "other",
                "mem_ann",
                PolicySamples.SUBJECT.labels()),
            PolicyAction.LLM_GENERATE,
            PolicySamples.MODEL,
            FACTS);

    assertThat(set.decide(other).verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(set.decide(generate()).verdict()).isEqualTo(Verdict.DENY);
    assertThat(set.decide(other).verdict()).isEqualTo(Verdict.PERMIT);
  }

  /** Each is asked without its scope, which has matched by then, and says the same. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "permit (principal, action, resource) when { true };",
        "// (a) comment\n@alert(\"a) (\")@shadow\npermit // (\n(principal in // )\n"
            + "AgentGroup::\"te\\\"am)=(payments\", action, resource) when { true };",
        "@alert(\"(\\\")\") @shadow forbid(principal==Agent::\"(\",action in [Action::\"tool:call\"]"
            + ",resource is Tool)unless{context has findings}when{principal.name==\") when {\"};",
        "permit (principal is Agent in AgentGroup::\"a\", action == Action::\"llm:generate\","
            + " resource in Provider::\"p\") when { resource.name like \"*(\\*\" };",
      })
  void aConditionIsTheSameWithoutItsScope(String text) {
    var policy = set(text).policies().getFirst();

    assertThat(policy.body())
        .startsWith((policy.forbids() ? "forbid" : "permit") + " (principal, action, resource)")
        .doesNotContain("@");
    assertThat(Conditions.read(parsed(policy.body())).consulted()).isEqualTo(policy.consulted());
    assertThat(parsed(policy.body())).isEqualTo(parsed(policy.text()));
  }

  private static JsonNode parsed(String policy) {
    try {
      return Cedar.parse(new Statement(new PolicyDocument("p", policy), 0, policy, 0, 0))
          .path("conditions");
    } catch (Cedar.Rejected e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aForbidThatOnlyAnApprovalLiftsEscalates() {
    var set =
        set(
            PERMIT,
            """
            @escalate("deployments")
            forbid (principal, action == Action::"tool:call", resource == Tool::"deploy")
            unless { context has approval };
            """);

    var asked = set.decide(call());
    var granted = set.decide(call(FACTS.withApproval(approval())));

    assertThat(asked.verdict()).isEqualTo(Verdict.ESCALATE);
    assertThat(asked.workflows()).containsExactly("deployments");
    assertThat(asked.policyIds()).containsExactly("p2");
    assertThat(granted.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(granted.policyIds()).containsExactly("p1");
  }

  @Test
  void nobodyIsAskedWhereAnApprovalWouldNotHelp() {
    var escalates =
        "@escalate forbid (principal, action, resource) unless { context has approval };";

    var forbidden = set(PERMIT, escalates, "forbid (principal, action, resource);").decide(call());
    var unpermitted = set(escalates).decide(call());
    var conditional =
        set(escalates, "permit (principal, action, resource) when { context.risk > 50 };")
            .decide(call());

    assertThat(forbidden.verdict()).isEqualTo(Verdict.DENY);
    assertThat(unpermitted.verdict()).isEqualTo(Verdict.DENY);
    assertThat(conditional.verdict()).isEqualTo(Verdict.DENY);
  }

  @Test
  void severalWorkflowsAreAllAsked() {
    var decision =
        set(
                "permit (principal, action, resource) when { context.risk < 50 };",
                "@escalate(\"a\") forbid (principal, action, resource) unless { context has approval };",
                "@escalate forbid (principal, action, resource) when { context.risk > 5 } unless {"
                    + " context has approval && context.approval.tier >= 2 };")
            .decide(call());

    assertThat(decision.verdict()).isEqualTo(Verdict.ESCALATE);
    assertThat(decision.workflows()).containsExactly("a", "default");
  }

  @Test
  void anAlertIsReportedByThePolicyThatDecides() {
    var set =
        set(
            "@alert(\"someone deploys\") permit (principal, action, resource == Tool::\"deploy\");",
            "@alert(\"never\") permit (principal, action, resource) when { context.risk > 90 };");

    assertThat(set.decide(call()).alerts())
        .containsExactly(new Decision.Alert("p1", "someone deploys"));
  }

  @Test
  void aPolicyInShadowIsRecordedAndNotEnforced() {
    var set = set(PERMIT, "@shadow forbid (principal, action, resource == Tool::\"deploy\");");

    var watched = set.decide(call());
    var elsewhere = set.decide(generate());

    assertThat(watched.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(watched.policyIds()).containsExactly("p1");
    assertThat(watched.shadow())
        .isEqualTo(new Decision.Shadow(Verdict.DENY, List.of("p2"), List.of(), List.of()));
    assertThat(elsewhere.shadow()).isNull();
  }

  @Test
  void aPolicyInShadowThatFailsDeniesInShadowOnly() {
    var decision =
        set(
                PERMIT,
                "@shadow forbid (principal, action, resource) when { context.risk + 9223372036854775807 > 0 };")
            .decide(call());

    assertThat(decision.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(decision.errors()).isEmpty();
    assertThat(decision.shadow()).extracting(Decision.Shadow::verdict).isEqualTo(Verdict.DENY);
  }

  @Test
  void argumentsAreTypedByWhatPoliciesCompareThemWith() {
    var set =
        set(
            PERMIT,
            """
            forbid (principal, action == Action::"tool:call", resource)
            when { context.args has env && context.args.env == "prod" };
            forbid (principal, action == Action::"tool:call", resource)
            when { context.args has amount && context.args.amount > 100 };
            forbid (principal, action == Action::"tool:call", resource)
            when { context.args has price && context.args.price.greaterThan(decimal("9.99")) };
            forbid (principal, action == Action::"tool:call", resource)
            when { context.args has tags && context.args.tags.contains("danger") };
            forbid (principal, action == Action::"tool:call", resource)
            when { context.args has to && context.args.to has mail && context.args.to.mail like "*@evil.test" };
            forbid (principal, action == Action::"tool:call", resource)
            when { context.args has force };
            """);

    for (var harmless :
        List.of(
            "{}",
            "",
            "{\"env\":\"dev\",\"amount\":100,\"price\":9.99,\"tags\":[],\"to\":{\"mail\":\"a@b\"}}",
            "{\"env\":null,\"amount\":null,\"force\":null}",
            "{\"price\":9,\"other\":{\"deep\":[1e400]}}")) {
      assertThat(set.decide(call(harmless)).verdict()).as(harmless).isEqualTo(Verdict.PERMIT);
    }
    for (var harmful :
        List.of(
            "{\"env\":\"prod\"}",
            "{\"amount\":101}",
            "{\"price\":9.9901}",
            "{\"price\":10}",
            "{\"tags\":[\"x\",\"danger\"]}",
            "{\"to\":{\"mail\":\"x@evil.test\"}}",
            "{\"force\":{}}")) {
      var decision = set.decide(call(harmful));
      assertThat(decision.verdict()).as(harmful).isEqualTo(Verdict.DENY);
      assertThat(decision.errors()).as(harmful).isEmpty();
    }
  }

  /** A guard that looks for a text must not be passed by wrapping the text in a list. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"env\":[\"prod\"]}",
        "{\"env\":{\"__extn\":{\"fn\":\"decimal\",\"arg\":\"1.0\"}}}",
        "{\"amount\":1.5}",
        "{\"amount\":\"1000\"}",
        "{\"price\":0.00001}",
        "{\"price\":1e1000}",
        "{\"price\":1e1000000000}"
      })
  void anArgumentOfAnotherTypeIsDenied(String args) {
    var set =
        set(
            PERMIT,
            """
            forbid (principal, action, resource)
            when { context.args has env && context.args.env == "prod" };
            forbid (principal, action, resource)
            when { context.args has amount && context.args.amount > 100 };
            forbid (principal, action, resource)
            when { context.args has price && context.args.price.greaterThan(decimal("9.99")) };
            """);

    var decision = set.decide(call(args));

    assertThat(decision.verdict()).isEqualTo(Verdict.DENY);
    assertThat(decision.errors()).singleElement().asString().contains("context.args.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "[1]",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1}x",
        "nonsense",
        "{\"a\":01}",
        "{\"a\":[{\"b\":9223372036854775808}]}",
        "{\"a\":1e99999999999}"
      })
  void argumentsThatCannotBeReadAreDeniedWhateverThePoliciesSay(String args) {
    var decision = set(PERMIT).decide(call(args));

    assertThat(decision.verdict()).isEqualTo(Verdict.DENY);
    assertThat(decision.errors()).singleElement().asString().contains("cannot be judged");
  }

  @Test
  void argumentsThatAreTooLargeTooDeepOrNotTextAreDenied() {
    var deep = "{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}";
    var large = "{\"a\":\"" + "x".repeat(10 << 20) + "\"}";
    var set = set(PERMIT);

    assertThat(set.decide(call(deep)).verdict()).isEqualTo(Verdict.DENY);
    assertThat(set.decide(call(large)).verdict()).isEqualTo(Verdict.DENY);
    byte[] latin1 = {'{', '"', 'a', '"', ':', '"', (byte) 0xe9, '"', '}'};
    assertThat(set.decide(call(FACTS.withArgs(Arguments.parse(latin1)))).verdict())
        .isEqualTo(Verdict.DENY);
  }

  @Test
  void timeAndPlaceAreFacts() {
    var set =
        set(
            """
            permit (principal, action, resource)
            when {
              context.source_ip.isInRange(ip("10.0.0.0/8"))
              && context.time >= datetime("2026-11-20T12:00:00.123Z")
              && context.time < datetime("2026-11-20T12:00:00.124Z")
            };
            """);

    assertThat(set.decide(call()).verdict()).isEqualTo(Verdict.PERMIT);
    var elsewhere = Facts.of(FACTS.time(), InetAddress.ofLiteral("::1"));
    assertThat(set.decide(call(elsewhere)).verdict()).isEqualTo(Verdict.DENY);
    assertThat(set.decide(call(elsewhere)).errors()).isEmpty();
    var later = Facts.of(FACTS.time().plusMillis(1), FACTS.source());
    assertThat(set.decide(call(later)).verdict()).isEqualTo(Verdict.DENY);
  }

  @Test
  void hoursAreAPolicysOwn() {
    var set =
        set(
            PERMIT,
            """
            forbid (principal in AgentGroup::"team=payments", action, resource)
            when {
              context.time.offset(duration("1h")).toTime() < duration("7h")
              || context.time.offset(duration("1h")).toTime() >= duration("19h")
            };
            """);

    assertThat(set.decide(call()).verdict()).isEqualTo(Verdict.PERMIT);
    for (var hour : List.of("2026-11-20T05:59:59Z", "2026-11-20T18:00:00Z")) {
      var facts = Facts.of(Instant.parse(hour), FACTS.source());
      assertThat(set.decide(call(facts)).policyIds()).as(hour).containsExactly("p2");
      assertThat(set.decide(call(facts)).errors()).isEmpty();
    }
    var early = Facts.of(Instant.parse("2026-11-20T06:00:00Z"), FACTS.source());
    assertThat(set.decide(call(early)).verdict()).isEqualTo(Verdict.PERMIT);
  }

  @Test
  void anActionOnTheWrongKindOfResourceIsDenied() {
    var request =
        new PolicyRequest(
            PolicySamples.SUBJECT, PolicyAction.LLM_GENERATE, PolicySamples.TOOL, FACTS);

    assertThat(set(PERMIT).decide(request).verdict()).isEqualTo(Verdict.DENY);
  }

  @Test
  void thePoliciesOfADocumentHaveIdsOfTheirOwn() {
    var set =
        set(
            "permit (principal, action == Action::\"llm:generate\", resource);"
                + " permit (principal, action == Action::\"llm:generate\", resource);"
                + " @id(\"third\") permit (principal, action, resource);");

    assertThat(set.decide(generate()).policyIds()).containsExactly("p1", "p1#2", "p1#third");
  }

  /** Only the parser's own stack is large; decisions are made on the threads of actors. */
  @Test
  void theLargestPolicyThatIsAcceptedIsEvaluatedOnASmallStack() throws Exception {
    var chain = "context.risk < 90" + " && context.risk < 91".repeat(150);
    var set = set("permit (principal, action, resource) when { " + chain + " };");
    var decided = new java.util.concurrent.FutureTask<>(() -> set.decide(call()));

    new Thread(null, decided, "small", 1 << 20).start();

    assertThat(decided.get().verdict()).isEqualTo(Verdict.PERMIT);
  }

  @Test
  void itSaysWhatItWouldLookAt() {
    var set =
        set(
            PERMIT,
            "forbid (principal, action == Action::\"tool:call\", resource)"
                + " when { context.args has env && context.risk > 3 };",
            "forbid (principal, action == Action::\"llm:generate\", resource)"
                + " when { context.session.denials > 3 };",
            "@shadow forbid (principal, action, resource)"
                + " when { context.findings.contains(\"x\") };");

    assertThat(set.looksAt(call())).containsExactlyInAnyOrder("args", "risk");
    assertThat(set.looksAt(generate())).containsExactly("session");
  }

  @Test
  void itHasTheTextOfEachOfItsPolicies() {
    var set = set("// first\n" + PERMIT + "\n@id(\"own\")\nforbid (principal, action, resource);");

    assertThat(set.excerpt("p1")).contains(new PolicySet.Excerpt(false, PERMIT));
    assertThat(set.excerpt("p1#own").orElseThrow().forbids()).isTrue();
    assertThat(set.excerpt("p1#own").orElseThrow().text()).startsWith("@id(\"own\")");
    assertThat(set.excerpt("p1#2")).isEmpty();
  }
}
