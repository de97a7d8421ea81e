package io.redoubt.policy;

import io.redoubt.content.ContentRules;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.WorkingHours;
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
   * What inspectors look for at this moment, and what is done about it; nothing in particular where
   * no bundle is known.
   */
  Contents contents(OrganizationId organization);

  /**
   * The same of a version that decided just now, here or on another node. Empty: it is not known
   * here, yet or any more.
   */
  Optional<ContentRules> contents(OrganizationId organization, long version);

  /** When people of the organization are at work. Empty: it does not say. */
  default Optional<WorkingHours> workingHours(OrganizationId organization) {
    return Optional.empty();
  }

  /**
   * The content policies of a bundle.
   *
   * @param version 0: there is none
   */
  record Contents(long version, ContentRules rules) {
    public static final Contents NONE = new Contents(0, ContentRules.NONE);
  }

  /**
   * A bundle that decides.
   *
   * @param publishedAt by the control plane's clock
   */
  record Running(long version, BundleDigest digest, Instant publishedAt, PolicySet set) {
    public Contents contents() {
      return new Contents(version, set.content());
    }
  }
}
