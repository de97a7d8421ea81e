package io.redoubt.approval;

import io.redoubt.ClusterMessage;
import io.redoubt.action.Approved;
import io.redoubt.approval.Approval.Ask;
import io.redoubt.approval.Approval.Asked;
import io.redoubt.approval.Approval.Await;
import io.redoubt.approval.Approval.Ballot;
import io.redoubt.approval.Approval.Cancel;
import io.redoubt.approval.Approval.Cancelled;
import io.redoubt.approval.Approval.Command;
import io.redoubt.approval.Approval.Consume;
import io.redoubt.approval.Approval.Consumed;
import io.redoubt.approval.Approval.DeadlinePassed;
import io.redoubt.approval.Approval.Denied;
import io.redoubt.approval.Approval.Describe;
import io.redoubt.approval.Approval.Expired;
import io.redoubt.approval.Approval.GrantUsed;
import io.redoubt.approval.Approval.Judged;
import io.redoubt.approval.Approval.NotWritten;
import io.redoubt.approval.Approval.Referred;
import io.redoubt.approval.Approval.Refusal;
import io.redoubt.approval.Approval.Refused;
import io.redoubt.approval.Approval.Reply;
import io.redoubt.approval.Approval.Standing;
import io.redoubt.approval.Approval.Stop;
import io.redoubt.approval.Approval.TierReached;
import io.redoubt.approval.Approval.Vote;
import io.redoubt.approval.Approval.VoteCast;
import io.redoubt.approval.Approval.WriteAgain;
import io.redoubt.approval.Approval.Written;
import io.redoubt.approval.ApprovalState.Closed;
import io.redoubt.approval.ApprovalState.Granted;
import io.redoubt.approval.ApprovalState.Pending;
import io.redoubt.approval.ApprovalState.Unasked;
import io.redoubt.protocol.approval.ApprovalStatus;
import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalTier.OnTimeout;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.approval.ApprovalView.Decision;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.ModelOpinion;
import io.redoubt.protocol.approval.ModelOpinion.Said;
import io.redoubt.protocol.approval.PolicyClause;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.serialization.Sample;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;

/** One of everything that an approval stores or says. */
public final class ApprovalSamples {
  private static final Instant AT = Instant.parse("2026-11-20T12:00:00.123456Z");
  private static final Instant LATER = Instant.parse("2026-11-20T12:15:00Z");
  private static final AgentId AGENT = AgentId.parse("agt_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final ActionId ACTION = ActionId.parse("act_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final ApprovalKey KEY =
      new ApprovalKey(
          OrganizationId.parse("org_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e"),
          ApprovalId.parse("apr_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e"));
  static final ApprovalWorkflow TWO_TIERS =
      new ApprovalWorkflow(
          "payments",
          List.of(
              new ApprovalTier(
                  ApprovalTier.Kind.HUMAN,
                  List.of("owner", "mem_ann"),
                  2,
                  60,
                  OnTimeout.NEXT,
                  false,
                  false),
              new ApprovalTier(
                  ApprovalTier.Kind.HUMAN, List.of(), 1, 120, OnTimeout.DENY, true, true)),
          3,
          600);
  static final ApprovalRequest REQUEST =
      new ApprovalRequest(
          "f00d",
          AGENT,
          "mem_owner",
          Plane.TOOL,
          "tool:call",
          null,
          "transfer",
          "beef",
          List.of("ask"),
          7,
          35,
          ACTION,
          ACTION,
          "0af7651916cd43dd8448eb211c80319c",
          List.of(TWO_TIERS, ApprovalWorkflow.usual("default")));
  private static final ApprovalRequest BARE =
      new ApprovalRequest(
          "f00d",
          AGENT,
          null,
          Plane.LLM,
          "llm:generate",
          "anthropic",
          "claude",
          "beef",
          List.of(),
          7,
          0,
          ACTION,
          null,
          null,
          List.of(ApprovalWorkflow.usual("default")));
  private static final ApprovalRequest JUDGED =
      new ApprovalRequest(
          "f00d",
          AGENT,
          null,
          Plane.TOOL,
          "tool:call",
          null,
          "transfer",
          "beef",
          List.of("ask"),
          7,
          35,
          ACTION,
          null,
          null,
          List.of(
              new ApprovalWorkflow(
                  "judged",
                  List.of(
                      ApprovalTier.judge(
                          "anthropic",
                          "claude-judge",
                          List.of(Decision.APPROVE, Decision.DENY),
                          40,
                          70,
                          20,
                          OnTimeout.NEXT),
                      new ApprovalTier(
                          ApprovalTier.Kind.HUMAN, List.of(), 1, 120, OnTimeout.DENY, true, true)),
                  1,
                  600)));
  private static final ModelOpinion OPINION =
      new ModelOpinion("model:anthropic/claude-judge", Said.UNSURE, 30, "who is the payee?");
  private static final Ballot BALLOT =
      new Ballot("ballot-1", "mem_ann", "enclave", Decision.APPROVE, "looks right");
  private static final Ballot BALLOT_OF_SRE =
      new Ballot("ballot-1", "mem_ann", "enclave", Decision.APPROVE, "looks right", List.of("sre"));
  private static final Ballot BALLOT_OF_FRESH = BALLOT.authenticated(12L);
  private static final ApprovalView.Edit EDIT =
      new ApprovalView.Edit(
          ApprovalId.parse("apr_0192f5c07a3e7b9c8d1e2f3a4b5c6d7f"),
          "cafe",
          "mem_ann",
          List.of("/amount"));
  private static final ApprovalRequest CHANGED =
      new ApprovalRequest(
          "d00f",
          AGENT,
          null,
          Plane.TOOL,
          "tool:call",
          null,
          "transfer",
          "cafe",
          List.of("ask"),
          7,
          35,
          ACTION,
          null,
          null,
          List.of(
              new ApprovalWorkflow(
                  "payments",
                  List.of(
                      TWO_TIERS.tiers().getFirst(),
                      TWO_TIERS.tiers().getLast().steppingUp(300, 40)),
                  1,
                  600)),
          new ApprovalRequest.Editing(ApprovalRequest.Form.OBJECT, "10.0.0.1"),
          new ApprovalRequest.Origin(EDIT, 1),
          List.of(),
          List.of(),
          List.of());
  private static final Approved GRANT =
      new Approved(KEY.approval(), "f00d", 2, Set.of("mem_ann"), AT);

  private ApprovalSamples() {}

  private static Proceedings proceedings() {
    return Proceedings.begin(REQUEST, AT)
        .voted(BALLOT, AT)
        .at(0, 1, AT)
        .and(Proceedings.Deed.GRANTED, AT)
        .used(ACTION, LATER);
  }

  /** Events and phases, each with its golden file. */
  public static List<Sample> stored() {
    return List.of(
        new Sample("approval-event/asked.json", new Asked(REQUEST, LATER, AT)),
        new Sample("approval-event/asked-bare.json", new Asked(BARE, LATER, AT)),
        new Sample(
            "approval-event/asked-because.json",
            new Asked(
                BARE.because(
                    List.of("off-intent 30", "new-operation 5"), List.of("pii:email"), List.of()),
                LATER,
                AT)),
        new Sample(
            "approval-event/asked-in-words.json",
            new Asked(
                BARE.because(
                    List.of(),
                    List.of(),
                    List.of(new PolicyClause("ask", "forbid (principal, action, resource);"))),
                LATER,
                AT)),
        new Sample("approval-event/vote-cast.json", new VoteCast(BALLOT, AT)),
        new Sample("approval-event/vote-cast-in-groups.json", new VoteCast(BALLOT_OF_SRE, AT)),
        new Sample("approval-event/vote-cast-fresh.json", new VoteCast(BALLOT_OF_FRESH, AT)),
        new Sample("approval-event/asked-changed.json", new Asked(CHANGED, LATER, AT)),
        new Sample("approval-event/edited.json", new Approval.Edited(BALLOT, EDIT, AT)),
        new Sample(
            "approval-state/closed-edited.json",
            new Closed(
                Proceedings.begin(CHANGED, AT).edited(BALLOT, EDIT, LATER),
                ApprovalStatus.EDITED,
                LATER)),
        new Sample("approval-event/asked-judge.json", new Asked(JUDGED, LATER, AT)),
        new Sample("approval-event/referred.json", new Referred(OPINION, "it is unsure", AT)),
        new Sample("approval-event/tier-reached.json", new TierReached(0, 1, LATER, AT)),
        new Sample("approval-event/granted.json", new Approval.Granted(3, LATER, AT)),
        new Sample("approval-event/denied.json", new Denied(AT)),
        new Sample("approval-event/expired.json", new Expired(AT)),
        new Sample("approval-event/grant-used.json", new GrantUsed(ACTION, AT)),
        new Sample("approval-event/cancelled.json", new Cancelled("it was stopped", "mem_bob", AT)),
        new Sample("approval-state/unasked.json", new Unasked()),
        new Sample("approval-state/pending.json", new Pending(Proceedings.begin(BARE, AT), LATER)),
        new Sample(
            "approval-state/pending-referred.json",
            new Pending(
                Proceedings.begin(JUDGED, AT).referred(OPINION, "it is unsure", AT).at(0, 1, AT),
                LATER)),
        new Sample("approval-state/granted.json", new Granted(proceedings(), 2, LATER, AT)),
        new Sample(
            "approval-state/closed.json",
            new Closed(
                proceedings().cancelled("it was stopped", "mem_bob", LATER),
                ApprovalStatus.CANCELLED,
                null)));
  }

  /** Every command, asked by {@code replyTo}. */
  public static List<Command> commands(ActorRef<Reply> replyTo) {
    return List.of(
        new Ask(REQUEST, LATER, replyTo),
        new Vote(BALLOT, replyTo),
        new Approval.MayEdit(BALLOT_OF_FRESH, replyTo),
        new Approval.Edit(BALLOT, EDIT, replyTo),
        new Consume(ACTION, LATER, replyTo),
        new Cancel("it was stopped", "mem_bob", replyTo),
        new Await(LATER, replyTo),
        new Describe(replyTo),
        new Judged(0, 1, OPINION),
        new DeadlinePassed(),
        new Written(3),
        new NotWritten("away"),
        new WriteAgain(),
        new Stop());
  }

  /** Every answer. */
  public static List<Reply> replies() {
    var view = proceedings().view(KEY, ApprovalStatus.APPROVED, 2, LATER, AT);
    return List.of(
        new Standing(view, GRANT),
        new Consumed(view),
        new Approval.Editable(CHANGED, 0, 1),
        new Refused(Refusal.NOT_ASKED, view),
        new Refused(Refusal.UNKNOWN, null));
  }

  /** What stands in those, and is bound to the same serializer. */
  public static List<ClusterMessage> parts() {
    return List.of(BARE, CHANGED, BALLOT, BALLOT_OF_SRE.authenticated(12L));
  }
}
