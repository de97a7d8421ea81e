package io.redoubt.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.action.Act;
import io.redoubt.action.Arguments;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.PolicyDocument;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Policies and requests that several tests ask with. */
final class PolicySamples {
  static final Instant NOW = Instant.parse("2026-11-20T12:00:00.123456Z");
  static final OrganizationId ORGANIZATION = new OrganizationId(new UUID(0x7000, 1L << 63));
  static final AgentId AGENT = agent(1);
  static final Subject SUBJECT =
      new Subject(AGENT, ORGANIZATION, "builder", "mem_ann", Map.of("team", "payments"));
  static final PolicyResource MODEL = new PolicyResource.Model("anthropic", "claude-sonnet-5");
  static final PolicyResource TOOL = new PolicyResource.Tool("deploy");
  static final Facts FACTS =
      Facts.of(NOW, InetAddress.ofLiteral("10.1.2.3"))
          .withFindings(Set.of())
          .withRisk(10)
          .withSession(
              session("connector:read git/log", "connector:read git/log", "tool:call deploy"));

  private PolicySamples() {}

  /** Acts that were permitted, a minute apart, the last one a minute ago. */
  static Facts.Session session(String... names) {
    var acts = new ArrayList<Act>();
    for (int i = 0; i < names.length; i++) {
      var parts = names[i].split(" ", 2);
      var at = NOW.minusSeconds(60L * (names.length - i));
      acts.add(new Act(at, parts[0], parts[1], Verdict.PERMIT, i));
    }
    return new Facts.Session(acts);
  }

  static AgentId agent(int number) {
    return new AgentId(new UUID(0x7000, (1L << 63) + number));
  }

  /** Documents called p1, p2 and so on. */
  static List<PolicyDocument> documents(String... texts) {
    var documents = new ArrayList<PolicyDocument>();
    for (var text : texts) {
      documents.add(new PolicyDocument("p" + (documents.size() + 1), text));
    }
    return documents;
  }

  static PolicySet set(String... texts) {
    return set(documents(texts));
  }

  static PolicySet set(List<PolicyDocument> documents) {
    var compilation = PolicySet.compile(documents);
    assertThat(compilation).isInstanceOf(PolicySet.class);
    return (PolicySet) compilation;
  }

  static List<PolicyProblem> problems(String... texts) {
    var compilation = PolicySet.compile(documents(texts));
    assertThat(compilation).isInstanceOf(PolicyProblems.class);
    return ((PolicyProblems) compilation).problems();
  }

  static PolicyRequest generate() {
    return new PolicyRequest(SUBJECT, PolicyAction.LLM_GENERATE, MODEL, FACTS);
  }

  static PolicyRequest generate(DeclaredTools tools) {
    return new PolicyRequest(SUBJECT, PolicyAction.LLM_GENERATE, MODEL, FACTS.withTools(tools));
  }

  static PolicyRequest call() {
    return new PolicyRequest(SUBJECT, PolicyAction.TOOL_CALL, TOOL, FACTS);
  }

  static PolicyRequest call(String args) {
    return call(FACTS.withArgs(Arguments.parse(args.getBytes(StandardCharsets.UTF_8))));
  }

  static PolicyRequest call(Facts facts) {
    return new PolicyRequest(SUBJECT, PolicyAction.TOOL_CALL, TOOL, facts);
  }

  static Facts.Approval approval() {
    return new Facts.Approval(1, Set.of("mem_bob"), NOW);
  }
}
