package io.redoubt.testing;

import io.redoubt.budget.OrganizationBudget;
import io.redoubt.budget.OrganizationBudget.Draw;
import io.redoubt.budget.OrganizationBudget.GiveBack;
import io.redoubt.budget.OrganizationBudget.Holds;
import io.redoubt.budget.OrganizationBudgets;
import io.redoubt.budget.Shortage;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Budget;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** An organization that gives what is wanted, and keeps what it was asked. */
public final class FakeOrganizationBudgets implements OrganizationBudgets {
  public final Outage outage = new Outage();
  public final List<OrganizationBudget.Command> asked = new CopyOnWriteArrayList<>();
  private final ActorSystem<?> system;
  private volatile Budget budget = Budget.NONE;
  private volatile @Nullable Shortage shortage;

  public FakeOrganizationBudgets(ActorSystem<?> system) {
    this.system = system;
  }

  public void is(Budget of) {
    budget = of;
  }

  /** Nothing is left of it; null: it is. */
  public void lacks(@Nullable Shortage why) {
    shortage = why;
  }

  public void clear() {
    outage.end();
    shortage = null;
    asked.clear();
    budget = Budget.NONE;
  }

  @Override
  public Budget of(OrganizationId organization) {
    return budget;
  }

  @Override
  public CompletionStage<OrganizationBudget.Reply> ask(
      OrganizationId organization,
      Function<ActorRef<OrganizationBudget.Reply>, OrganizationBudget.Command> message) {
    var command = message.apply(system.ignoreRef());
    return outage.attempt(() -> answer(command));
  }

  private OrganizationBudget.Reply answer(OrganizationBudget.Command command) {
    asked.add(command);
    return switch (command) {
      case Draw draw when shortage != null -> new Holds(draw.use().day(), Spend.ZERO, shortage);
      case Draw draw -> new Holds(draw.use().day(), draw.use().used().plus(draw.wanted()), null);
      case GiveBack back -> new Holds(back.keep().day(), back.keep().used(), null);
      default -> throw new AssertionError("not asked by agents: " + command);
    };
  }
}
