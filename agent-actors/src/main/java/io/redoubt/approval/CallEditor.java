package io.redoubt.approval;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.action.Arguments;
import io.redoubt.agent.AgentKey;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.PolicyClause;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a call that somebody wants to approve with other arguments: as its plane looks at any,
 * and as policies judge any, at this moment.
 */
public interface CallEditor {

  /**
   * What somebody wants to have done.
   *
   * @param original in whose place
   * @param shown its arguments; null: they are not there
   * @param instead what they have written in the place of those
   */
  record Change(ApprovalRequest original, @Nullable JsonNode shown, Arguments instead) {}

  /** What is said to the changed call. */
  sealed interface Look {}

  /**
   * It may be asked about.
   *
   * @param identity what a grant for it is good for
   * @param digest of the changed call, hex
   * @param arguments of the changed call, as they are meant: what is approved, and told
   * @param workflows that policies ask; none: they would permit it without
   * @param riskReasons what makes the risk
   * @param findings what inspection found in the changed call, by kind
   * @param clauses the policies that want the approval, in their own words
   */
  record Askable(
      String identity,
      String digest,
      JsonNode arguments,
      List<String> policyIds,
      long bundleVersion,
      int risk,
      List<ApprovalWorkflow> workflows,
      List<String> riskReasons,
      List<String> findings,
      List<PolicyClause> clauses)
      implements Look {
    public Askable {
      policyIds = List.copyOf(policyIds);
      workflows = List.copyOf(workflows);
      riskReasons = List.copyOf(riskReasons);
      findings = List.copyOf(findings);
      clauses = List.copyOf(clauses);
    }
  }

  /**
   * Nobody needs to be asked.
   *
   * @param why in words for whoever changed it
   */
  record Forbidden(String why) implements Look {}

  /** Looks at it. Permits nothing, and is no act of the agent's. Fails where nobody can say. */
  CompletionStage<Look> look(AgentKey agent, Change change);
}
