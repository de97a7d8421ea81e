package io.redoubt.agent;

import io.redoubt.ClusterMessage;
import io.redoubt.action.Act;
import io.redoubt.action.Approved;
import io.redoubt.action.Arguments;
import io.redoubt.action.Estimate;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent.AdmitRefresh;
import io.redoubt.agent.Agent.Answer;
import io.redoubt.agent.Agent.Bootstrap;
import io.redoubt.agent.Agent.BootstrapBurned;
import io.redoubt.agent.Agent.BootstrapOffered;
import io.redoubt.agent.Agent.BootstrapRepeated;
import io.redoubt.agent.Agent.Bootstrapped;
import io.redoubt.agent.Agent.Command;
import io.redoubt.agent.Agent.Configure;
import io.redoubt.agent.Agent.Configured;
import io.redoubt.agent.Agent.Decide;
import io.redoubt.agent.Agent.DecideTogether;
import io.redoubt.agent.Agent.Decided;
import io.redoubt.agent.Agent.Decommission;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Agent.Denied;
import io.redoubt.agent.Agent.Describe;
import io.redoubt.agent.Agent.Description;
import io.redoubt.agent.Agent.Done;
import io.redoubt.agent.Agent.FenceFailed;
import io.redoubt.agent.Agent.FenceRaised;
import io.redoubt.agent.Agent.HistoryRead;
import io.redoubt.agent.Agent.HistoryUnknown;
import io.redoubt.agent.Agent.Isolate;
import io.redoubt.agent.Agent.Isolated;
import io.redoubt.agent.Agent.LifecycleChanged;
import io.redoubt.agent.Agent.OfferBootstrap;
import io.redoubt.agent.Agent.Permitted;
import io.redoubt.agent.Agent.RefreshAdmitted;
import io.redoubt.agent.Agent.Refusal;
import io.redoubt.agent.Agent.Refused;
import io.redoubt.agent.Agent.Release;
import io.redoubt.agent.Agent.Released;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.agent.Agent.RetryFence;
import io.redoubt.agent.Agent.Revoke;
import io.redoubt.agent.Agent.Revoked;
import io.redoubt.agent.Agent.Settle;
import io.redoubt.agent.Agent.Stop;
import io.redoubt.agent.AgentState.Known;
import io.redoubt.agent.AgentState.Lifecycle;
import io.redoubt.agent.AgentState.Unknown;
import io.redoubt.budget.Ledger;
import io.redoubt.budget.Limit;
import io.redoubt.budget.OrganizationBudget;
import io.redoubt.budget.Shortage;
import io.redoubt.budget.Tally;
import io.redoubt.policy.Decision;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Reserved;
import io.redoubt.protocol.audit.Spend;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.FamilyId;
import io.redoubt.protocol.id.IsolationId;
import io.redoubt.protocol.id.ReleaseId;
import io.redoubt.protocol.link.AgentSpec;
import io.redoubt.protocol.link.AgentStatus;
import io.redoubt.protocol.link.Budget;
import io.redoubt.protocol.link.Manifest;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.link.Spending;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentPolicy.Layer;
import io.redoubt.protocol.token.TokenDigest;
import io.redoubt.serialization.Sample;
import io.redoubt.session.Risk;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;

/** One of everything that an agent stores or says. */
public final class AgentSamples {
  private static final Instant AT = Instant.parse("2026-11-20T12:00:00.123456Z");
  private static final Instant LATER = Instant.parse("2026-11-20T12:05:00Z");
  private static final TokenDigest TOKEN = TokenDigest.of("token");
  private static final TokenDigest EARLIER = TokenDigest.of("earlier token");
  private static final TokenDigest COMMITMENT = TokenDigest.of("commitment");
  private static final FamilyId FAMILY = FamilyId.parse("fam_0192f5c07a3e7b9c8d1e2f3a4b5c6d7e");
  private static final IsolationId ISOLATION =
      IsolationId.parse("iso_0192f5c07a3e7b9c8d1e2f3a4b5c6d7f");
  private static final IsolationId LIFTED =
      IsolationId.parse("iso_0192f5c07a3e7b9c8d1e2f3a4b5c6d80");
  private static final ReleaseId RELEASE = ReleaseId.parse("rel_0192f5c07a3e7b9c8d1e2f3a4b5c6d84");
  private static final InetAddress SOURCE = InetAddress.ofLiteral("2001:db8::1");
  private static final AgentSpec SPEC =
      new AgentSpec(
          "builder",
          "ann@example.com",
          Map.of("team", "build"),
          List.of(Cidr.parse("10.0.0.0/8"), Cidr.parse("2001:db8::/32")),
          new ModelAccess(List.of("claude-*"), List.of("claude-old")),
          true,
          7);

  private static final AgentSpec MEANT =
      new AgentSpec(
          "builder",
          null,
          Map.of(),
          List.of(),
          ModelAccess.ANY,
          false,
          new Manifest(List.of("git"), List.of("deploy"), List.of("claude-*"), List.of()),
          8);

  private static final AgentSpec THRIFTY =
      new AgentSpec(
          "builder",
          null,
          Map.of(),
          List.of(),
          ModelAccess.ANY,
          false,
          Manifest.NONE,
          new Budget(5_000_000L, null, null, 10_000_000L),
          9);

  private static final AgentSpec LIMITED =
      new AgentSpec(
          "builder",
          null,
          Map.of(),
          List.of(),
          ModelAccess.ANY,
          false,
          Manifest.NONE,
          Budget.NONE,
          0,
          10);
  private static final ActionId ACTION = ActionId.parse("act_0192f5c07a3e7b9c8d1e2f3a4b5c6d81");
  private static final LocalDate DAY = LocalDate.of(2026, 11, 20);
  private static final Spend SPEND = new Spend(1_200, 3_400);
  private static final Reserved RESERVED = new Reserved(12, DAY, 5_000, 9_000);
  private static final Tally TALLY =
      new Tally(
          12, DAY, SPEND, new Spend(40_000, 90_000), List.of(new Tally.Open(ACTION, RESERVED)));

  private static final Risk RISK =
      new Risk(
          40,
          List.of(
              new Risk.Contribution("off-intent", 30), new Risk.Contribution("new-operation", 10)));
  private static final Asking ASKING =
      new Asking("f00d", List.of(ApprovalWorkflow.usual("default")), List.of());
  private static final Approved APPROVED =
      new Approved(
          ApprovalId.parse("apr_0192f5c07a3e7b9c8d1e2f3a4b5c6d83"),
          "f00d",
          1,
          Set.of("mem_ann"),
          AT);

  private static final Judgement JUDGEMENT =
      new Judgement(
          4,
          new Decision(
              Verdict.DENY,
              List.of("p1"),
              List.of("default"),
              List.of(new Decision.Alert("p1", "look")),
              new Decision.Shadow(Verdict.ESCALATE, List.of("p2"), List.of("w"), List.of("odd")),
              List.of("p1: overflow"),
              List.of(
                  new Decision.Handling("pii:email", ContentAction.REDACT, Layer.ORGANIZATION))),
          RISK,
          ASKING);

  private AgentSamples() {}

  /** Events and phases, each with its golden file. */
  public static List<Sample> stored() {
    var enrolment =
        new Enrolment(
            new Enrolment.Offer(TOKEN, LATER),
            new Enrolment.Burn(EARLIER, COMMITMENT, COMMITMENT, "jti", LATER, "jkt", AT, 2),
            List.of(new Enrolment.Retired(EARLIER, true)));
    var isolations =
        new Isolations(
            List.of(new Isolations.Standing(ISOLATION, AT)),
            List.of(new Isolations.Lifted(LIFTED, AT, LATER)),
            List.of());
    var repeatable =
        new Isolations(
            List.of(),
            List.of(new Isolations.Lifted(LIFTED, AT, LATER)),
            List.of(new Isolations.Answered(RELEASE, Set.of(LIFTED))));
    return List.of(
        new Sample("agent-event/configured.json", new Configured(SPEC, AT, null)),
        new Sample(
            "agent-event/bootstrap-offered.json", new BootstrapOffered(TOKEN, LATER, AT, null)),
        new Sample(
            "agent-event/bootstrap-burned.json",
            new BootstrapBurned(TOKEN, COMMITMENT, COMMITMENT, FAMILY, "jti", LATER, "jkt", AT)),
        new Sample(
            "agent-event/bootstrap-burned-bare.json",
            new BootstrapBurned(TOKEN, null, COMMITMENT, FAMILY, "jti", LATER, null, AT)),
        new Sample("agent-event/bootstrap-repeated.json", new BootstrapRepeated(AT)),
        new Sample("agent-event/isolated.json", new Isolated(ISOLATION, "odd", "ann", AT, null)),
        new Sample(
            "agent-event/released.json",
            new Released(Set.of(ISOLATION), null, "fine", "ann", AT, null)),
        new Sample(
            "agent-event/released-repeatable.json",
            new Released(Set.of(ISOLATION), RELEASE, "fine", "ann", AT, null)),
        new Sample("agent-event/revoked.json", new Revoked("leak", "ann", AT, null)),
        new Sample(
            "agent-event/decommissioned.json", new Agent.Decommissioned("retired", "ann", AT)),
        new Sample("agent-event/configured-budget.json", new Configured(THRIFTY, AT, 17L)),
        new Sample("agent-event/configured-limit.json", new Configured(LIMITED, AT, 17L)),
        new Sample("agent-event/budget-opened.json", new Agent.BudgetOpened(AT)),
        new Sample("agent-event/budget-tallied.json", new Agent.BudgetTallied(TALLY, AT)),
        new Sample(
            "agent-state/known-budget.json",
            new Known(
                THRIFTY,
                Lifecycle.PENDING,
                Enrolment.NONE,
                Isolations.NONE,
                List.of(),
                2,
                AT,
                null,
                TALLY)),
        new Sample("agent-event/configured-17.json", new Configured(SPEC, AT, 17L)),
        new Sample("agent-event/configured-intent.json", new Configured(MEANT, AT, 17L)),
        new Sample(
            "agent-event/bootstrap-offered-17.json", new BootstrapOffered(TOKEN, LATER, AT, 17L)),
        new Sample("agent-event/isolated-17.json", new Isolated(ISOLATION, "odd", "ann", AT, 17L)),
        new Sample(
            "agent-event/released-17.json",
            new Released(Set.of(ISOLATION), null, "fine", "ann", AT, 17L)),
        new Sample("agent-event/revoked-17.json", new Revoked("leak", "ann", AT, 17L)),
        new Sample(
            "agent-state/known-17.json",
            new Known(
                SPEC, Lifecycle.PENDING, Enrolment.NONE, Isolations.NONE, List.of(), 1, AT, 17L)),
        new Sample(
            "agent-state/known-releases.json",
            new Known(SPEC, Lifecycle.PENDING, Enrolment.NONE, repeatable, List.of(), 1, AT, null)),
        new Sample("agent-state/unknown.json", new Unknown()),
        new Sample(
            "agent-state/known.json",
            new Known(SPEC, Lifecycle.ACTIVE, enrolment, isolations, List.of(FAMILY), 4, AT, null)),
        new Sample(
            "agent-state/known-bare.json",
            new Known(
                SPEC, Lifecycle.PENDING, Enrolment.NONE, Isolations.NONE, List.of(), 1, AT, null)),
        new Sample(
            "agent-state/decommissioned.json",
            new AgentState.Decommissioned(SPEC, enrolment, isolations, List.of(FAMILY), 5, AT)));
  }

  private static Arguments arguments() {
    return Arguments.parse("{\"n\":1}".getBytes(StandardCharsets.UTF_8));
  }

  private static GovernedAction toolCall(Arguments arguments) {
    return new GovernedAction(
        ActionId.parse("act_0192f5c07a3e7b9c8d1e2f3a4b5c6d82"),
        Plane.TOOL,
        "tool:call",
        "transfer",
        null,
        TOKEN.toString(),
        SOURCE,
        false,
        Set.of(),
        arguments);
  }

  /** Every command, asked by {@code replyTo}. */
  public static List<Command> commands(ActorRef<Reply> replyTo) {
    var action =
        new GovernedAction(
                ACTION,
                Plane.LLM,
                "llm:generate",
                "claude-sonnet",
                "anthropic",
                TOKEN.toString(),
                SOURCE,
                false,
                Set.of("pii:email"))
            .declaring(new DeclaredTools(List.of("shell"), null))
            .costing(new Estimate(1_000, 2_500L));
    var call = toolCall(arguments());
    var unreadable = toolCall(Arguments.refused("not JSON")).with(APPROVED);
    return List.of(
        new Configure(SPEC, 17L, replyTo),
        new OfferBootstrap(TOKEN, LATER, 17L, replyTo),
        new Bootstrap(
            TOKEN, COMMITMENT, COMMITMENT, FAMILY, "jti", LATER, "jkt", SOURCE, LATER, replyTo),
        new AdmitRefresh(FAMILY, SOURCE, replyTo),
        new Decide(action, FAMILY, LATER, replyTo),
        new DecideTogether(List.of(call, unreadable), FAMILY, LATER, replyTo),
        new Agent.Consider(call, LATER, replyTo),
        new Isolate(ISOLATION, "odd", "ann", 17L, replyTo),
        new Release(
            // In an order that is the same each time it is written.
            new LinkedHashSet<>(List.of(ISOLATION, LIFTED)), null, "fine", "ann", 17L, replyTo),
        new Release(Set.of(), RELEASE, "fine", "ann", null, replyTo),
        new Revoke("leak", "ann", 17L, replyTo),
        new Decommission("retired", "ann", 17L, replyTo),
        new Settle(ACTION, SPEND, replyTo),
        new Describe(replyTo),
        new FenceRaised(3),
        new FenceFailed(3, "down"),
        new RetryFence(),
        new HistoryRead(
            3, List.of(new Act(AT, "llm:generate", "claude-sonnet", Verdict.PERMIT, 1L << 62))),
        new HistoryUnknown("down"),
        new Agent.BudgetFenced(),
        new Agent.BudgetRead(List.of(new Ledger.Entry(ACTION, RESERVED, SPEND))),
        new Agent.BudgetUnknown("down"),
        new Agent.TrancheDrawn(3, new OrganizationBudget.Holds(DAY, SPEND, null)),
        new Agent.TrancheUnknown(3, "down"),
        new Agent.BudgetCompared(
            List.of(ACTION), List.of(new Ledger.Entry(ACTION, RESERVED, null))),
        new Stop());
  }

  /** Every answer. */
  public static List<Reply> replies() {
    return List.of(
        new Done(),
        new Bootstrapped(SPEC, TOKEN, "jti", LATER, null, true),
        new RefreshAdmitted(SPEC),
        new Permitted(SPEC, 3, JUDGEMENT),
        new Permitted(SPEC, 3, JUDGEMENT, RESERVED),
        new Denied(Denial.UNKNOWN_AGENT, null, null),
        new Denied(Denial.POLICY, SPEC, JUDGEMENT),
        new Denied(
            Denial.OVER_BUDGET,
            SPEC,
            null,
            new Shortage(
                Shortage.Whose.AGENT,
                Limit.USD_PER_DAY,
                5_000_000,
                4_000_000,
                900_000,
                200_000,
                LATER)),
        new Decided(
            SPEC,
            3,
            List.of(new Answer(null, JUDGEMENT), new Answer(Denial.APPROVAL_NEEDED, JUDGEMENT))),
        new LifecycleChanged(
            AgentStatus.ISOLATED, List.of(ISOLATION), List.of(ISOLATION), List.of(), AT, SPEC),
        new Description(AgentStatus.ACTIVE, SPEC, List.of(), List.of(FAMILY), AT),
        new Description(
            AgentStatus.ACTIVE,
            THRIFTY,
            List.of(),
            List.of(FAMILY),
            AT,
            new Spending(DAY, SPEND, Spend.ZERO, SPEND, SPEND)),
        new Refused(Refusal.UNAVAILABLE));
  }

  /** What stands in those, and is bound to the same serializer. */
  public static List<ClusterMessage> parts() {
    return List.of(
        toolCall(arguments()).with(APPROVED).costing(new Estimate(1_000, null)),
        arguments(),
        Arguments.refused("not JSON"),
        APPROVED,
        RISK,
        ASKING);
  }
}
