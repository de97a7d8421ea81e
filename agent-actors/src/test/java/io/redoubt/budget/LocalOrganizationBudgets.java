package io.redoubt.budget;

import com.typesafe.config.ConfigFactory;
import io.redoubt.entity.EntityConfig;
import io.redoubt.entity.LocalEntities;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Budget;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/** Budgets of organizations without a cluster; all have the same. */
public final class LocalOrganizationBudgets implements OrganizationBudgets {
  private final LocalEntities<OrganizationBudget.Command> entities;
  private final Budget budget;

  public LocalOrganizationBudgets(ActorSystem<?> system, Budget budget, InstantSource clock) {
    this.budget = budget;
    var config = EntityConfig.from(ConfigFactory.load(), "redoubt.organization-budget.entity");
    entities =
        new LocalEntities<>(
            system,
            config.askTimeout(),
            (id, _) ->
                OrganizationBudgetEntity.create(
                    OrganizationId.parse(id), _ -> budget, config, clock));
  }

  @Override
  public Budget of(OrganizationId organization) {
    return budget;
  }

  @Override
  public CompletionStage<OrganizationBudget.Reply> ask(
      OrganizationId organization,
      Function<ActorRef<OrganizationBudget.Reply>, OrganizationBudget.Command> message) {
    return entities.ask(organization.toString(), message);
  }
}
