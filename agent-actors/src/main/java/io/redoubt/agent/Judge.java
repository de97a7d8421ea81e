package io.redoubt.agent;

import io.redoubt.action.GovernedAction;
import io.redoubt.policy.Decision;
import io.redoubt.policy.Facts;
import io.redoubt.policy.Judgement;
import io.redoubt.policy.Policies;
import io.redoubt.policy.PolicyAction;
import io.redoubt.policy.PolicyRequest;
import io.redoubt.policy.PolicyResource;
import io.redoubt.policy.Subject;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.link.AgentSpec;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Puts an agent's actions to the policies of its organization. */
public final class Judge {
  private final AgentKey key;
  private final Policies policies;
  private final InstantSource clock;

  public Judge(AgentKey key, Policies policies, InstantSource clock) {
    this.key = key;
    this.policies = policies;
    this.clock = clock;
  }

  /** By the policies that run at this moment. Empty: none is known here, so nothing goes (G5). */
  Optional<Judgement> judge(AgentSpec spec, GovernedAction action) {
    return policies
        .of(key.organization())
        .map(running ->
            new Judgement(
                running.version(),
                request(spec, action)
                    .map(running.set()::decide)
                    .orElseGet(() -> unheardOf(action.operation()))));
  }

  /** Whether the agent might use the model at this moment. Says so; permits nothing. */
  public boolean mayUse(AgentSpec spec, PolicyResource.Model model, InetAddress source) {
    var facts = Facts.of(clock.instant(), source);
    var request = new PolicyRequest(subject(spec), PolicyAction.LLM_GENERATE, model, facts);
    return policies
        .of(key.organization())
        .map(running -> running.set().decide(request).verdict() == Verdict.PERMIT)
        .orElse(false);
  }

  private Optional<PolicyRequest> request(AgentSpec spec, GovernedAction action) {
    var facts = Facts.of(clock.instant(), action.source());
    return PolicyAction.of(action.operation())
        .flatMap(kind ->
            resource(kind, action)
                .map(resource -> new PolicyRequest(subject(spec), kind, resource, facts)));
  }

  private Subject subject(AgentSpec spec) {
    return new Subject(key.agent(), key.organization(), spec.name(), spec.owner(), spec.labels());
  }

  private static Optional<PolicyResource> resource(PolicyAction kind, GovernedAction action) {
    var within = action.within() == null ? "" : action.within();
    return switch (kind) {
      case LLM_GENERATE -> Optional.of(new PolicyResource.Model(within, action.resource()));
      case TOOL_CALL -> Optional.of(new PolicyResource.Tool(action.resource()));
      case MCP_CALL -> Optional.of(new PolicyResource.McpTool(within, action.resource()));
      case CONNECTOR_READ, CONNECTOR_WRITE ->
          Optional.of(new PolicyResource.Operation(within, action.resource()));
      // No plane asks for these yet.
      case NETWORK_CONNECT, EXTERNAL_CHECK -> Optional.empty();
    };
  }

  private static Decision unheardOf(String operation) {
    return new Decision(
        Verdict.DENY,
        List.of(),
        List.of(),
        List.of(),
        null,
        List.of("policies do not know of " + operation));
  }
}
