package io.redoubt.controlplane.channel;

import io.redoubt.controlplane.iam.Member;
import io.redoubt.controlplane.iam.Members;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.policy.Bundles;
import io.redoubt.controlplane.policy.Content;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ApproverGroup;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Who has an e-mail address and a vote, by the policies and the roles of this moment. A hint and no
 * more: who has a vote is the enclave's word.
 */
final class Askable {
  private static final int MOST_READ = 1000;
  private static final int MOST = 50;

  private final PerPublication<Asked> published;
  private final Members members;

  private record Asked(Map<String, ApprovalWorkflow> workflows, List<ApproverGroup> groups) {
    static Asked of(Content content) {
      return new Asked(
          content.workflows().stream()
              .collect(Collectors.toMap(ApprovalWorkflow::name, Function.identity())),
          content.groups());
    }
  }

  Askable(Bundles bundles, Members members) {
    this.published = new PerPublication<>(bundles, Asked::of);
    this.members = members;
  }

  /** Their addresses, at most 50. */
  List<String> addresses(Transaction transaction, ApprovalView view) {
    var asked = published.of(transaction);
    var tiers =
        asked
            .workflows()
            .getOrDefault(view.workflow(), ApprovalWorkflow.usual(view.workflow()))
            .tiers();
    if (view.tier() < 1 || view.tier() > tiers.size()) {
      return List.of(); // of another publication
    }
    ApprovalTier tier = tiers.get(view.tier() - 1);
    return members.reachable(transaction, Permission.APPROVALS_DECIDE, MOST_READ).stream()
        .filter(member -> tier.asks(member.id().toString(), groups(asked, member), view.owner()))
        .flatMap(member -> Stream.ofNullable(member.email()))
        .filter(address -> EmailSettings.ADDRESS.matcher(address).matches())
        .limit(MOST)
        .toList();
  }

  private static List<String> groups(Asked asked, Member member) {
    String id = member.id().toString();
    return asked.groups().stream()
        .filter(group -> group.members().contains(id))
        .map(ApproverGroup::name)
        .toList();
  }
}
