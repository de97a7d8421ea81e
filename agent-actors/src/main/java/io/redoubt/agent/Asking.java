package io.redoubt.agent;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.ClusterMessage;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.AgentState.Known;
import io.redoubt.policy.Decision;
import io.redoubt.policy.PolicySet;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.PolicyClause;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.Json;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What is to be approved, where policies want an approval (G9).
 *
 * @param identity one for each agent, call, what was found in it, and policies and workflows that
 *     ask, hex; another one after each isolation or revocation of the agent, so that no grant
 *     outlives it
 * @param workflows all of which have to grant
 * @param clauses of the policies that ask, for those who decide
 */
public record Asking(
    String identity,
    List<ApprovalWorkflow> workflows,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<PolicyClause> clauses)
    implements ClusterMessage {
  @SuppressWarnings("ConstantValue") // nodes from before they were told send none
  public Asking {
    workflows = List.copyOf(workflows);
    clauses = clauses == null ? List.of() : List.copyOf(clauses);
  }

  /**
   * What the decision asks for.
   *
   * @param agent as it stands
   */
  static Asking of(
      AgentId id, Known agent, GovernedAction action, Decision decision, PolicySet policies) {
    var workflows = decision.workflows().stream().map(policies::workflow).toList();
    ObjectNode request =
        Json.STRICT
            .createObjectNode()
            .put("agent", id.toString())
            .put("since", agent.since().toEpochMilli())
            .put(
                "released",
                agent.isolations().newestLifted().map(IsolationId::toString).orElse(null))
            .put("plane", action.plane().wire())
            .put("operation", action.operation())
            .put("within", action.within())
            .put("resource", action.resource())
            .put("digest", action.digest())
            .put("own_credential", action.bringsCredential());
    var findings = request.putArray("findings");
    action.findings().stream().sorted().forEach(findings::add);
    var texts = request.putObject("policies");
    var clauses = new ArrayList<PolicyClause>();
    for (var policy : decision.policyIds()) {
      var text = policies.excerpt(policy).map(PolicySet.Excerpt::text).orElse("");
      texts.put(policy, text);
      if (clauses.size() < PolicyClause.MOST) {
        clauses.add(new PolicyClause(policy, text));
      }
    }
    request.set("workflows", Json.STRICT.valueToTree(workflows));
    return new Asking(sha256(CanonicalJson.write(request)), workflows, clauses);
  }

  private static String sha256(byte[] canonical) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(canonical));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
