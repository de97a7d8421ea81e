package io.redoubt.approval;

import io.redoubt.agent.AgentKey;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What agents have asked for and something may still come of. */
public final class OpenRequests {
  private final Approvals approvals;
  private final ApprovalBoard board;

  public OpenRequests(Approvals approvals, ApprovalBoard board) {
    this.approvals = approvals;
    this.board = board;
  }

  /**
   * Ends what the agent has asked for, now that it is stopped.
   *
   * @param by who stopped it; null: nobody knows here
   */
  public CompletionStage<Void> cancelAll(AgentKey agent, String why, @Nullable String by) {
    return board
        .openOf(agent)
        .thenCompose(open ->
            CompletableFuture.allOf(
                open.stream()
                    .map(key ->
                        approvals
                            .ask(key, replyTo -> new Approval.Cancel(why, by, replyTo))
                            .toCompletableFuture())
                    .toArray(CompletableFuture<?>[]::new)));
  }
}
