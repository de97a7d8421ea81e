package io.redoubt.proxy.llm;

import io.redoubt.agent.Agent;
import io.redoubt.agent.AgentKey;
import io.redoubt.agent.Agents;
import io.redoubt.protocol.audit.Spend;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells agents what became of what their budgets kept for a call. Where the word gets lost, the
 * agent looks into the log by itself: until then it only keeps more than it has to.
 */
final class Settlements {
  private static final Logger LOG = LoggerFactory.getLogger(Settlements.class);

  private final Agents agents;
  private final Consumer<AgentKey> charged;

  Settlements(Agents agents, Consumer<AgentKey> charged) {
    this.agents = agents;
    this.charged = charged;
  }

  /** The budget left no room, which whoever looks at it wants to see. */
  void refused(LlmCall call) {
    var claims = call.claims();
    if (claims != null) {
      charged.accept(new AgentKey(claims.organization(), claims.agent()));
    }
  }

  /** It will never be an intent, so nothing is used. */
  void cancelled(LlmCall call) {
    settled(call, Spend.ZERO);
  }

  /** Its outcome is in the log. Does nothing where nothing was kept. */
  void settled(LlmCall call, Spend amount) {
    var claims = call.claims();
    if (call.reserved() == null || claims == null) {
      return;
    }
    var agent = new AgentKey(claims.organization(), claims.agent());
    var _ =
        agents
            .ask(agent, replyTo -> new Agent.Settle(call.action(), amount, replyTo))
            .whenComplete((_, failure) -> {
              charged.accept(agent);
              if (failure != null) {
                LOG.debug("{} was not told of {}: {}", agent, call.action(), failure.toString());
              }
            });
  }
}
