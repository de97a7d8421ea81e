package io.redoubt.agent;

import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The way to any agent, wherever in the cluster it lives. For the edges; actors tell each other.
 */
public interface Agents {
  /**
   * Sends the command that {@code message} makes and completes with the answer.
   *
   * @return fails with {@link java.util.concurrent.TimeoutException} where no answer came in time,
   *     which leaves open whether the command was carried out
   */
  CompletionStage<Agent.Reply> ask(
      AgentKey agent, Function<ActorRef<Agent.Reply>, Agent.Command> message);
}
