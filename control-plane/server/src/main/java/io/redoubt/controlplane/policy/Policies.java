package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.command.CommandLog;
import io.redoubt.controlplane.operator.Change;
import io.redoubt.controlplane.operator.Operator;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.policy.PolicyProblems;
import io.redoubt.policy.Rules;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ApproverGroup;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.Canary;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.PolicyDocument;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/** An organization's policies: the draft, and what was published of it. */
public final class Policies {
  final PolicyDraft draft;
  final RuleBook rules = new RuleBook();
  final Floors floors = new Floors();
  final DraftParts<Canary> canaries = new DraftParts<>("canary", Canary.class, Bundle.MAX_CANARIES);
  final DraftParts<ContentPolicy> contentPolicies =
      // One place is the platform's.
      new DraftParts<>("content", ContentPolicy.class, Bundle.MAX_CONTENT - 1);
  final DraftParts<ApprovalWorkflow> workflows =
      new DraftParts<>("approval-workflow", ApprovalWorkflow.class, Bundle.MAX_WORKFLOWS);
  final DraftParts<ApproverGroup> groups =
      new DraftParts<>("approver-group", ApproverGroup.class, Bundle.MAX_GROUPS);
  final Workbench workbench;
  private final Bundles bundles;

  public Policies(CommandLog commands, PoliciesConfig config) {
    this.draft = new PolicyDraft(config.maxPerOrganization());
    this.workbench = new Workbench(config);
    this.bundles = new Bundles(commands);
  }

  public Bundles bundles() {
    return bundles;
  }

  /**
   * Work that compiles policies, on what is given; fails with 503 where others are at it for too
   * long.
   *
   * @param tooLong what comes of it where it takes too long itself
   */
  public <T, R> CompletionStage<R> work(
      CompletionStage<T> given, Function<T, R> work, BiFunction<T, PolicyProblems, R> tooLong) {
    return workbench.work(given, work, tooLong);
  }

  /** All that a publication of the draft would take. */
  public Content content(Transaction transaction) {
    return content(transaction, draft.documents(transaction));
  }

  /** The same with other documents in place of the draft's. */
  public Content content(Transaction transaction, List<PolicyDocument> documents) {
    PolicyTexts.requireOwn(documents);
    return new Content(
            Stream.concat(documents.stream(), rules.documents(transaction).stream()).toList(),
            canaries.all(transaction).stream().map(DraftParts.Part::body).toList(),
            contentDocuments(transaction),
            workflows.all(transaction).stream().map(DraftParts.Part::body).toList(),
            groups.all(transaction).stream().map(DraftParts.Part::body).toList(),
            0)
        .above(floors.standing(transaction));
  }

  /** What the organization says in its draft of what inspectors find. */
  List<ContentDocument> contentDocuments(Transaction transaction) {
    return contentPolicies.all(transaction).stream()
        .map(it -> new ContentDocument(it.name(), it.body()))
        .toList();
  }

  /**
   * What a new organization begins with: a policy and rules that anybody can see, change and
   * delete.
   */
  public void found(Change change) {
    draft.put(change, Starter.DOCUMENT);
    Rules.DEFAULTS.forEach(rule -> rules.put(change, rule));
    bundles.publish(change, content(change), Optional.empty(), "");
  }

  /** The same for organizations that were there before there were policies. Blocks. */
  public void foundWhereMissing(Database database, Clock clock, Trail trail) {
    List<UUID> organizations =
        database.inTransactionBlocking(handle ->
            handle
                .createQuery("SELECT * FROM control.organizations_without_bundle()")
                .mapTo(UUID.class)
                .list());
    for (UUID uuid : organizations) {
      var organization = new OrganizationId(uuid);
      var _ =
          database.inOrganizationBlocking(
              organization,
              handle -> {
                var change = new Change(handle, Operator.system(organization), clock, null, trail);
                change.lockOrganization(); // another process may be about to do the same
                if (bundles.newest(change).isEmpty()) {
                  found(change);
                }
                return organization;
              });
    }
  }
}
