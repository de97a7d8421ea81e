package io.redoubt.proxy.decide;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.agent.Judgement;
import io.redoubt.approval.CallEditor;
import io.redoubt.entity.Patience;
import io.redoubt.policy.Decision;
import io.redoubt.policy.Policies;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.proxy.inspect.Inspector;
import java.net.InetAddress;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;

/**
 * Looks at changed calls as at those that agents make: each is read and inspected as its plane does
 * it, and the agent's actor is asked.
 */
public final class ChangedCalls implements CallEditor {
  private final Agents agents;
  private final Policies policies;
  private final Map<Plane, Reader> planes;
  private final Patience patience;
  private final DecidedContents contents;

  /**
   * Calls of these planes.
   *
   * @param patience with a verdict
   */
  public ChangedCalls(
      Agents agents, Policies policies, Map<Plane, Reader> planes, Patience patience) {
    this.agents = agents;
    this.policies = policies;
    this.planes = Map.copyOf(planes);
    this.patience = patience;
    this.contents = new DecidedContents(policies);
  }

  /** How a plane reads its calls. */
  @FunctionalInterface
  public interface Reader {
    /**
     * Reads one that somebody has changed.
     *
     * @param source the address that the agent asked from
     */
    Reading read(AgentKey agent, CallEditor.Change change, InetAddress source, Inspector inspector);
  }

  /** What a call was read as. */
  public sealed interface Reading {}

  /**
   * An action that policies can be asked about.
   *
   * @param shown its arguments, as they are meant
   */
  public record Read(GovernedAction action, Inspected found, JsonNode shown) implements Reading {}

  /**
   * Nothing that can be meant.
   *
   * @param why in a sentence
   */
  public record Flawed(String why) implements Reading {}

  @Override
  public CompletionStage<Look> look(AgentKey agent, Change change) {
    var original = change.original();
    var plane = planes.get(original.plane());
    if (plane == null) {
      return forbidden("Calls of this kind cannot be changed.");
    }
    var by = policies.contents(agent.organization());
    var editing = Objects.requireNonNull(original.editing(), "one that may be changed");
    var reading =
        plane.read(
            agent,
            change,
            InetAddress.ofLiteral(editing.source()),
            Inspector.of(by.rules().patterns()));
    return switch (reading) {
      case Flawed(var why) -> forbidden(why);
      case Read read -> asked(agent, read, by);
    };
  }

  private CompletionStage<Look> asked(AgentKey agent, Read read, Policies.Contents by) {
    return agents
        .ask(agent, replyTo -> new Agent.Consider(read.action, patience.ends(), replyTo))
        .thenCompose(reply ->
            switch (reply) {
              case Agent.Decided(var spec, _, var answers) when answers.size() == 1 ->
                  judged(agent, read, by, spec, answers.getFirst());
              case Agent.Denied _ -> forbidden("The agent is stopped.");
              case Agent.Refused(var why) when why == Agent.Refusal.UNKNOWN_AGENT ->
                  forbidden("The agent is not there.");
              case Agent.Decided _,
                  Agent.Refused _,
                  Agent.Permitted _,
                  Agent.Done _,
                  Agent.Bootstrapped _,
                  Agent.RefreshAdmitted _,
                  Agent.LifecycleChanged _,
                  Agent.Description _ ->
                  later();
            });
  }

  private CompletionStage<Look> judged(
      AgentKey agent, Read read, Policies.Contents by, AgentSpec spec, Agent.Answer answer) {
    var judgement = answer.judgement();
    if (judgement == null) {
      return answer.denial() == Agent.Denial.POLICIES_UNKNOWN
          ? later()
          : forbidden("The agent is stopped.");
    }
    if (judgement.decision().verdict() == Verdict.DENY) {
      return forbidden("Policy denies the changed call" + by(judgement.decision()) + ".");
    }
    return contents
        .of(agent.organization(), judgement.bundleVersion())
        .thenCompose(rules -> {
          if (!rules.looksForTheSameAs(by.rules())) {
            return later();
          }
          return read.found.isPartial()
                  && rules.of(agent.agent(), spec.labels()).enforces(Direction.ARGUMENTS)
              ? forbidden(
                  "Not all of the changed call can be inspected, as content policy demands.")
              : askable(read, judgement);
        });
  }

  private static String by(Decision decision) {
    var why = decision.policyIds().isEmpty() ? decision.errors() : decision.policyIds();
    return why.isEmpty() ? "" : ": " + String.join(", ", why);
  }

  private static CompletionStage<Look> askable(Read read, Judgement judgement) {
    var asking = Objects.requireNonNull(judgement.asking(), "said of what is only considered");
    return CompletableFuture.completedFuture(
        new Askable(
            asking.identity(),
            read.action.digest(),
            read.shown,
            judgement.decision().policyIds(),
            judgement.bundleVersion(),
            judgement.risk().score(),
            asking.workflows(),
            judgement.risk().reasons(),
            read.found.findings().stream().sorted().toList(),
            asking.clauses()));
  }

  private static CompletionStage<Look> forbidden(String why) {
    return CompletableFuture.completedFuture(new Forbidden(why));
  }

  /** Whoever asks again may be told. */
  private static CompletionStage<Look> later() {
    return CompletableFuture.failedFuture(new TimeoutException("nobody can judge it right now"));
  }
}
