package io.redoubt.enclave.link;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.approval.ApprovalKey;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.link.CommandEnvelope;
import io.redoubt.protocol.link.Heartbeat;
import io.redoubt.protocol.link.LinkCommand;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future.State;
import org.jspecify.annotations.Nullable;

/**
 * What was heard of the control plane and is not carried out yet, in its order: one thread hears,
 * another carries out. What is at work counts as long as it is.
 */
final class Backlog {
  /** More is left on the wire. */
  private static final int MOST = 256;

  /** Decisions that are carried out at once. */
  private static final int MOST_DECISIONS = 16;

  /** What was heard, its signature checked. */
  sealed interface Heard {}

  record Beat(Heartbeat heartbeat) implements Heard {}

  /**
   * A command.
   *
   * @param envelope null: this release does not know it
   * @param early where what comes of it is said, if it may be begun before its turn; null: not so
   */
  record Order(
      JsonNode tree,
      @Nullable CommandEnvelope envelope,
      @Nullable CompletableFuture<CommandApplier.Result> early)
      implements Heard {
    /** The same, and not before its turn. */
    Order inItsTurn() {
      return new Order(tree, envelope, null);
    }
  }

  private final Deque<Heard> waiting = new ArrayDeque<>();

  /** Of what waits, from the front on: what is begun or need not be. */
  private int begun;

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
    if (heard instanceof Beat
        && waiting.size() > Math.max(1, begun)
        && waiting.getLast() instanceof Beat) {
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

  /**
   * The decisions that may be begun now, each of which is handed out once: those before which there
   * is nothing but decisions about other requests. All that they take is that a vote is written
   * down, and people who decide at the same time need not wait for each other.
   */
  synchronized List<Order> begin() {
    var decided = new HashSet<Object>();
    var beginning = new ArrayList<Order>();
    int place = 0;
    for (Heard heard : waiting) {
      if (heard instanceof Order order) {
        if (order.early() == null
            || decided.size() == MOST_DECISIONS
            || !decided.add(request(order.envelope()))) {
          break;
        }
        if (place >= begun) {
          beginning.add(order);
        }
      }
      place++;
    }
    begun = Math.max(begun, place);
    return beginning;
  }

  /** What is so many places behind what is next, where it was begun and went well. */
  synchronized @Nullable Order overBehind(int places) {
    if (places >= begun) {
      return null;
    }
    return waiting.stream()
        .skip(places)
        .findFirst()
        .map(heard -> heard instanceof Order order ? order : null)
        .filter(order -> order.early() != null && order.early().state() == State.SUCCESS)
        .orElse(null);
  }

  /** That many, from what was next on, are carried out. */
  synchronized void done(int count) {
    for (int i = 0; i < count; i++) {
      waiting.removeFirst();
    }
    begun = Math.max(0, begun - count);
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

  /**
   * Whether it is one of those that may be begun early. The change of a call is not: it may join a
   * request that a decision before it or behind it is about.
   */
  static boolean isDecision(CommandEnvelope envelope) {
    return envelope.command() instanceof LinkCommand.DecideApproval decision
        && decision.arguments() == null
        && decision.approvalId() != null;
  }

  private static Object request(@Nullable CommandEnvelope envelope) {
    return envelope != null && envelope.command() instanceof LinkCommand.DecideApproval decision
        ? new ApprovalKey(envelope.organizationId(), decision.approvalId())
        : new Object();
  }

  /** The end of one token changes nothing of the agent, and an order after it makes it no other. */
  private static boolean concerns(Heard heard, AgentId agent) {
    return heard instanceof Order(_, var envelope, _)
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
