package io.redoubt.proxy.llm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.action.Arguments;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Judgement;
import io.redoubt.approval.ApprovalRequest;
import io.redoubt.link.Freshness;
import io.redoubt.policy.PolicyAction;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.AuditRecord;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.proxy.decide.ApprovalGate;
import io.redoubt.proxy.decide.ContentInForce;
import io.redoubt.proxy.decide.Inspected;
import io.redoubt.proxy.decide.NodeIdentity;
import io.redoubt.proxy.decide.Refusal;
import io.redoubt.proxy.decide.Remark;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import io.redoubt.proxy.llm.Admission.Admitted;
import io.redoubt.proxy.llm.reply.CallVerdict;
import io.redoubt.proxy.llm.reply.ProposedCall;
import io.redoubt.proxy.llm.reply.ProposedCall.Executor;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A proposed tool call as it is decided and recorded: an action of its own, which names the call to
 * the model that it came of.
 *
 * @param arguments as proposed, or refused
 * @param digest of tool and arguments in their canonical form, hex
 * @param spec what is known of the agent; null: nothing yet
 * @param judgement of the policies; null: none yet
 * @param approval that it waits for, was refused, or passes by; null: none
 * @param form what may stand in the place of its arguments; null: nothing may
 * @param edit the call that it stands in the place of; null: an agent's model proposed it as it is
 * @param replacement what stands in its place, and may be told; null: nothing does
 */
record ToolCall(
    ActionId id,
    Instant at,
    String tool,
    Arguments arguments,
    Executor executor,
    String digest,
    Inspected found,
    @Nullable AgentSpec spec,
    @Nullable Judgement judgement,
    @Nullable ApprovalId approval,
    ApprovalRequest.@Nullable Form form,
    ApprovalView.@Nullable Edit edit,
    ApprovalGate.@Nullable Replacement replacement)
    implements ApprovalGate.Editable {
  /** Longer ones, agents look up. */
  private static final int MOST_TOLD = 4_000;

  static ToolCall of(
      ActionId id,
      Instant at,
      ProposedCall proposed,
      Arguments arguments,
      Inspector inspector,
      JsonInspection.Limits inspection) {
    return new ToolCall(
        id,
        at,
        proposed.tool(),
        arguments,
        proposed.executor(),
        digest(proposed.tool(), arguments),
        Inspected.arguments(arguments, inspector, inspection),
        null,
        null,
        null,
        proposed.editable(),
        null,
        null);
  }

  /** The call with other arguments, that stands in the place of this one. */
  ToolCall edited(
      ActionId another,
      Instant now,
      ApprovalView.Edit by,
      Arguments instead,
      Inspector inspector,
      JsonInspection.Limits inspection) {
    return new ToolCall(
        another,
        now,
        tool,
        instead,
        executor,
        digest(tool, instead),
        Inspected.arguments(instead, inspector, inspection),
        spec,
        null,
        null,
        form,
        by,
        null);
  }

  /** The same, looked at by others. */
  ToolCall inspected(Inspector inspector, JsonInspection.Limits inspection) {
    return new ToolCall(
        id,
        at,
        tool,
        arguments,
        executor,
        digest,
        Inspected.arguments(arguments, inspector, inspection),
        spec,
        judgement,
        approval,
        form,
        edit,
        replacement);
  }

  /** Whether the same was found in it, as far as a decision can tell. */
  boolean holdsTheSameAs(ToolCall other) {
    return Set.copyOf(found.findings()).equals(Set.copyOf(other.found.findings()));
  }

  /** What cannot be read has no canonical form; such calls differ by tool and reason. */
  private static String digest(String tool, Arguments arguments) {
    ObjectNode call = Json.STRICT.createObjectNode().put("tool", tool);
    if (arguments.refusal() == null) {
      call.set("arguments", arguments.values());
    } else {
      call.put("refusal", arguments.refusal());
    }
    try {
      var sha256 = MessageDigest.getInstance("SHA-256");
      return TokenDigest.ofBytes(sha256.digest(CanonicalJson.write(call))).toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  ToolCall judged(@Nullable AgentSpec by, @Nullable Judgement what) {
    return new ToolCall(
        id,
        at,
        tool,
        arguments,
        executor,
        digest,
        found,
        by,
        what,
        approval,
        form,
        edit,
        replacement);
  }

  ToolCall upTo(@Nullable ApprovalId which) {
    return new ToolCall(
        id,
        at,
        tool,
        arguments,
        executor,
        digest,
        found,
        spec,
        judgement,
        which,
        form,
        edit,
        replacement);
  }

  ToolCall replacedBy(ApprovalGate.@Nullable Replacement other) {
    return new ToolCall(
        id, at, tool, arguments, executor, digest, found, spec, judgement, approval, form, edit,
        other);
  }

  /** How it goes out. */
  CallVerdict released() {
    return edit == null ? new CallVerdict.Released() : new CallVerdict.Edited(arguments);
  }

  GovernedAction action(InetAddress source) {
    return new GovernedAction(
        id,
        Plane.TOOL,
        PolicyAction.TOOL_CALL.id(),
        tool,
        null,
        digest,
        source,
        false,
        Set.copyOf(found.findings()),
        arguments);
  }

  /** What its client is told in its place. */
  CallVerdict.Denied denied(Refusal why) {
    var refusal = arguments.refusal();
    return new CallVerdict.Denied(
        id,
        why.isByPolicy() && judgement != null ? judgement.decision().policyIds() : List.of(),
        why == Refusal.POLICY_DENIED && refusal != null
            ? "Its arguments cannot be judged: " + refusal
            : why.message(approval) + told());
  }

  /** What stands in its place: once that is approved, the agent may ask for it. */
  private String told() {
    if (replacement == null) {
      return "";
    }
    if (replacement.arguments() == null) {
      return replacement.view().status() == ApprovalStatus.PENDING ? ", which is pending" : "";
    }
    var instead = new String(CanonicalJson.write(replacement.arguments()), StandardCharsets.UTF_8);
    return instead.length() > MOST_TOLD
        ? "; call it with the arguments that the request tells"
        : "; call it with these arguments instead: " + instead;
  }

  AuditRecord intent(
      NodeIdentity node, LlmCall of, Admitted admitted, Freshness.Standing standing) {
    return record(node, of, admitted, Verdict.PERMIT)
        .detail(remark(of, standing == Freshness.Standing.CONTINUED ? Admission.CONTINUED : null))
        .build();
  }

  AuditRecord refused(NodeIdentity node, LlmCall of, Admitted admitted, Refusal why) {
    return record(node, of, admitted, why.verdict())
        .detail(remark(of, why.code()))
        .outcome(new Outcome(Outcome.Status.REFUSED, 0, null, why.code()))
        .build();
  }

  private @Nullable String remark(LlmCall of, @Nullable String code) {
    var first = new ArrayList<String>();
    if (code != null) {
      first.add(code);
    }
    first.add("in the reply to " + of.action());
    if (edit != null) {
      first.add(Remark.inThePlaceOf(edit));
    }
    if (executor == Executor.PROVIDER) {
      first.add("run by the provider");
    }
    if (judgement == null && arguments.refusal() != null) {
      first.add("the arguments cannot be judged: " + arguments.refusal());
    }
    return Remark.of(first, judgement);
  }

  private AuditBuilder record(NodeIdentity node, LlmCall of, Admitted admitted, Verdict verdict) {
    var claims = admitted.agent().claims();
    var owner = (spec == null ? admitted.spec() : spec).owner();
    var record =
        new AuditBuilder(
                id.auditId(),
                at,
                claims.organization(),
                Plane.TOOL,
                PolicyAction.TOOL_CALL.id(),
                verdict)
            .agent(claims.agent(), owner)
            .byAgent()
            .at(node.enclave(), node.node())
            .resource(tool)
            .actionDigest(digest)
            .findings(found.findings())
            .coverage(
                judgement == null
                    ? found.coverage()
                    : found.coverage().after(ContentInForce.acts(judgement.decision())))
            .approval(approval)
            .trace(of.trace().traceId());
    if (judgement != null) {
      record
          .policies(judgement.decision().policyIds(), judgement.bundleVersion())
          .risk(judgement.risk().score());
    }
    return record;
  }
}
