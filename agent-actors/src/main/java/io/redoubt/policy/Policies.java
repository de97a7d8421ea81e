package io.redoubt.policy;

import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.BundleDigest;
import java.time.Instant;
import java.util.Optional;

/** What decides on this node, organization by organization. */
public interface Policies {
  /**
   * What an action of the organization is decided by, from the first question about it to the last.
   * Empty: no bundle is known here, so nothing is permitted (G5).
   */
  Optional<Running> of(OrganizationId organization);

  /**
   * A bundle that decides.
   *
   * @param publishedAt by the control plane's clock
   */
  record Running(long version, BundleDigest digest, Instant publishedAt, PolicySet set) {}
}
