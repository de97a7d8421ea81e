package io.redoubt.controlplane.policy;

import io.redoubt.protocol.policy.BundleDigest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A bundle that was published, without its texts.
 *
 * @param rollbackOf the earlier version whose policies it has; null: it was the draft
 * @param policyCount documents in it
 */
public record Publication(
    long version,
    BundleDigest digest,
    Instant publishedAt,
    String publishedBy,
    @Nullable Long rollbackOf,
    int policyCount) {}
