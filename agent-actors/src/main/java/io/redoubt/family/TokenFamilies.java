package io.redoubt.family;

import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/** The way to any token family, wherever in the cluster it lives. */
public interface TokenFamilies {
  /**
   * Sends the command that {@code message} makes and completes with the answer.
   *
   * @return fails with {@link java.util.concurrent.TimeoutException} where no answer came in time,
   *     which leaves open whether the command was carried out
   */
  CompletionStage<TokenFamily.Reply> ask(
      FamilyKey family, Function<ActorRef<TokenFamily.Reply>, TokenFamily.Command> message);
}
