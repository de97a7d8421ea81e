package io.redoubt.agent;

import io.redoubt.policy.Facts;
import io.redoubt.policy.Policies;
import io.redoubt.policy.PolicyAction;
import io.redoubt.policy.PolicyRequest;
import io.redoubt.policy.PolicyResource;
import io.redoubt.policy.Subject;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.link.AgentSpec;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/** What policies would say to an agent that did nothing yet. Tells, and permits nothing. */
public final class Outlook {
  private static final Facts.Session NOTHING_DONE = new Facts.Session(List.of());

  private final AgentKey key;
  private final Policies policies;
  private final InstantSource clock;

  public Outlook(AgentKey key, Policies policies, InstantSource clock) {
    this.key = key;
    this.policies = policies;
    this.clock = clock;
  }

  /** Whether the agent might use the model at this moment. */
  public boolean mayUse(AgentSpec spec, PolicyResource.Model model, InetAddress source) {
    var facts =
        Facts.of(clock.instant(), source)
            .withFindings(Set.of())
            .withRisk(0)
            .withSession(NOTHING_DONE)
            .withTools(DeclaredTools.NONE);
    var request = new PolicyRequest(subject(key, spec), PolicyAction.LLM_GENERATE, model, facts);
    return policies
        .of(key.organization())
        .map(running -> running.set().decide(request).verdict() == Verdict.PERMIT)
        .orElse(false);
  }

  static Subject subject(AgentKey key, AgentSpec spec) {
    return new Subject(key.agent(), key.organization(), spec.name(), spec.owner(), spec.labels());
  }
}
