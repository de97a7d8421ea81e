package io.redoubt.proxy.llm;

import io.redoubt.action.Arguments;
import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.agent.Judgement;
import io.redoubt.approval.ApprovalRequest;
import io.redoubt.approval.CallEditor;
import io.redoubt.entity.Patience;
import io.redoubt.policy.Policies;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.proxy.decide.DecidedContents;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import io.redoubt.proxy.llm.reply.ProposedCall;
import io.redoubt.proxy.llm.reply.ProposedCall.Executor;
import java.net.InetAddress;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;

/** Looks at changed tool calls as at proposed ones: inspects them, and asks the agent's actor. */
public final class EditedToolCalls implements CallEditor {
  private final Agents agents;
  private final Policies policies;
  private final JsonInspection.Limits inspection;
  private final Patience patience;
  private final DecidedContents contents;

  /**
   * @param patience with a verdict
   */
  public EditedToolCalls(Agents agents, Policies policies, LlmConfig config, Patience patience) {
    this.agents = agents;
    this.policies = policies;
    this.inspection = config.inspection().limits();
    this.patience = patience;
    this.contents = new DecidedContents(policies);
  }

  @Override
  public CompletionStage<CallEditor.Look> look(
      AgentKey agent, ApprovalRequest original, Arguments edited) {
    var clock = patience.clock();
    var by = policies.contents(agent.organization());
    var proposed = new ProposedCall("", original.resource(), edited, Executor.AGENT, null);
    var call =
        ToolCall.of(
            ActionId.next(clock),
            clock.instant(),
            proposed,
            edited,
            Inspector.of(by.rules().patterns()),
            inspection);
    var editing = Objects.requireNonNull(original.editing(), "one that may be changed");
    var action = call.action(InetAddress.ofLiteral(editing.source()));
    return agents
        .ask(agent, replyTo -> new Agent.Consider(action, patience.ends(), replyTo))
        .thenCompose(reply ->
            switch (reply) {
              case Agent.Decided(var spec, _, var answers) when answers.size() == 1 ->
                  judged(agent, call, by, spec, answers.getFirst());
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

  private CompletionStage<CallEditor.Look> judged(
      AgentKey agent, ToolCall call, Policies.Contents by, AgentSpec spec, Agent.Answer answer) {
    var judgement = answer.judgement();
    if (judgement == null) {
      return answer.denial() == Agent.Denial.POLICIES_UNKNOWN
          ? later()
          : forbidden("The agent is stopped.");
    }
    if (judgement.decision().verdict() == Verdict.DENY) {
      return forbidden(
          "Policy denies the changed call: "
              + String.join(", ", judgement.decision().policyIds())
              + ".");
    }
    return contents
        .of(agent.organization(), judgement.bundleVersion())
        .thenCompose(rules -> {
          if (!rules.looksForTheSameAs(by.rules())) {
            return later();
          }
          return call.found().isPartial()
                  && rules.of(agent.agent(), spec.labels()).enforces(Direction.ARGUMENTS)
              ? forbidden(
                  "Not all of the changed call can be inspected, as content policy demands.")
              : askable(call, judgement);
        });
  }

  private static CompletionStage<CallEditor.Look> askable(ToolCall call, Judgement judgement) {
    var asking = Objects.requireNonNull(judgement.asking(), "said of what is only considered");
    return CompletableFuture.completedFuture(
        new Askable(
            asking.identity(),
            call.digest(),
            judgement.decision().policyIds(),
            judgement.bundleVersion(),
            judgement.risk().score(),
            asking.workflows(),
            judgement.risk().reasons(),
            call.found().findings().stream().sorted().toList()));
  }

  private static CompletionStage<CallEditor.Look> forbidden(String why) {
    return CompletableFuture.completedFuture(new Forbidden(why));
  }

  /** Whoever asks again may be told. */
  private static CompletionStage<CallEditor.Look> later() {
    return CompletableFuture.failedFuture(new TimeoutException("nobody can judge it right now"));
  }
}
