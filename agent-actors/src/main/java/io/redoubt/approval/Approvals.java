package io.redoubt.approval;

import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/** The way to any request for approval, wherever in the cluster it lives. For the edges. */
public interface Approvals {
  /**
   * Sends the command that {@code message} makes and completes with the answer.
   *
   * @return fails with {@link java.util.concurrent.TimeoutException} where no answer came in time,
   *     which leaves open whether the command was carried out
   */
  CompletionStage<Approval.Reply> ask(
      ApprovalKey approval, Function<ActorRef<Approval.Reply>, Approval.Command> message);
}
