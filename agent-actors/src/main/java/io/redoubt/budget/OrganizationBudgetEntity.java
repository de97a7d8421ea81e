package io.redoubt.budget;

import io.redoubt.budget.OrganizationBudget.Command;
import io.redoubt.budget.OrganizationBudget.Draw;
import io.redoubt.budget.OrganizationBudget.Event;
import io.redoubt.budget.OrganizationBudget.GiveBack;
import io.redoubt.budget.OrganizationBudget.Held;
import io.redoubt.budget.OrganizationBudget.Holds;
import io.redoubt.budget.OrganizationBudget.Stop;
import io.redoubt.budget.OrganizationBudgetState.Handed;
import io.redoubt.budget.OrganizationBudgetState.Holding;
import io.redoubt.entity.EntityConfig;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Budget;
import java.time.InstantSource;
import java.util.function.Function;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;

/** An organization's budget: the one writer that hands it out, so that it is never handed twice. */
final class OrganizationBudgetEntity
    extends EventSourcedBehaviorWithEnforcedReplies<Command, Event, OrganizationBudgetState> {
  /** Part of the journal's keys, so never changed. */
  static final String TYPE = "OrganizationBudget";

  private final OrganizationId organization;
  private final Function<OrganizationId, Budget> budgets;
  private final EntityConfig config;
  private final InstantSource clock;

  private OrganizationBudgetEntity(
      OrganizationId organization,
      Function<OrganizationId, Budget> budgets,
      EntityConfig config,
      InstantSource clock) {
    super(PersistenceId.of(TYPE, organization.toString()), config.restart());
    this.organization = organization;
    this.budgets = budgets;
    this.config = config;
    this.clock = clock;
  }

  static Behavior<Command> create(
      OrganizationId organization,
      Function<OrganizationId, Budget> budgets,
      EntityConfig config,
      InstantSource clock) {
    return Behaviors.setup(_ -> new OrganizationBudgetEntity(organization, budgets, config, clock));
  }

  @Override
  public OrganizationBudgetState emptyState() {
    return Handed.NOTHING;
  }

  @Override
  public EventHandler<OrganizationBudgetState, Event> eventHandler() {
    return OrganizationBudgetState::apply;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return config.retention();
  }

  @Override
  public CommandHandlerWithReply<Command, Event, OrganizationBudgetState> commandHandler() {
    return (state, command) ->
        switch (state) {
          case Handed handed ->
              switch (command) {
                case Draw draw -> onDraw(handed, draw);
                case GiveBack back -> onGiveBack(handed, back);
                case Stop _ -> Effect().stop().thenNoReply();
              };
        };
  }

  private ReplyEffect<Event, OrganizationBudgetState> onDraw(Handed handed, Draw draw) {
    var held = handed.of(draw.agent());
    if (held.isPresent() && !draw.turn().isAfter(held.get().turn())) {
      return Effect().reply(draw.replyTo(), new Holds(held.get().day(), held.get().amount(), null));
    }
    var before = handed.remaining(draw.agent(), draw.before());
    var budget = budgets.apply(organization);
    var taken = handed.taken(draw.agent(), draw.use().day(), before);
    var shortage = handed.lacks(taken, draw.use(), draw.wanted(), budget);
    if (shortage.isPresent()) {
      var standing =
          held.filter(it -> it.day().equals(draw.use().day()))
              .map(Holding::amount)
              .orElse(Spend.ZERO);
      return Effect().reply(draw.replyTo(), new Holds(draw.use().day(), standing, shortage.get()));
    }
    var amount = handed.grant(draw.agent(), taken, draw.use(), draw.wanted(), budget);
    return Effect()
        .persist(
            new Held(draw.agent(), draw.turn(), draw.use().day(), amount, before, clock.instant()))
        .thenReply(draw.replyTo(), _ -> new Holds(draw.use().day(), amount, null));
  }

  private ReplyEffect<Event, OrganizationBudgetState> onGiveBack(Handed handed, GiveBack back) {
    var keep = back.keep();
    var held = handed.of(back.agent());
    if (held.isEmpty()
        || !back.turn().isAfter(held.get().turn())
        || !held.get().day().equals(keep.day())) {
      var amount = held.map(Holding::amount).orElse(Spend.ZERO);
      return Effect().reply(back.replyTo(), new Holds(keep.day(), amount, null));
    }
    var rest = Handed.least(held.get().amount(), keep.used());
    return Effect()
        .persist(new Held(back.agent(), back.turn(), keep.day(), rest, null, clock.instant()))
        .thenReply(back.replyTo(), _ -> new Holds(keep.day(), rest, null));
  }
}
