package io.redoubt.policy;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.BundleDigest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The last known good bundle of each organization, durable. */
public interface BundleStore {
  /** Which bundle is kept. */
  record Heading(OrganizationId organization, long version, BundleDigest digest) {}

  /**
   * Keeps a bundle that was verified, in place of an older one.
   *
   * @return false where what is kept is as new or newer: then nothing changed
   */
  CompletionStage<Boolean> keep(Bundle bundle);

  /** The bundle; fails where what is kept is not what its digest says. */
  CompletionStage<Optional<Bundle>> find(OrganizationId organization);

  /** Which bundles are kept, of all organizations. */
  CompletionStage<List<Heading>> headings();
}
