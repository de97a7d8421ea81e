package io.redoubt.approval;

import io.redoubt.protocol.id.OrganizationId;
import java.time.LocalDate;
import java.util.concurrent.CompletionStage;

/**
 * How much an organization's models may judge in a day. Durable, and one for all nodes: what a
 * question takes at most is taken before it is asked, and what it did not take given back.
 */
public interface JudgeAllowance {
  /** For one organization and day. */
  record Limits(long calls, long tokens) {}

  /**
   * Takes one call and so many tokens.
   *
   * @return false: that is more than is left, and nothing was taken
   */
  CompletionStage<Boolean> take(
      OrganizationId organization, LocalDate day, long tokens, Limits limits);

  /** Gives back what was taken and not used; never more. */
  CompletionStage<Void> giveBack(OrganizationId organization, LocalDate day, long tokens);
}
