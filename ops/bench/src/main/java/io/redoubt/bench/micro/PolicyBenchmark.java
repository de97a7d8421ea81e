package io.redoubt.bench.micro;

import io.redoubt.policy.Decision;
import io.redoubt.policy.Facts;
import io.redoubt.policy.PolicyAction;
import io.redoubt.policy.PolicyRequest;
import io.redoubt.policy.PolicyResource;
import io.redoubt.policy.PolicySet;
import io.redoubt.policy.Subject;
import io.redoubt.protocol.id.OrganizationId;
import java.net.InetAddress;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Decisions under 1,000 policies by 10,000 agents, each time another of them. */
@State(Scope.Benchmark)
public class PolicyBenchmark {
  private static final int AGENTS = 10_000;

  private final OrganizationId organization = OrganizationId.next(Clock.systemUTC());
  private final SplittableRandom random = new SplittableRandom(20261120);
  private final Facts facts =
      Facts.of(Clock.systemUTC().instant(), InetAddress.ofLiteral("10.1.2.3"))
          .withFindings(Set.of())
          .withRisk(12)
          .withSession(new Facts.Session(ManyPolicies.acts(Clock.systemUTC().instant())));
  private final List<Subject> subjects = new ArrayList<>();
  private final PolicySet set = ManyPolicies.set();

  public PolicyBenchmark() {
    for (int i = 0; i < AGENTS; i++) {
      subjects.add(
          new Subject(
              ManyPolicies.agent(i),
              organization,
              "agent-" + i,
              "mem_" + i,
              ManyPolicies.labels(i)));
    }
  }

  /**
   * A call that a model proposes, with arguments that policies look at and no two of them alike.
   */
  @Benchmark
  public Decision toolCall() {
    return set.decide(
        new PolicyRequest(
            subject(),
            PolicyAction.TOOL_CALL,
            new PolicyResource.Tool(ManyPolicies.tool(random)),
            facts.withArgs(ManyPolicies.arguments(random))));
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
