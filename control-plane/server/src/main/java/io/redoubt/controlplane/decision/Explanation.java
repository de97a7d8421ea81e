package io.redoubt.controlplane.decision;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.BundleDigest;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why an action went the way it did, from what was recorded of it then.
 *
 * @param summary in one sentence
 * @param record of the action, intent and outcome as one
 * @param bundle that decided; null: none was asked, or it is not known here
 * @param policies that decided; none where nothing permits
 * @param reasons besides policies
 * @param risk what the score is the sum of
 * @param workflows whose approval was asked
 * @param shadow what policies in shadow would have changed; null: none applied
 * @param unknown what cannot be told, and why
 */
record Explanation(
    String summary,
    JsonNode record,
    @Nullable PublishedBundle bundle,
    List<Told> policies,
    List<String> reasons,
    List<Remarks.Contribution> risk,
    List<String> workflows,
    List<Remarks.Alert> alerts,
    @Nullable Watched shadow,
    List<String> unknown) {

  /** A version of the organization's policies. */
  record PublishedBundle(
      long version, BundleDigest digest, Instant publishedAt, String publishedBy) {}

  /**
   * A policy by name and, where it is known, by text.
   *
   * @param effect {@code permit} or {@code forbid}
   */
  record Told(String id, @Nullable String effect, @Nullable String text) {}

  /** What would have been decided if the policies in shadow were enforced. */
  record Watched(Verdict verdict, List<Told> policies) {}
}
