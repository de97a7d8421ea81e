package io.redoubt.controlplane.policy;

import io.redoubt.policy.Canaries;
import io.redoubt.policy.Compilation;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.Canary;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.List;

/**
 * What a publication holds.
 *
 * @param documents also what rules are compiled to
 */
public record Content(List<PolicyDocument> documents, List<Canary> canaries) {
  static Content of(Bundle bundle) {
    return new Content(bundle.policies(), bundle.canaries());
  }

  /** A set that enclaves would run, or all that is wrong. Takes its time. */
  Compilation compile(OrganizationId organization) {
    return Canaries.tried(PolicySet.compile(documents), organization, canaries);
  }
}
