package io.redoubt.budget;

import com.typesafe.config.Config;
import io.redoubt.entity.EntityConfig;
import io.redoubt.entity.ShardedEntities;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.Budget;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/** The budgets of all organizations, sharded over the cluster. */
public final class ShardedOrganizationBudgets implements OrganizationBudgets {
  private static final String PATH = "redoubt.organization-budget.entity";

  /** By which the cluster knows them. */
  public static final EntityTypeKey<OrganizationBudget.Command> TYPE =
      EntityTypeKey.create(OrganizationBudget.Command.class, OrganizationBudgetEntity.TYPE);

  private final ShardedEntities<OrganizationBudget.Command> entities;
  private final Function<OrganizationId, Budget> budgets;

  private ShardedOrganizationBudgets(
      ShardedEntities<OrganizationBudget.Command> entities,
      Function<OrganizationId, Budget> budgets) {
    this.entities = entities;
    this.budgets = budgets;
  }

  /**
   * Starts this node's part; once for each actor system.
   *
   * @param root the whole configuration
   * @param budgets what organizations may spend, as it is known on this node
   */
  public static ShardedOrganizationBudgets start(
      ActorSystem<?> system,
      Config root,
      Function<OrganizationId, Budget> budgets,
      InstantSource clock) {
    var config = EntityConfig.from(root, PATH);
    return new ShardedOrganizationBudgets(
        ShardedEntities.start(
            system,
            TYPE,
            config,
            new OrganizationBudget.Stop(),
            entity ->
                OrganizationBudgetEntity.create(
                    OrganizationId.parse(entity.getEntityId()), budgets, config, clock)),
        budgets);
  }

  @Override
  public Budget of(OrganizationId organization) {
    return budgets.apply(organization);
  }

  @Override
  public CompletionStage<OrganizationBudget.Reply> ask(
      OrganizationId organization,
      Function<ActorRef<OrganizationBudget.Reply>, OrganizationBudget.Command> message) {
    return entities.ask(organization.toString(), message);
  }
}
