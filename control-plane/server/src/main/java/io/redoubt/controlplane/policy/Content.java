package io.redoubt.controlplane.policy;

import io.redoubt.policy.Canaries;
import io.redoubt.policy.Compilation;
import io.redoubt.policy.ContentProblems;
import io.redoubt.policy.Floor;
import io.redoubt.policy.IdleConditions;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ApproverGroup;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.Canary;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.PolicyDocument;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a publication holds.
 *
 * @param documents also what rules are compiled to, and the floor's
 * @param contentPolicies of all layers, the floor's among them, in the order of their scopes
 * @param workflows who is asked where policies want an approval
 * @param groups of approvers
 * @param floor version of the floor that is among them; 0: there is none
 */
public record Content(
    List<PolicyDocument> documents,
    List<Canary> canaries,
    List<ContentDocument> contentPolicies,
    List<ApprovalWorkflow> workflows,
    List<ApproverGroup> groups,
    long floor) {
  /** Everything is denied. */
  public static final Content NOTHING =
      new Content(List.of(), List.of(), List.of(), List.of(), List.of(), 0);

  public Content {
    contentPolicies =
        contentPolicies.stream().sorted(Comparator.comparing(ContentDocument::scope)).toList();
  }

  static Content of(Bundle bundle, long floor) {
    return new Content(
        bundle.policies(),
        bundle.canaries(),
        bundle.content(),
        bundle.workflows(),
        bundle.groups(),
        floor);
  }

  /** The same above this floor, in the place of the one that it had. */
  Content above(Floors.Standing standing) {
    return new Content(
        Stream.concat(
                documents.stream().filter(it -> !Floor.isOf(it.name())),
                standing.documents().stream())
            .toList(),
        canaries,
        Stream.concat(
                contentPolicies.stream().filter(it -> !it.scope().equals(ContentDocument.PLATFORM)),
                standing.contentPolicy().stream())
            .toList(),
        workflows,
        groups,
        standing.version());
  }

  /** The same with these in place of its documents and content policies. */
  Content with(List<PolicyDocument> otherDocuments, List<ContentDocument> otherPolicies) {
    return new Content(otherDocuments, canaries, otherPolicies, workflows, groups, floor);
  }

  /** Its floor, and nothing of the organization's own but this: nothing is permitted. */
  Content floorAnd(PolicyDocument remark) {
    return new Content(
        Stream.concat(documents.stream().filter(it -> Floor.isOf(it.name())), Stream.of(remark))
            .toList(),
        List.of(),
        contentPolicies.stream().filter(it -> it.scope().equals(ContentDocument.PLATFORM)).toList(),
        List.of(),
        List.of(),
        floor);
  }

  /** Whether a bundle holds as much. */
  boolean fits(OrganizationId organization, Instant now) {
    return documents.size() <= Bundle.MAX_POLICIES
        && new Bundle(
                    organization,
                    Long.MAX_VALUE,
                    now,
                    documents,
                    canaries,
                    contentPolicies,
                    workflows,
                    groups)
                .canonical()
                .length
            <= Bundle.MAX_BYTES;
  }

  /** The same with those canaries alone that hold. */
  Content holding(PolicySet set, OrganizationId organization) {
    return new Content(
        documents,
        Canaries.holding(set, organization, canaries),
        contentPolicies,
        workflows,
        groups,
        floor);
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

  /** A set that enclaves would run, or all that keeps them from it. Takes its time. */
  public Compilation compile() {
    return PolicySet.compile(documents, contentPolicies);
  }

  /** The same, or all that is wrong with a new draft. */
  Compilation compile(OrganizationId organization) {
    return Canaries.tried(
        ContentProblems.tried(
            Floor.tried(IdleConditions.tried(compile()), documents), contentPolicies),
        organization,
        canaries);
  }
}
