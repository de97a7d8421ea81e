package io.redoubt.controlplane.policy;

import io.redoubt.policy.Canaries;
import io.redoubt.policy.Compilation;
import io.redoubt.policy.Floor;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.Canary;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a publication holds.
 *
 * @param documents also what rules are compiled to, and the floor's
 * @param floor version of the floor that is among them; 0: there is none
 */
public record Content(List<PolicyDocument> documents, List<Canary> canaries, long floor) {
  /** Everything is denied. */
  public static final Content NOTHING = new Content(List.of(), List.of(), 0);

  static Content of(Bundle bundle, long floor) {
    return new Content(bundle.policies(), bundle.canaries(), floor);
  }

  /** The same above this floor, in the place of the one that it had. */
  Content above(Floors.Standing standing) {
    return new Content(
        Stream.concat(
                documents.stream().filter(it -> !Floor.isOf(it.name())),
                standing.documents().stream())
            .toList(),
        canaries,
        standing.version());
  }

  /** The same with those canaries alone that hold. */
  Content holding(PolicySet set, OrganizationId organization) {
    return new Content(documents, Canaries.holding(set, organization, canaries), floor);
  }

  /** Which canaries the other has no more, for the record; empty: none. */
  String without(Content fewer) {
    var left =
        canaries.stream()
            .filter(it -> !fewer.canaries.contains(it))
            .map(Canary::name)
            .collect(Collectors.joining(" "));
    return left.isEmpty() ? "" : ", without canaries " + left;
  }

  /** A set that enclaves would run, or all that is wrong with a new draft. Takes its time. */
  Compilation compile(OrganizationId organization) {
    return Canaries.tried(
        Floor.tried(PolicySet.compile(documents), documents), organization, canaries);
  }
}
