package io.redoubt.approval;

import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ModelOpinion;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Asks the model of a tier what it thinks of a request. What its answer is worth, the request's
 * actor decides.
 */
public interface TierJudge {
  /** Nobody can be asked: every tier of a model is passed over. */
  TierJudge NONE =
      question ->
          CompletableFuture.completedFuture(
              ModelOpinion.none(question.model(), "no model can be asked here"));

  /**
   * What is asked.
   *
   * @param tier of a model
   * @param until when the answer is of no use any more
   */
  record Question(ApprovalKey key, ApprovalRequest request, ApprovalTier tier, Instant until) {
    /** Who answers, by the name that is recorded. */
    public String model() {
      return ModelOpinion.name(
          Objects.requireNonNullElse(tier.provider(), ""),
          Objects.requireNonNullElse(tier.model(), ""));
    }
  }

  /** Asks once. A failure is as good as an answer that settles nothing. */
  CompletionStage<ModelOpinion> ask(Question question);
}
