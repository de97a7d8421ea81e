package io.redoubt.controlplane.policy;

import io.redoubt.controlplane.iam.ClientAccess;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.operator.Permission;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ApproverGroup;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.id.MemberId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Whom workflows and groups name, and who of them is still there and may decide. */
final class Approvers {
  /** Where in what is published it is said who is asked. */
  static final String PLACE = "/workflows/";

  private Approvers() {}

  /** Whether it has the form of a member's or a client's identifier. */
  static boolean isSomebody(@Nullable String text) {
    return isId(text, MemberId::parse) || isId(text, ClientId::parse);
  }

  private static boolean isId(@Nullable String text, Function<@Nullable String, ?> parse) {
    try {
      var _ = parse.apply(text);
      return true;
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  /** The organization's members and clients, all that there are. */
  static Set<String> standing(Transaction transaction) {
    return transaction
        .handle()
        .createQuery(
            """
            SELECT id, true AS person FROM control.member
            WHERE organization_id = :organization AND deleted_at IS NULL
            UNION ALL
            SELECT id, false FROM control.oauth_client
            WHERE organization_id = :organization AND deleted_at IS NULL
            """)
        .bind("organization", transaction.organization().uuid())
        .map((row, _) -> {
          var id = Rows.uuid(row, "id");
          return row.getBoolean("person")
              ? new MemberId(id).toString()
              : new ClientId(id).toString();
        })
        .set();
  }

  /** 422 where a tier would ask people in vain: fewer than it takes may decide. */
  static void require(Transaction transaction, Content content) {
    if (content.workflows().isEmpty()) {
      return;
    }
    var deciding = ClientAccess.subjectsWho(transaction, Permission.APPROVALS_DECIDE);
    var groups = new HashMap<String, List<String>>();
    content.groups().forEach(it -> groups.put(it.name(), it.members()));
    var checks = new Checks();
    for (ApprovalWorkflow workflow : content.workflows()) {
      for (int i = 0; i < workflow.tiers().size(); i++) {
        var tier = workflow.tiers().get(i);
        if (tier.kind() == ApprovalTier.Kind.HUMAN) {
          var at = PLACE + "%s/tiers/%d".formatted(workflow.name(), i);
          require(tier, groups, deciding, checks, at);
        }
      }
    }
    checks.done();
  }

  private static void require(
      ApprovalTier tier,
      Map<String, List<String>> groups,
      Set<String> deciding,
      Checks checks,
      String at) {
    if (tier.approvers().isEmpty()) {
      checks.require(
          deciding.size() >= tier.quorum(),
          at + "/quorum",
          "is more than there are who may decide approvals, so that nobody could ever grant");
      return;
    }
    unknownGroups(tier, groups, checks, at + "/approvers");
    checks.require(
        asked(tier, groups, deciding) >= tier.quorum(),
        at + "/approvers",
        "name fewer who may decide than have to approve, so that nobody could ever grant");
  }

  private static void unknownGroups(
      ApprovalTier tier, Map<String, List<String>> groups, Checks checks, String at) {
    for (int i = 0; i < tier.approvers().size(); i++) {
      int place = i;
      ApproverGroup.named(tier.approvers().get(i))
          .filter(name -> !groups.containsKey(name))
          .ifPresent(_ -> checks.wrong(at + "/" + place, "is a group that there is not"));
    }
  }

  /** How many could approve. The agent's owner is somebody, whoever that is. */
  private static long asked(
      ApprovalTier tier, Map<String, List<String>> groups, Set<String> deciding) {
    return tier.approvers().stream()
        .flatMap(approver ->
            ApproverGroup.named(approver)
                .map(name -> groups.getOrDefault(name, List.of()).stream())
                .orElseGet(() -> Stream.of(approver)))
        .distinct()
        .filter(it -> ApprovalTier.OWNER.equals(it) ? !tier.excludeOwner() : deciding.contains(it))
        .count();
  }
}
