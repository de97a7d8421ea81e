package io.redoubt.bench.scenario;

import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent;
import io.redoubt.agent.Judgement;
import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Latencies;
import io.redoubt.bench.measure.Report;
import io.redoubt.bench.micro.ManyPolicies;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.token.TokenDigest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * How long the decision takes where it is made: in the agent's actor, asked as the proxy on its
 * node asks it. Needs no product: no HTTP, no database, everything in this process.
 */
@Command(
    name = "decide",
    description = "Decisions of the agents' actors in memory: 1,000 policies, 10,000 agents")
public final class Decisions implements Scenario {
  private static final double MOST_P50 = 100;
  private static final double MOST_P99 = 1_000;

  /** Calls of one reply, for what a decision takes without the way to the actor. */
  private static final int TOGETHER = 32;

  @Option(
      names = "--agents",
      defaultValue = "10000",
      description = "that are in memory (default: ${DEFAULT-VALUE})")
  private int agents;

  @Option(
      names = "--warm-up",
      defaultValue = "20",
      description = "seconds before each measurement (default: ${DEFAULT-VALUE})")
  private int warmUp;

  @Option(
      names = "--seconds",
      defaultValue = "10",
      description = "of each measurement (default: ${DEFAULT-VALUE})")
  private int seconds;

  private final SplittableRandom random = new SplittableRandom(20261120);
  private final Map<Verdict, Long> verdicts = new EnumMap<>(Verdict.class);

  /** Something to be decided. */
  private interface Actions {
    GovernedAction next(AgentHost host);
  }

  @Override
  public List<Goal> measure(Report report) throws Exception {
    var goals = new ArrayList<Goal>();
    try (var host = new AgentHost(agents)) {
      host.make(agents);
      report.title(
          "decide: the agents' own actors, %d in memory, 1,000 policies, one question at a time"
              .formatted(agents));
      report.line("journal", "in memory; a decision writes nothing to it");
      var call = measured(report, "tool call", host, this::toolCall, goals);
      measured(report, "model request", host, this::modelRequest, goals);
      together(report, host, call);
      report.line("verdicts", verdicts.toString());
    }
    return goals;
  }

  private Latencies measured(
      Report report, String name, AgentHost host, Actions actions, List<Goal> goals) {
    run(host, actions, warmUp);
    var latencies = run(host, actions, seconds);
    report.line(name, told(latencies, 1));
    goals.add(
        Goal.below(
            "decision in the actor, " + name + ", p50", MOST_P50, latencies.micros(50), "µs"));
    goals.add(
        Goal.below(
            "decision in the actor, " + name + ", p99", MOST_P99, latencies.micros(99), "µs"));
    return latencies;
  }

  /** From the question to the answer, for a caller that is not woken for it. */
  private Latencies run(AgentHost host, Actions actions, int length) {
    var latencies = new Latencies();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(length);
    while (System.nanoTime() < end) {
      int agent = random.nextInt(agents);
      var action = actions.next(host);
      long begun = System.nanoTime();
      var answer = awaited(host.decide(agent, action));
      latencies.record(System.nanoTime() - begun);
      count(judgement(answer));
    }
    return latencies;
  }

  /** How much of it is the decision: the way there and back is divided among many. */
  private void together(Report report, AgentHost host, Latencies alone) {
    var latencies = new Latencies();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (System.nanoTime() < end) {
      int agent = random.nextInt(agents);
      var actions = new ArrayList<GovernedAction>(TOGETHER);
      for (int i = 0; i < TOGETHER; i++) {
        actions.add(toolCall(host));
      }
      long begun = System.nanoTime();
      var answer = awaited(host.decide(agent, actions));
      latencies.record(System.nanoTime() - begun);
      if (!(answer instanceof Agent.Decided decided)) {
        throw new IllegalStateException("not decided: " + answer);
      }
      decided.answers().forEach(each -> count(each.judgement()));
    }
    report.line("tool call, one of " + TOGETHER, told(latencies, TOGETHER));
    report.line(
        "way there and back",
        String.format(
            Locale.ROOT, "p50 %.0f µs", alone.micros(50) - latencies.micros(50) / TOGETHER));
  }

  private static String told(Latencies latencies, int among) {
    return String.format(
        Locale.ROOT,
        "p50 %.0f µs   p95 %.0f µs   p99 %.0f µs   p99.9 %.0f µs   (%d)",
        latencies.micros(50) / among,
        latencies.micros(95) / among,
        latencies.micros(99) / among,
        latencies.micros(99.9) / among,
        latencies.count());
  }

  private static Agent.Reply awaited(CompletableFuture<Agent.Reply> answer) {
    while (!answer.isDone()) {
      Thread.onSpinWait();
    }
    return answer.join();
  }

  private static @Nullable Judgement judgement(Agent.Reply reply) {
    return switch (reply) {
      case Agent.Permitted permitted -> permitted.judgement();
      case Agent.Denied denied -> denied.judgement();
      default -> throw new IllegalStateException("not decided: " + reply);
    };
  }

  /** Policies have decided, and all of them could. */
  private void count(@Nullable Judgement judgement) {
    var decision = Objects.requireNonNull(judgement, "policies were not asked").decision();
    if (!decision.errors().isEmpty()) {
      throw new IllegalStateException("not decided: " + decision.errors());
    }
    verdicts.merge(decision.verdict(), 1L, Long::sum);
  }

  private GovernedAction toolCall(AgentHost host) {
    return new GovernedAction(
        ActionId.next(host.clock()),
        Plane.TOOL,
        "tool:call",
        ManyPolicies.tool(random),
        null,
        digest(),
        host.source(),
        false,
        Set.of(),
        ManyPolicies.arguments(random));
  }

  private GovernedAction modelRequest(AgentHost host) {
    return new GovernedAction(
            ActionId.next(host.clock()),
            Plane.LLM,
            "llm:generate",
            "claude-sonnet-5",
            "anthropic",
            digest(),
            host.source(),
            false,
            Set.of())
        .declaring(DeclaredTools.NONE);
  }

  private String digest() {
    return TokenDigest.of(Long.toString(random.nextLong())).toString();
  }
}
