package io.redoubt.budget;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.redoubt.ClusterMessage;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.id.AgentId;
import java.time.Instant;
import java.time.LocalDate;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * Protocol of an organization's budget: it hands what may be spent on a day to agents, in tranches.
 * Agents say how much they have used and want in all, never how much more, so that a question asked
 * twice hands out nothing twice.
 */
public final class OrganizationBudget {
  private OrganizationBudget() {}

  /** What it is asked. */
  public sealed interface Command extends ClusterMessage {}

  /**
   * Orders what one agent says; what is not later than the last is answered from state.
   *
   * @param fence under which its books were opened
   * @param count of what it said since
   */
  public record Turn(long fence, long count) {
    boolean isAfter(Turn other) {
      return fence > other.fence || (fence == other.fence && count > other.count);
    }
  }

  /** What an agent used on a day, reservations included. */
  public record DayUse(LocalDate day, Spend used) {}

  /**
   * The agent needs that much more for the day than it has used.
   *
   * @param before of the last day on which it used anything; the rest of that day's tranche is free
   */
  public record Draw(
      AgentId agent,
      Turn turn,
      DayUse use,
      Spend wanted,
      @Nullable DayUse before,
      ActorRef<Reply> replyTo)
      implements Command {}

  /** The agent needs no more than that for the day. */
  public record GiveBack(AgentId agent, Turn turn, DayUse keep, ActorRef<Reply> replyTo)
      implements Command {}

  /** Internal: nobody needs this incarnation any more. */
  record Stop() implements Command {}

  /** What it answers. */
  public sealed interface Reply extends ClusterMessage {}

  /**
   * What the agent holds; durable.
   *
   * @param shortage why it is not as much as was wanted, and nothing has changed; null: it is
   */
  public record Holds(LocalDate day, Spend amount, @Nullable Shortage shortage) implements Reply {}

  /** Kept for ever: these names, never class names, are the journal's contract. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "@type")
  @JsonSubTypes({@JsonSubTypes.Type(Held.class)})
  public sealed interface Event {}

  /**
   * From now on the agent holds that much for the day.
   *
   * @param before what remains of what it held for an earlier day, since it used that; null: all
   */
  @JsonTypeName("held")
  public record Held(
      AgentId agent,
      Turn turn,
      LocalDate day,
      Spend amount,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Spend before,
      Instant at)
      implements Event {}
}
