package io.redoubt.agent;

import io.redoubt.action.Estimate;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent.BudgetCompared;
import io.redoubt.agent.Agent.BudgetFenced;
import io.redoubt.agent.Agent.BudgetRead;
import io.redoubt.agent.Agent.BudgetUnknown;
import io.redoubt.agent.Agent.Command;
import io.redoubt.agent.Agent.Decide;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Agent.Denied;
import io.redoubt.agent.Agent.Done;
import io.redoubt.agent.Agent.OfPurse;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.agent.Agent.Settle;
import io.redoubt.agent.Agent.TrancheDrawn;
import io.redoubt.agent.Agent.TrancheUnknown;
import io.redoubt.budget.Books;
import io.redoubt.budget.Ledger;
import io.redoubt.budget.OrganizationBudgets;
import io.redoubt.budget.Tally;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.Spending;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * Keeps an agent within its budget. An agent without one pays nothing for it.
 *
 * <p>What is reserved stands in the intents of the log and nowhere else, so the books are opened
 * from there, when an incarnation is first asked for something that costs. Before that it raises
 * the fence: what its predecessor permitted is in the log by then, or never will be. Who asks
 * meanwhile waits; where the log cannot be read nothing is permitted (G5).
 */
final class Purse {
  /** Questions that wait for the books; the next is told to come again. */
  private static final int MAX_WAITING = 128;

  /** So much has to be read again by the next incarnation. */
  private static final int SETTLED_BETWEEN_TALLIES = 100;

  /**
   * What is open for longer is looked up: its node may have died, or the word of its end got lost.
   */
  private static final Duration LONG_OPEN = Duration.ofMinutes(2);

  private final ActorContext<Command> context;
  private final AgentKey agent;
  private final Ledger ledger;
  private final InstantSource clock;
  private final Duration limit;
  private final ActorRef<Reply> fenced;
  private final Tranche tranche;
  private final Deque<Decide> waiting = new ArrayDeque<>();

  /** What was settled while the log was read. */
  private final Map<ActionId, Spend> meanwhile = new HashMap<>();

  private @Nullable Books books;
  private boolean opening;

  /** This incarnation has raised the fence, and has permitted nothing that costs since. */
  private boolean claimed;

  private int untallied;
  private Instant comparedAt = Instant.MIN;

  /**
   * Nothing is known yet.
   *
   * @param limit for one attempt to read the log
   */
  Purse(
      ActorContext<Command> context,
      AgentKey agent,
      Ledger ledger,
      OrganizationBudgets organizations,
      InstantSource clock,
      Duration limit) {
    this.context = context;
    this.agent = agent;
    this.ledger = ledger;
    this.tranche = new Tranche(context, agent, organizations);
    this.clock = clock;
    this.limit = limit;
    this.fenced =
        context.messageAdapter(
            Reply.class,
            reply ->
                reply instanceof Done
                    ? new BudgetFenced()
                    : new BudgetUnknown("the fence is not where it should be"));
  }

  /** A new incarnation hears no more of what its predecessor asked, and believes only the log. */
  void recovered() {
    books = null;
    opening = false;
    claimed = false;
    meanwhile.clear();
  }

  /** Whether the books must be opened before the action can be decided about. */
  boolean isShutFor(AgentSpec spec, GovernedAction action) {
    return books == null && isPaidFor(spec, action);
  }

  private boolean isPaidFor(AgentSpec spec, GovernedAction action) {
    return action.estimate() != null && (spec.budget().limits() || tranche.budget().limits());
  }

  private boolean isMoneyLimited(AgentSpec spec) {
    return spec.budget().limitsMoney() || tranche.budget().limitsMoney();
  }

  /** Whether the organization must be asked before the action can be decided about. */
  boolean mustDraw(AgentSpec spec, GovernedAction action) {
    var estimate = action.estimate();
    return books != null
        && estimate != null
        && isPaidFor(spec, action)
        && !tranche.isRefused(action)
        && !isUnpriced(spec, estimate)
        && books.lacks(spend(estimate), spec.budget(), clock.instant()).isEmpty()
        && !tranche.covers(books.use(clock.instant()), spend(estimate));
  }

  /** Asks it, and keeps the question until it has answered. */
  void draw(Decide decide) {
    var estimate = decide.action().estimate();
    if (books != null && estimate != null) {
      tranche.await(decide, books.use(clock.instant()), spend(estimate), books.useBefore());
    }
  }

  private boolean isUnpriced(AgentSpec spec, Estimate estimate) {
    return estimate.costMicros() == null && isMoneyLimited(spec);
  }

  /** Keeps the question until the books are open. True: it is the first, so they must be opened. */
  boolean await(Decide decide) {
    if (waiting.size() == MAX_WAITING) {
      decide.replyTo().tell(new Refused(Refusal.UNAVAILABLE));
      return false;
    }
    waiting.add(decide);
    boolean first = !opening;
    opening = true;
    return first;
  }

  /** Whether {@link Agent.BudgetOpened} has yet to be stored. */
  boolean mustClaim() {
    return !claimed;
  }

  /** It is stored, and the fence is to stand there. */
  void claimed(long fence) {
    claimed = true;
    tranche.begins(fence);
  }

  /** Hears of it when the fence in the database stands where the state says. */
  ActorRef<Reply> fenced() {
    return fenced;
  }

  /**
   * What it asked for came.
   *
   * @param tally as it is stored
   */
  void hears(OfPurse what, @Nullable Tally tally) {
    switch (what) {
      case BudgetFenced _ -> read(tally == null ? Tally.NOTHING : tally);
      case BudgetRead(var entries) -> open(tally == null ? Tally.NOTHING : tally, entries);
      case BudgetUnknown(var why) -> {
        context.getLog().warn("What {} has spent cannot be read: {}", agent, why);
        giveUp();
      }
      case BudgetCompared(var asked, var found) -> compare(asked, found);
      case TrancheDrawn drawn -> tranche.onDrawn(drawn);
      case TrancheUnknown unknown -> tranche.onUnknown(unknown);
    }
  }

  private void read(Tally tally) {
    context.pipeToSelf(
        entries(tally.upTo(), tally.openActions()),
        (entries, failure) ->
            failure == null && entries != null
                ? new BudgetRead(entries)
                : new BudgetUnknown(String.valueOf(failure)));
  }

  private CompletionStage<List<Ledger.Entry>> entries(long above, Collection<ActionId> actions) {
    try {
      return ledger
          .read(agent.organization(), agent.agent(), above, actions)
          .toCompletableFuture()
          .copy() // the time limit is ours, not the port's
          .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private void open(Tally tally, List<Ledger.Entry> entries) {
    if (!opening) {
      return; // asked for by a predecessor
    }
    var opened = Books.of(tally, entries, clock.instant());
    meanwhile.forEach(opened::settle);
    meanwhile.clear();
    books = opened;
    opening = false;
    untallied = entries.size();
    waiting.forEach(context.getSelf()::tell);
    waiting.clear();
  }

  /** The answers will not come from this incarnation. */
  void giveUp() {
    opening = false;
    meanwhile.clear();
    waiting.forEach(each -> each.replyTo().tell(new Refused(Refusal.UNAVAILABLE)));
    waiting.clear();
    tranche.giveUp();
  }

  /** The agent does nothing more for now: others may have what it holds of the organization's. */
  void giveBack() {
    if (books != null) {
      tranche.giveBack(books.use(clock.instant()));
    }
  }

  /** The answer to an action that the budget does not allow; empty: it does. */
  Optional<Reply> refuses(AgentSpec spec, GovernedAction action) {
    var estimate = action.estimate();
    var open = books;
    if (open == null || estimate == null || !isPaidFor(spec, action)) {
      return Optional.empty();
    }
    if (isUnpriced(spec, estimate)) {
      return Optional.of(new Denied(Denial.PRICE_UNKNOWN, spec, null));
    }
    if (open.areFull()) {
      return Optional.of(new Refused(Refusal.UNAVAILABLE));
    }
    lookUpWhatIsOld(open);
    return open.lacks(spend(estimate), spec.budget(), clock.instant())
        .or(() -> Optional.ofNullable(tranche.refusal(action)))
        .<Reply>map(shortage -> new Denied(Denial.OVER_BUDGET, spec, null, shortage));
  }

  /** Keeps what the action may take; null: nothing has to be kept. */
  @Nullable Reserved reserve(AgentSpec spec, GovernedAction action) {
    return books != null && action.estimate() != null && isPaidFor(spec, action)
        ? books.reserve(action.id(), spend(action.estimate()), clock.instant())
        : null;
  }

  private static Spend spend(Estimate estimate) {
    return new Spend(
        estimate.tokens(), Objects.requireNonNullElse(estimate.costMicros(), Long.valueOf(0)));
  }

  /** Charges what was used. An opening in progress may have read the log before it was there. */
  void settle(Settle settled) {
    if (books != null) {
      untallied += books.settle(settled.action(), settled.charged()) ? 1 : 0;
      tranche.thin(books.use(clock.instant()));
    } else if (opening && meanwhile.size() < Books.MOST_OPEN) {
      meanwhile.put(settled.action(), settled.charged());
    }
  }

  /** What should be stored now; empty: not yet. */
  Optional<Tally> tally() {
    if (books == null || untallied < SETTLED_BETWEEN_TALLIES) {
      return Optional.empty();
    }
    untallied = 0;
    return Optional.of(books.tally());
  }

  @Nullable Spending spending() {
    return books == null ? null : books.spending(clock.instant());
  }

  private void lookUpWhatIsOld(Books open) {
    var now = clock.instant();
    var before = now.minus(LONG_OPEN);
    if (comparedAt.isAfter(before) || !open.isOpenSince(before)) {
      return;
    }
    comparedAt = now;
    var asked = open.openSince(before);
    context.pipeToSelf(
        entries(Long.MAX_VALUE, asked),
        (found, failure) ->
            failure == null && found != null
                ? new BudgetCompared(asked, found)
                : new BudgetCompared(List.of(), List.of()));
  }

  /**
   * Settles what has ended. What never reached the log may still be on its way: only behind a new
   * fence is it certain that it will not, so the books are opened anew.
   */
  private void compare(List<ActionId> asked, List<Ledger.Entry> found) {
    if (books == null) {
      return;
    }
    var missing = new ArrayList<>(asked);
    for (var entry : found) {
      missing.remove(entry.action());
      if (entry.charged() != null) {
        untallied += books.settle(entry.action(), entry.charged()) ? 1 : 0;
      }
    }
    if (books.areAnyOpen(missing)) {
      books = null;
      claimed = false;
    }
  }
}
