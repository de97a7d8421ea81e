package io.redoubt.serialization;

import io.redoubt.ClusterMessage;
import io.redoubt.agent.AgentSamples;
import io.redoubt.approval.ApprovalSamples;
import io.redoubt.budget.OrganizationBudgetSamples;
import io.redoubt.family.TokenFamilySamples;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;

/** What the actors are asked and answer, and what stands in it. */
class ClusterFormatTest extends ClusterFormatSuite {
  @Override
  protected List<String> packages() {
    return List.of("io.redoubt");
  }

  @Override
  protected Stream<ClusterMessage> messages(ActorSystem<?> system) {
    return Stream.of(
            AgentSamples.commands(system.deadLetters()),
            AgentSamples.replies(),
            AgentSamples.parts(),
            TokenFamilySamples.commands(system.deadLetters()),
            TokenFamilySamples.replies(),
            OrganizationBudgetSamples.commands(system.deadLetters()),
            OrganizationBudgetSamples.replies(),
            ApprovalSamples.commands(system.deadLetters()),
            ApprovalSamples.replies(),
            ApprovalSamples.parts())
        .<ClusterMessage>flatMap(List::stream);
  }
}
