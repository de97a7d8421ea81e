package io.redoubt.bench.micro;

import io.redoubt.action.Act;
import io.redoubt.action.Arguments;
import io.redoubt.policy.Decision;
import io.redoubt.policy.Facts;
import io.redoubt.policy.PolicyAction;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.PolicyRequest;
import io.redoubt.policy.PolicyResource;
import io.redoubt.policy.PolicySet;
import io.redoubt.policy.Subject;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.PolicyDocument;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Decisions under 1,000 policies by 10,000 agents, each time another of them. */
@State(Scope.Benchmark)
public class PolicyBenchmark {
  private static final int AGENTS = 10_000;
  private static final int TEAMS = 100;
  private static final int TOOLS = 300;
  private static final long VERSION_7 = 0x7000;
  private static final long VARIANT = 1L << 63;

  private final OrganizationId organization = OrganizationId.next(Clock.systemUTC());
  private final SplittableRandom random = new SplittableRandom(20261120);
  private final Facts facts =
      Facts.of(Clock.systemUTC().instant(), InetAddress.ofLiteral("10.1.2.3"))
          .withFindings(Set.of())
          .withRisk(12)
          .withSession(session());
  private final List<Subject> subjects = new ArrayList<>();
  private final PolicySet set;

  /** A full one. */
  private static Facts.Session session() {
    var now = Clock.systemUTC().instant();
    return new Facts.Session(
        IntStream.range(0, 100)
            .mapToObj(i ->
                new Act(
                    now.minusSeconds(100 - i),
                    "connector:read",
                    "git/" + i % 7,
                    i % 50 == 0 ? Verdict.DENY : Verdict.PERMIT,
                    i))
            .toList());
  }

  public PolicyBenchmark() {
    for (int i = 0; i < AGENTS; i++) {
      var labels = Map.of("team", "t" + i % TEAMS, "env", i % 10 == 0 ? "prod" : "dev");
      subjects.add(new Subject(agent(i), organization, "agent-" + i, "mem_" + i % TEAMS, labels));
    }
    set =
        switch (PolicySet.compile(documents())) {
          case PolicySet compiled -> compiled;
          case PolicyProblems problems -> throw new IllegalStateException(problems.toString());
        };
  }

  private static AgentId agent(int number) {
    return new AgentId(new UUID(VERSION_7, VARIANT + number));
  }

  /** Ten for everybody, the others for a team, an agent or a tool. */
  private static List<PolicyDocument> documents() {
    var texts = new ArrayList<String>();
    texts.add("permit (principal, action == Action::\"llm:generate\", resource);");
    texts.add("forbid (principal, action, resource) when { context.risk > 80 };");
    for (int i = 0; i < 8; i++) {
      texts.add(
          "forbid (principal, action == Action::\"tool:call\", resource)"
              + " when { context.findings.contains(\"finding-%d\") };".formatted(i));
    }
    for (int i = 0; i < 400; i++) {
      texts.add(
          "permit (principal in AgentGroup::\"team=t%d\", action == Action::\"tool:call\", resource);"
              .formatted(i % TEAMS));
    }
    for (int i = 0; i < 200; i++) {
      texts.add(
          "forbid (principal == Agent::\"%s\", action, resource) when { context.risk > 60 };"
              .formatted(agent(i * 50)));
    }
    for (int i = 0; i < 200; i++) {
      texts.add(
          """
          @escalate("default")
          forbid (
            principal in AgentGroup::"team=t%d",
            action == Action::"tool:call",
            resource == Tool::"tool-%d"
          )
          when { context.args has env && context.args.env == "prod" }
          unless { context has approval };
          """
              .formatted(i % TEAMS, i));
    }
    for (int i = 0; i < 190; i++) {
      texts.add(
          "forbid (principal, action == Action::\"tool:call\", resource == Tool::\"tool-%d\")"
                  .formatted(i)
              + " when { context.args has path && context.args.path like \"/etc/*\" };");
    }
    var documents = new ArrayList<PolicyDocument>();
    for (var text : texts) {
      documents.add(new PolicyDocument("p" + documents.size(), text));
    }
    return documents;
  }

  /**
   * A call that a model proposes, with arguments that policies look at and no two of them alike.
   */
  @Benchmark
  public Decision toolCall() {
    var args =
        "{\"path\":\"/home/%d/notes\",\"env\":\"dev\",\"text\":\"%d\"}"
            .formatted(random.nextInt(), random.nextInt());
    return set.decide(
        new PolicyRequest(
            subject(),
            PolicyAction.TOOL_CALL,
            new PolicyResource.Tool("tool-" + random.nextInt(TOOLS)),
            facts.withArgs(Arguments.parse(args.getBytes(StandardCharsets.UTF_8)))));
  }

  /** A request to a model: policies look at the risk alone. */
  @Benchmark
  public Decision modelRequest() {
    return set.decide(
        new PolicyRequest(
            subject(),
            PolicyAction.LLM_GENERATE,
            new PolicyResource.Model("anthropic", "claude-sonnet-5"),
            facts));
  }

  private Subject subject() {
    return subjects.get(random.nextInt(AGENTS));
  }
}
