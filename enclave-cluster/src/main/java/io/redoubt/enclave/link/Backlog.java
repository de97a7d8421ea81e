package io.redoubt.enclave.link;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.Heartbeat;
import io.redoubt.protocol.link.LinkCommand;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What was heard of the control plane and is not carried out yet, in its order: one thread hears,
 * another carries out. What is at work counts as long as it is.
 */
final class Backlog {
  /** More is left on the wire. */
  private static final int MOST = 256;

  /** What was heard, its signature checked. */
  sealed interface Heard {}

  record Beat(Heartbeat heartbeat) implements Heard {}

  /**
   * A command.
   *
   * @param envelope null: this release does not know it
   */
  record Order(JsonNode tree, @Nullable CommandEnvelope envelope) implements Heard {}

  private final Deque<Heard> waiting = new ArrayDeque<>();
  private boolean ended;

  /** Waits while there is too much; false: nothing more is carried out. */
  synchronized boolean add(Heard heard) throws InterruptedException {
    while (waiting.size() >= MOST && !ended) {
      wait();
    }
    if (ended) {
      return false;
    }
    // One heartbeat says what those before it said; but what is first may be at work.
    if (heard instanceof Beat && waiting.size() > 1 && waiting.getLast() instanceof Beat) {
      waiting.removeLast();
    }
    waiting.addLast(heard);
    notifyAll();
    return true;
  }

  /** What is next, which stays until it is done; null: nothing comes any more. */
  synchronized @Nullable Heard next() throws InterruptedException {
    while (waiting.isEmpty() && !ended) {
      wait();
    }
    return waiting.peekFirst();
  }

  /** What was next is carried out. */
  synchronized void done() {
    waiting.removeFirst();
    notifyAll();
  }

  /** Nothing more is added. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  /**
   * Whether a command may be carried out although it is not its turn: an order to stop an agent,
   * where something is before it that may take its time, be it a bundle or a stop of another agent
   * that fails again and again (G3). Nothing that is before it is about the agent, so that for the
   * agent the order is the same, and whoever hears all of it once more finds no later order carried
   * out. What a stop does, nothing that is about others makes another.
   */
  synchronized boolean mayPass(CommandEnvelope envelope) {
    var agent = agent(envelope.command());
    return agent != null
        && CommandApplier.stops(envelope.command())
        && waiting.stream().anyMatch(Order.class::isInstance)
        && waiting.stream().noneMatch(each -> concerns(each, agent));
  }

  /** The end of one token changes nothing of the agent, and an order after it makes it no other. */
  private static boolean concerns(Heard heard, AgentId agent) {
    return heard instanceof Order(_, var envelope)
        && envelope != null
        && !(envelope.command() instanceof LinkCommand.RevokeToken)
        && agent.equals(agent(envelope.command()));
  }

  /** The agent that it is about; null: none. */
  static @Nullable AgentId agent(@Nullable LinkCommand command) {
    return switch (command) {
      case LinkCommand.PutAgent it -> it.agentId();
      case LinkCommand.OfferBootstrap it -> it.agentId();
      case LinkCommand.Isolate it -> it.agentId();
      case LinkCommand.Release it -> it.agentId();
      case LinkCommand.Revoke it -> it.agentId();
      case LinkCommand.RevokeToken it -> it.agentId();
      case LinkCommand.Decommission it -> it.agentId();
      case LinkCommand.PutOrganization _, LinkCommand.PutProvider _ -> null;
      case LinkCommand.DeleteProvider _, LinkCommand.PutOperatorTrust _ -> null;
      case LinkCommand.PutConnector _, LinkCommand.DeleteConnector _ -> null;
      case LinkCommand.BundlePublished _, LinkCommand.DecideApproval _ -> null;
      case null -> null; // it is rejected in its turn
    };
  }
}
