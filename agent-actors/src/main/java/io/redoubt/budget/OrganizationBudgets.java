package io.redoubt.budget;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Budget;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/** The way to the budget of any organization. */
public interface OrganizationBudgets {
  /** What the organization may spend, as it is known here. Costs next to nothing to ask. */
  Budget of(OrganizationId organization);

  /**
   * Sends the command that {@code message} makes and completes with the answer; fails with {@link
   * java.util.concurrent.TimeoutException} where none came in time.
   */
  CompletionStage<OrganizationBudget.Reply> ask(
      OrganizationId organization,
      Function<ActorRef<OrganizationBudget.Reply>, OrganizationBudget.Command> message);
}
