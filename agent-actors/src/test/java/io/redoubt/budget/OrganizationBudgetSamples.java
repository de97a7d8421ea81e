package io.redoubt.budget;

import io.redoubt.budget.OrganizationBudget.Command;
import io.redoubt.budget.OrganizationBudget.DayUse;
import io.redoubt.budget.OrganizationBudget.Draw;
import io.redoubt.budget.OrganizationBudget.GiveBack;
import io.redoubt.budget.OrganizationBudget.Held;
import io.redoubt.budget.OrganizationBudget.Holds;
import io.redoubt.budget.OrganizationBudget.Reply;
import io.redoubt.budget.OrganizationBudget.Stop;
import io.redoubt.budget.OrganizationBudget.Turn;
import io.redoubt.budget.OrganizationBudgetState.Handed;
import io.redoubt.budget.OrganizationBudgetState.Holding;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.serialization.Sample;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/** One of everything that an organization's budget stores or says. */
public final class OrganizationBudgetSamples {
  private static final AgentId AGENT = AgentId.parse("agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final LocalDate DAY = LocalDate.of(2026, 11, 20);
  private static final Instant AT = Instant.parse("2026-11-20T12:00:00.123456Z");
  private static final Spend SPEND = new Spend(1_200, 3_400);
  private static final Turn TURN = new Turn(4, 2);

  private OrganizationBudgetSamples() {}

  /** Events and phases, each with its golden file. */
  public static List<Sample> stored() {
    return List.of(
        new Sample(
            "organization-budget-event/held.json", new Held(AGENT, TURN, DAY, SPEND, null, AT)),
        new Sample(
            "organization-budget-event/held-anew.json",
            new Held(AGENT, TURN, DAY, SPEND, new Spend(7, 9), AT)),
        new Sample(
            "organization-budget-state/handed.json",
            new Handed(DAY, new Spend(7, 9), List.of(new Holding(AGENT, TURN, DAY, SPEND)))));
  }

  /** Every command, asked by {@code replyTo}. */
  public static List<Command> commands(ActorRef<Reply> replyTo) {
    var use = new DayUse(DAY, SPEND);
    return List.of(
        new Draw(AGENT, TURN, use, SPEND, new DayUse(DAY.minusDays(1), SPEND), replyTo),
        new GiveBack(AGENT, TURN, use, replyTo),
        new Stop());
  }

  /** Every answer. */
  public static List<Reply> replies() {
    return List.of(
        new Holds(DAY, SPEND, Shortage.ofOrganization(Limit.TOKENS_PER_MONTH, 10, 9, 1, 1, AT)));
  }
}
