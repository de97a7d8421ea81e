package io.redoubt.agent;

import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent.Command;
import io.redoubt.agent.Agent.Decide;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.TrancheDrawn;
import io.redoubt.agent.Agent.TrancheUnknown;
import io.redoubt.budget.OrganizationBudget.DayUse;
import io.redoubt.budget.OrganizationBudget.Draw;
import io.redoubt.budget.OrganizationBudget.GiveBack;
import io.redoubt.budget.OrganizationBudget.Holds;
import io.redoubt.budget.OrganizationBudget.Reply;
import io.redoubt.budget.OrganizationBudget.Turn;
import io.redoubt.budget.OrganizationBudgets;
import io.redoubt.budget.Shortage;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.link.Budget;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an agent holds of its organization's budget. It asks for more when it needs more, and gives
 * back what it does not; while it asks, it gives nothing back, so that an answer is never out of
 * date.
 */
final class Tranche {
  private static final Logger LOG = LoggerFactory.getLogger(Tranche.class);
  private static final int MAX_WAITING = 128;

  /** More than so many parts of a limit need not lie idle with one agent. */
  private static final long PARTS = 25;

  private final ActorContext<Command> context;
  private final AgentKey agent;
  private final OrganizationBudgets organizations;
  private final Deque<Decide> waiting = new ArrayDeque<>();

  /** Why there is no room for an action, until it comes up again. */
  private final Map<ActionId, Shortage> lacking = new HashMap<>();

  private @Nullable DayUse held;
  private boolean drawing;
  private long fence;
  private long count;
  private long asking;

  Tranche(ActorContext<Command> context, AgentKey agent, OrganizationBudgets organizations) {
    this.context = context;
    this.agent = agent;
    this.organizations = organizations;
  }

  Budget budget() {
    return organizations.of(agent.organization());
  }

  /** The books were opened under that fence: what is held has to be asked for. */
  void begins(long under) {
    fence = under;
    count = 0;
    held = null;
    drawing = false;
    lacking.clear();
    askAgain();
  }

  private void askAgain() {
    waiting.forEach(context.getSelf()::tell);
    waiting.clear();
  }

  /** Whether that much more than is used can be spent without asking. */
  boolean covers(DayUse use, Spend wanted) {
    var budget = budget();
    var needed = use.used().plus(wanted);
    return !budget.limits()
        || (held != null
            && held.day().equals(use.day())
            && (!budget.limitsTokens() || needed.tokens() <= held.used().tokens())
            && (!budget.limitsMoney() || needed.costMicros() <= held.used().costMicros()));
  }

  /** Whether the organization has said that it has no room for the action. */
  boolean isRefused(GovernedAction action) {
    return lacking.containsKey(action.id());
  }

  /** Why it has none; asked once. */
  @Nullable Shortage refusal(GovernedAction action) {
    return lacking.remove(action.id());
  }

  /** Keeps the question until the organization has answered. */
  void await(Decide decide, DayUse use, Spend wanted, @Nullable DayUse before) {
    if (waiting.size() == MAX_WAITING) {
      decide.replyTo().tell(new Refused(Refusal.UNAVAILABLE));
      return;
    }
    waiting.add(decide);
    if (!drawing) {
      drawing = true;
      long asked = ++count;
      asking = asked;
      context.pipeToSelf(
          organizations.ask(
              agent.organization(),
              replyTo ->
                  new Draw(agent.agent(), new Turn(fence, asked), use, wanted, before, replyTo)),
          (reply, failure) ->
              failure == null && reply != null
                  ? new TrancheDrawn(asked, holds(reply))
                  : new TrancheUnknown(asked, String.valueOf(failure)));
    }
  }

  private static Holds holds(Reply reply) {
    return switch (reply) {
      case Holds holds -> holds;
    };
  }

  void onDrawn(TrancheDrawn drawn) {
    if (!drawing || drawn.count() != asking) {
      return;
    }
    drawing = false;
    var holds = drawn.holds();
    if (holds.shortage() == null) {
      // What was given back since is not in the answer.
      held = asking == count ? new DayUse(holds.day(), holds.amount()) : null;
    } else if (!waiting.isEmpty()) {
      // What was given back before may still be on its way, so the amount says nothing.
      if (lacking.size() == MAX_WAITING) {
        lacking.clear(); // of those that never came up again; any other is asked about once more
      }
      lacking.put(waiting.getFirst().action().id(), holds.shortage());
    }
    askAgain();
  }

  /** What is held may have changed, so it is asked for again. */
  void onUnknown(TrancheUnknown unknown) {
    if (!drawing || unknown.count() != asking) {
      return;
    }
    context.getLog().warn("{} cannot draw on its organization: {}", agent, unknown.why());
    held = null;
    giveUp();
  }

  /** The answers will not come from this incarnation. */
  void giveUp() {
    drawing = false;
    waiting.forEach(each -> each.replyTo().tell(new Refused(Refusal.UNAVAILABLE)));
    waiting.clear();
  }

  /** Gives back what lies idle, where it is much. */
  void thin(DayUse use) {
    if (held == null || drawing || !held.day().equals(use.day())) {
      return;
    }
    var budget = budget();
    var idle = held.used().minus(use.used());
    boolean much =
        isMuch(idle.tokens(), budget.tokensPerDay())
            || isMuch(idle.tokens(), budget.tokensPerMonth())
            || isMuch(idle.costMicros(), budget.microsPerDay())
            || isMuch(idle.costMicros(), budget.microsPerMonth());
    if (much) {
      giveBack(use);
    }
  }

  private static boolean isMuch(long idle, @Nullable Long limit) {
    return limit != null && idle > limit / PARTS;
  }

  /** It needs no more than is used. */
  void giveBack(DayUse use) {
    if (held == null || !held.day().equals(use.day())) {
      return;
    }
    held = use;
    long said = ++count;
    var _ =
        organizations
            .ask(
                agent.organization(),
                replyTo -> new GiveBack(agent.agent(), new Turn(fence, said), use, replyTo))
            .whenComplete((_, failure) -> {
              if (failure != null) {
                LOG.debug("What {} gave back may not have arrived: {}", agent, failure.toString());
              }
            });
  }
}
