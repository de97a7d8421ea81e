package io.redoubt.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.action.Arguments;
import io.redoubt.policy.FullEvaluation.Sample;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.PolicyDocument;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Evaluating only what can match gives the verdict of evaluating everything. */
class SlicePropertyTest {
  private static final int SETS = 25;
  private static final int POLICIES = 50;
  private static final int REQUESTS = 60;

  private static final List<String> PRINCIPALS =
      List.of(
          "principal",
          "principal",
          "principal == Agent::\"" + PolicySamples.agent(1) + "\"",
          "principal == Agent::\"" + PolicySamples.agent(2) + "\"",
          "principal in AgentGroup::\"team=a\"",
          "principal in AgentGroup::\"team=b\"",
          "principal is Agent in AgentGroup::\"env=prod\"",
          "principal in Organization::\"" + PolicySamples.ORGANIZATION + "\"",
          "principal is Agent");

  private static final Map<String, List<String>> RESOURCES =
      Map.of(
          "action",
          List.of("resource"),
          "action == Action::\"llm:generate\"",
          List.of(
              "resource",
              "resource == Model::\"m1\"",
              "resource in Provider::\"p1\"",
              "resource is Model in Provider::\"p2\""),
          "action in [Action::\"tool:call\", Action::\"external:check\"]",
          List.of("resource", "resource == Tool::\"m1\"", "resource is Tool"),
          "action in [Action::\"connector:read\", Action::\"connector:write\"]",
          List.of("resource", "resource == Operation::\"p1/m1\"", "resource in Connector::\"p2\""));

  private static final List<String> ARGUMENTS =
      List.of(
          "{}",
          "{\"env\":\"prod\"}",
          "{\"env\":\"dev\",\"amount\":11}",
          "{\"env\":\"test\",\"note\":\"ab\"}",
          "{\"note\":\"xaxb*x\"}",
          "{\"note\":\"xaxbx\",\"env\":\"prod\"}",
          "{\"note\":\"b\\u00e9\"}",
          "{\"note\":null,\"amount\":1}");

  private static final List<String> CONDITIONS =
      List.of(
          "context.findings.contains(\"pii\")",
          "context.risk > 40",
          "context.args has env && context.args.env == \"prod\"",
          "context.args has amount && context.args.amount >= 10",
          "principal.hasTag(\"team\") && principal.getTag(\"team\") == \"a\"",
          "principal in AgentGroup::\"team=b\"",
          "Agent::\"" + PolicySamples.agent(1) + "\" in AgentGroup::\"team=b\"",
          "context.risk > 40 && context has findings",
          "context.args has note && context.args.note like \"*a*b\\**\"",
          "context.args has note && (context.args.note == \"ab\" || context.args.note like \"b*é\")",
          "context.args has note",
          "resource.name like \"m1*\"",
          "resource is Model && resource in Provider::\"p1\"",
          "principal has owner && principal.owner == \"ann\"",
          "context.session.operations.contains(\"tool:call x\")",
          "context.session.counts[\"tool:call x within 90s\"] > 0",
          "context.session.counts[\"tool:call within 5m\"] >= 2",
          "context.time > datetime(\"2026-11-20T12:00:30Z\")",
          "context has estimate && context.estimate.cents > 5",
          "context.source_ip.isInRange(ip(\"10.0.0.0/8\"))",
          "context has tools && context.tools.provider.contains(\"web_search\")",
          "context has tools && context.tools has names && context.tools.names.isEmpty()",
          "action == Action::\"tool:call\"",
          "context.risk * 9223372036854775807 > 0");

  private final Random random = new Random(20261120);
  private final Map<Verdict, Integer> verdicts = new EnumMap<>(Verdict.class);

  @Test
  void aSliceDecidesLikeTheWhole() throws Exception {
    for (int number = 0; number < SETS; number++) {
      var samples = samples();
      var set =
          PolicySamples.set(
              samples.stream().map(each -> new PolicyDocument(each.id(), each.text())).toList());
      var full = new FullEvaluation(samples, set.arguments());
      for (int i = 0; i < REQUESTS; i++) {
        compare(set, full, request());
      }
    }
    assertThat(verdicts).hasSize(3).allSatisfy((_, count) -> assertThat(count).isGreaterThan(50));
  }

  private void compare(PolicySet set, FullEvaluation full, PolicyRequest request) throws Exception {
    var decision = set.decide(request);
    var expected = full.decide(request, false);
    var shadow = full.decide(request, true);

    assertThat(decision.verdict()).as("%s", request).isEqualTo(expected.verdict());
    assertThat(new HashSet<>(decision.policyIds())).isEqualTo(expected.policyIds());
    if (decision.shadow() == null) {
      assertThat(shadow.verdict()).isEqualTo(expected.verdict());
    } else {
      assertThat(decision.shadow().verdict()).as("%s", request).isEqualTo(shadow.verdict());
      assertThat(new HashSet<>(decision.shadow().policyIds())).isEqualTo(shadow.policyIds());
    }
    verdicts.merge(decision.verdict(), 1, Integer::sum);
  }

  private List<Sample> samples() {
    var samples = new ArrayList<Sample>();
    int policies = 1 + random.nextInt(POLICIES);
    for (int i = 0; i < policies; i++) {
      samples.add(sample("p" + i));
    }
    return samples;
  }

  private Sample sample(String id) {
    boolean forbids = random.nextInt(4) == 0;
    boolean escalates = forbids && random.nextInt(3) > 0;
    boolean shadow = random.nextInt(8) == 0;
    var action = pick(List.copyOf(RESOURCES.keySet()));
    var text = new StringBuilder();
    text.append(shadow ? "@shadow " : "").append(escalates ? "@escalate(\"w\") " : "");
    text.append(forbids ? "forbid (" : "permit (").append(pick(PRINCIPALS)).append(", ");
    text.append(action).append(", ").append(pick(RESOURCES.getOrDefault(action, List.of())));
    text.append(")");
    for (int i = random.nextInt(forbids ? 4 : 3); i > 0; i--) {
      text.append(random.nextInt(4) == 0 ? " unless { " : " when { ")
          .append(condition(forbids))
          .append(" }");
    }
    text.append(escalates ? " unless { context has approval };" : ";");
    return new Sample(id, text.toString(), forbids, escalates, shadow);
  }

  /** The one that overflows is rare: it denies whatever it meets. */
  private String condition(boolean forbids) {
    int last = forbids && random.nextInt(10) == 0 ? CONDITIONS.size() : CONDITIONS.size() - 1;
    return CONDITIONS.get(random.nextInt(last));
  }

  private PolicyRequest request() throws Exception {
    var labels = Map.of("team", pick(List.of("a", "b", "c")), "env", pick(List.of("prod", "dev")));
    var subject =
        new Subject(
            PolicySamples.agent(random.nextInt(3)),
            PolicySamples.ORGANIZATION,
            "agent",
            random.nextBoolean() ? "ann" : null,
            labels);
    var parent = pick(List.of("p1", "p2"));
    var name = pick(List.of("m1", "m2"));
    return switch (random.nextInt(5)) {
      case 0 ->
          new PolicyRequest(
              subject, PolicyAction.LLM_GENERATE, new PolicyResource.Model(parent, name), facts());
      case 1 ->
          new PolicyRequest(
              subject, PolicyAction.TOOL_CALL, new PolicyResource.Tool(name), facts());
      case 2 ->
          new PolicyRequest(
              subject, PolicyAction.EXTERNAL_CHECK, new PolicyResource.Host(name, 443), facts());
      case 3 ->
          new PolicyRequest(
              subject,
              PolicyAction.CONNECTOR_READ,
              new PolicyResource.Operation(parent, name),
              facts());
      default ->
          new PolicyRequest(
              subject,
              PolicyAction.CONNECTOR_WRITE,
              new PolicyResource.Operation(parent, name),
              facts());
    };
  }

  private Facts facts() throws Exception {
    var facts =
        Facts.of(
                PolicySamples.NOW.plusSeconds(random.nextInt(60)),
                InetAddress.ofLiteral(pick(List.of("10.0.0.1", "192.0.2.1", "fe80::1%1"))))
            .withArgs(Arguments.parse(pick(ARGUMENTS).getBytes(StandardCharsets.UTF_8)))
            .withFindings(pick(List.of(Set.of(), Set.of("pii"), Set.of("pii", "secret"))))
            .withRisk(random.nextInt(100))
            .withSession(
                random.nextBoolean()
                    ? PolicySamples.session("tool:call x", "tool:call x")
                    : PolicySamples.session("tool:call y"));
    if (random.nextBoolean()) {
      facts =
          facts.withTools(
              pick(
                  List.of(
                      DeclaredTools.NONE,
                      new DeclaredTools(null, List.of("web_search")),
                      new DeclaredTools(List.of("x".repeat(5_000)), List.of()))));
    }
    if (random.nextBoolean()) {
      facts = facts.withEstimate(new Facts.Estimate(100, random.nextLong(10)));
    }
    return random.nextInt(4) == 0 ? facts.withApproval(PolicySamples.approval()) : facts;
  }

  private <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
