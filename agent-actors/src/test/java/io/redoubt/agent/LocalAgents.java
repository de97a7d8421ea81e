package io.redoubt.agent;

import io.redoubt.budget.OrganizationBudgets;
import io.redoubt.entity.LocalEntities;
import io.redoubt.testing.FakeDriftReports;
import io.redoubt.testing.FakeHistory;
import io.redoubt.testing.FakeLedger;
import io.redoubt.testing.FakeOrganizationBudgets;
import io.redoubt.testing.FakePolicies;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/** The real agents, in one actor system without a cluster, with the system's own journal. */
public final class LocalAgents implements Agents {
  private final LocalEntities<Agent.Command> entities;

  public LocalAgents(ActorSystem<?> system, Fences fences, InstantSource clock) {
    this(system, fences, new FakeOrganizationBudgets(system), clock);
  }

  public LocalAgents(
      ActorSystem<?> system,
      Fences fences,
      OrganizationBudgets organizations,
      InstantSource clock) {
    var config = AgentConfig.from(system.settings().config());
    entities =
        new LocalEntities<>(
            system,
            config.entity().askTimeout(),
            (id, shard) ->
                AgentEntity.create(
                    AgentKey.ofEntityId(id),
                    shard,
                    new AgentPorts(
                        fences,
                        new FakePolicies(),
                        new FakeHistory(),
                        new FakeLedger(),
                        organizations,
                        new FakeDriftReports()),
                    () -> true,
                    config,
                    clock));
  }

  @Override
  public CompletionStage<Agent.Reply> ask(
      AgentKey agent, Function<ActorRef<Agent.Reply>, Agent.Command> message) {
    return entities.ask(agent.entityId(), message);
  }
}
