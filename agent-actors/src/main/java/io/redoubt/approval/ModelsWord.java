package io.redoubt.approval;

import io.redoubt.approval.Approval.Ballot;
import io.redoubt.content.ContentRules;
import io.redoubt.policy.Floor;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.approval.ModelOpinion;
import io.redoubt.protocol.policy.ContentPolicy.Layer;
import java.util.Objects;
import java.util.Optional;

/** What a model's word is worth in its tier (G9): a vote, or nothing that settles anything. */
final class ModelsWord {
  /** Where a model's votes are said to come from. */
  static final String THROUGH = "judge";

  private ModelsWord() {}

  /** Why it settles nothing; empty: it is a vote. */
  static Optional<String> against(
      ApprovalTier tier, ApprovalRequest request, ModelOpinion opinion) {
    var decision = decision(opinion);
    if (decision.isEmpty()) {
      return Optional.of(opinion.said() == null ? "it gave no answer" : "it is unsure");
    }
    if (!tier.letsModel(decision.get())) {
      return Optional.of("it may not " + decision.get().wire());
    }
    if (opinion.confidence() < Objects.requireNonNullElse(tier.minConfidence(), 101)) {
      return Optional.of("it is not confident enough");
    }
    return decision.get() == Decision.APPROVE ? againstApproval(tier, request) : Optional.empty();
  }

  private static Optional<String> againstApproval(ApprovalTier tier, ApprovalRequest request) {
    if (request.risk() > Objects.requireNonNullElse(tier.maxRisk(), -1)) {
      return Optional.of("the risk is higher than it may approve");
    }
    if (request.policyIds().stream().anyMatch(ModelsWord::isOfFloor)) {
      return Optional.of("the platform wants people to approve it");
    }
    return Optional.empty();
  }

  /** What a platform wants approved, no organization leaves to a model. */
  private static boolean isOfFloor(String policy) {
    return Floor.isOf(policy)
        || ContentRules.layerOf(policy).filter(it -> it == Layer.PLATFORM).isPresent();
  }

  /** The vote that it is. */
  static Ballot ballot(ModelOpinion opinion, int workflow, int tier) {
    return new Ballot(
        "judge/%d/%d".formatted(workflow, tier),
        opinion.by(),
        THROUGH,
        decision(opinion).orElseThrow(),
        opinion.reason());
  }

  private static Optional<Decision> decision(ModelOpinion opinion) {
    var said = opinion.said();
    return said == null ? Optional.empty() : said.decision();
  }
}
