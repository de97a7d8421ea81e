package io.redoubt.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.redoubt.action.Approved;
import io.redoubt.action.GovernedAction;
import io.redoubt.agent.Agent.Denial;
import io.redoubt.agent.Agent.Denied;
import io.redoubt.agent.Agent.Permitted;
import io.redoubt.agent.Agent.Reply;
import io.redoubt.policy.Decision;
import io.redoubt.policy.Starter;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.approval.PolicyClause;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** An active agent may do what the policies of its organization permit, and nothing else. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentPolicyTest {
  private final AgentFixture it = new AgentFixture();

  @BeforeEach
  void activate() {
    it.forget();
    it.activate();
  }

  @AfterAll
  void shutDown() {
    it.close();
  }

  private Reply decide() {
    return it.decide(it.call("claude-sonnet")).reply();
  }

  private Denied denied(Denial why) {
    var reply = decide();
    assertThat(reply).isInstanceOf(Denied.class);
    var denied = (Denied) reply;
    assertThat(denied.why()).isEqualTo(why);
    assertThat(denied.spec()).isEqualTo(it.spec);
    return denied;
  }

  private Judgement judged(Denial why) {
    return Objects.requireNonNull(denied(why).judgement());
  }

  private static PolicyDocument policy(String name, String cedar) {
    return new PolicyDocument(name, cedar);
  }

  @Test
  void whatNoPolicyPermitsIsDenied() {
    it.policies.run(2);

    var judgement = judged(Denial.POLICY);

    assertThat(judgement.bundleVersion()).isEqualTo(2);
    assertThat(judgement.decision().policyIds()).isEmpty();
  }

  @Test
  void withoutKnownPoliciesNothingIsPermitted() {
    it.policies.lose();

    assertThat(denied(Denial.POLICIES_UNKNOWN).judgement()).isNull();
  }

  @Test
  void aPolicyKnowsTheAgentsLabelsAndTheModelsProvider() {
    it.policies.run(
        3,
        Starter.DOCUMENT,
        policy(
            "no-builders",
            """
            forbid (principal in AgentGroup::"team=build", action, resource in Provider::"anthropic");
            """));

    var judgement = judged(Denial.POLICY);

    assertThat(judgement.bundleVersion()).isEqualTo(3);
    assertThat(judgement.decision().policyIds()).containsExactly("no-builders");
  }

  @Test
  void newPoliciesDecideFromTheNextActionOn() {
    assertThat(decide()).isEqualTo(new Permitted(it.spec, 1, AgentFixture.byStarter()));

    it.policies.run(2);
    var between = judged(Denial.POLICY);
    it.policies.run(3, Starter.DOCUMENT);

    assertThat(between.bundleVersion()).isEqualTo(2);
    assertThat(decide()).isInstanceOf(Permitted.class);
  }

  @Test
  void whatNeedsAnApprovalIsNotPermitted() {
    it.policies.run(
        2,
        Starter.DOCUMENT,
        policy(
            "ask",
            "@escalate(\"models\") forbid (principal, action, resource) unless { context has"
                + " approval };"));

    var judgement = judged(Denial.APPROVAL_NEEDED);

    assertThat(judgement.decision().verdict()).isEqualTo(Verdict.ESCALATE);
    assertThat(judgement.decision().workflows()).containsExactly("models");
  }

  private static final PolicyDocument ASK =
      policy(
          "ask",
          "@escalate(\"models\") forbid (principal, action, resource) unless { context has"
              + " approval };");

  private Asking asks() {
    return Objects.requireNonNull(judged(Denial.APPROVAL_NEEDED).asking());
  }

  private Approved grant(String identity) {
    return new Approved(
        ApprovalId.next(it.clock), identity, 1, Set.of("mem_ann"), AgentFixture.NOW);
  }

  @Test
  void theSameCallAsksForTheSameWhateverElseIsPublished() {
    it.policies.run(2, Starter.DOCUMENT, ASK);
    var first = asks();

    it.policies.run(3, Starter.DOCUMENT, ASK, policy("more", "// nothing"));
    assertThat(asks()).isEqualTo(first);

    it.policies.run(
        4, Starter.DOCUMENT, policy("ask", ASK.cedar().replace("principal", "principal is Agent")));
    assertThat(asks().identity()).as("another policy asks").isNotEqualTo(first.identity());
    assertThat(first.workflows()).extracting(ApprovalWorkflow::name).containsExactly("models");
    assertThat(first.clauses()).containsExactly(new PolicyClause("ask", ASK.cedar()));
  }

  @Test
  void anotherCallAsksForSomethingElse() {
    it.policies.run(2, Starter.DOCUMENT, ASK);
    var first = asks();

    var other = (Denied) it.decide(it.call("claude-opus")).reply();

    assertThat(
            Objects.requireNonNull(Objects.requireNonNull(other.judgement()).asking()).identity())
        .isNotEqualTo(first.identity());
  }

  @Test
  void aGrantForWhatIsAskedLetsItPass() {
    it.policies.run(2, Starter.DOCUMENT, ASK);
    var asking = asks();

    var reply = it.decide(it.call("claude-sonnet").with(grant(asking.identity()))).reply();

    assertThat(reply).isInstanceOf(Permitted.class);
    assertThat(Objects.requireNonNull(((Permitted) reply).judgement()).asking()).isEqualTo(asking);
  }

  @Test
  void aGrantOfAModelIsNoGoodForMoreRiskThanItMayTake() {
    it.policies.run(2, Starter.DOCUMENT, ASK);
    var identity = asks().identity();
    int risk = judged(Denial.APPROVAL_NEEDED).risk().score();

    var tooRisky = it.decide(it.call("claude-sonnet").with(grant(identity, risk - 1))).reply();
    var within = it.decide(it.call("claude-sonnet").with(grant(identity, 100))).reply();

    assertThat(((Denied) tooRisky).why()).isEqualTo(Denial.APPROVAL_NEEDED);
    assertThat(within).isInstanceOf(Permitted.class);
  }

  private Approved grant(String identity, int maxRisk) {
    var people = grant(identity);
    return new Approved(
        people.id(), identity, 1, Set.of("model:anthropic/claude"), people.at(), maxRisk);
  }

  @Test
  void aGrantForAnythingElseLetsNothingPass() {
    it.policies.run(2, Starter.DOCUMENT, ASK);
    var asking = asks();

    for (var action :
        List.of(
            it.call("claude-sonnet").with(grant("f00d")),
            it.call("claude-opus").with(grant(asking.identity())))) {
      assertThat(it.decide(action).reply())
          .isInstanceOfSatisfying(
              Denied.class, denied -> assertThat(denied.why()).isEqualTo(Denial.APPROVAL_NEEDED));
    }
  }

  @Test
  void whatContentPolicyWantsApprovedPassesByTheGrantAndIsRedactedStill() {
    it.policies.runContent(
        2,
        new ContentDocument(
            "organization",
            new ContentPolicy(
                List.of(
                    new ContentPolicy.Rule(
                        "iban", List.of(Direction.REQUEST), ContentAction.REQUIRE_APPROVAL, false),
                    new ContentPolicy.Rule(
                        "email", List.of(Direction.REQUEST), ContentAction.REDACT, false)),
                List.of())));
    var call = it.call("claude-sonnet", Set.of("pii:iban", "pii:email"));
    var asked = (Denied) it.decide(call).reply();
    var asking = Objects.requireNonNull(Objects.requireNonNull(asked.judgement()).asking());
    assertThat(asking.workflows()).extracting(ApprovalWorkflow::name).containsExactly("default");

    var permitted = (Permitted) it.decide(call.with(grant(asking.identity()))).reply();
    var otherwise =
        it.decide(
                it.call("claude-sonnet", Set.of("pii:iban", "secret:jwt"))
                    .with(grant(asking.identity())))
            .reply();

    assertThat(Objects.requireNonNull(permitted.judgement()).decision().content())
        .extracting(Decision.Handling::finding, Decision.Handling::action)
        .containsExactly(
            tuple("pii:email", ContentAction.REDACT), tuple("pii:iban", ContentAction.ALERT));
    assertThat(((Denied) otherwise).why())
        .as("it was approved with other findings")
        .isEqualTo(Denial.APPROVAL_NEEDED);
  }

  @Test
  void whatForbidsForGoodIsNotLiftedByAGrant() {
    it.policies.run(2, Starter.DOCUMENT, ASK);
    var asking = asks();
    it.policies.run(
        3, Starter.DOCUMENT, ASK, policy("never", "forbid (principal, action, resource);"));

    var reply = it.decide(it.call("claude-sonnet").with(grant(asking.identity()))).reply();

    assertThat(((Denied) reply).why()).isEqualTo(Denial.POLICY);
  }

  @Test
  void aGrantDoesNotOutliveAnIsolation() {
    it.policies.run(2, Starter.DOCUMENT, ASK);
    var asking = asks();
    var isolation = it.isolationId();
    it.isolate(isolation);
    it.run(replyTo -> new Agent.Release(Set.of(isolation), null, "fine", "ann", null, replyTo));

    var reply = it.decide(it.call("claude-sonnet").with(grant(asking.identity()))).reply();

    assertThat(((Denied) reply).why()).isEqualTo(Denial.APPROVAL_NEEDED);
  }

  @Test
  void aContentPolicyOfTheAgentsGroupDecides() {
    it.policies.runContent(
        2,
        new ContentDocument(
            "team=build",
            new ContentPolicy(
                List.of(
                    new ContentPolicy.Rule(
                        "secret", List.of(Direction.REQUEST), ContentAction.BLOCK, false),
                    new ContentPolicy.Rule(
                        "iban", List.of(Direction.REQUEST), ContentAction.REQUIRE_APPROVAL, false)),
                List.of())));
    assertThat(decide()).isInstanceOf(Permitted.class);

    var blocked = (Denied) it.decide(it.call("claude-sonnet", Set.of("secret:jwt"))).reply();
    var asked = (Denied) it.decide(it.call("claude-sonnet", Set.of("pii:iban"))).reply();

    assertThat(blocked.why()).isEqualTo(Denial.POLICY);
    assertThat(Objects.requireNonNull(blocked.judgement()).decision().policyIds())
        .containsExactly("content:agent");
    assertThat(asked.why()).isEqualTo(Denial.APPROVAL_NEEDED);
    assertThat(Objects.requireNonNull(asked.judgement()).bundleVersion()).isEqualTo(2);
  }

  @Test
  void whatInspectorsFoundCounts() {
    it.policies.run(
        2,
        Starter.DOCUMENT,
        policy(
            "no-mail",
            "forbid (principal, action, resource) when"
                + " { context.findings.contains(\"pii:email\") };"));
    assertThat(decide()).isInstanceOf(Permitted.class);

    var denied = (Denied) it.decide(it.call("claude-sonnet", Set.of("pii:email"))).reply();

    var judgement = Objects.requireNonNull(denied.judgement());
    assertThat(judgement.decision().policyIds()).containsExactly("no-mail");
    assertThat(judgement.risk().explained()).isEqualTo("risk 15: finding pii:email 15");
  }

  @Test
  void whatARequestDeclaresOfToolsCounts() {
    it.policies.run(
        2,
        Starter.DOCUMENT,
        policy(
            "no-search",
            """
            forbid (principal, action == Action::"llm:generate", resource)
            when { context.tools.provider.contains("web_search") };
            """));
    var search = new DeclaredTools(List.of("web_search"), List.of("web_search"));
    var harmless = it.call("claude-sonnet").declaring(new DeclaredTools(List.of("ls"), List.of()));

    assertThat(it.decide(harmless).reply()).isInstanceOf(Permitted.class);
    var denied = (Denied) it.decide(it.call("claude-sonnet").declaring(search)).reply();

    assertThat(Objects.requireNonNull(denied.judgement()).decision().policyIds())
        .containsExactly("no-search");
    assertThat(judged(Denial.POLICY).decision().errors())
        .as("a node of an older release does not say")
        .isNotEmpty();
  }

  @Test
  void anIsolatedAgentIsNotEvenJudged() {
    it.isolate(it.isolationId());

    assertThat(denied(Denial.NOT_ACTIVE).judgement()).isNull();
  }

  @Test
  void anActionThatPoliciesDoNotKnowIsDenied() {
    var call = it.call("claude-sonnet");
    var unknown =
        new GovernedAction(
            call.id(),
            call.plane(),
            "llm:dream",
            call.resource(),
            call.within(),
            call.digest(),
            call.source(),
            false,
            call.findings());

    assertThat(it.decide(unknown).reply())
        .isInstanceOfSatisfying(
            Denied.class, denied -> assertThat(denied.why()).isEqualTo(Denial.POLICY));
  }

  private void calls(String model, int times) {
    for (int i = 0; i < times; i++) {
      it.decide(it.call(model));
    }
  }

  @Test
  void thatAnAgentLeavesItsUsualOperationsIsReportedOnce() {
    it.policies.run(1, Starter.DOCUMENT);
    calls("claude-sonnet", 30);
    calls("claude-opus", 9);
    assertThat(it.drifts.reported()).isEmpty();

    it.drifts.fail(1);
    calls("claude-opus", 1);
    assertThat(it.drifts.reported()).as("it could not be recorded").isEmpty();
    calls("claude-opus", 5);

    assertThat(it.drifts.reported())
        .singleElement()
        .satisfies(drift ->
            assertThat(drift.describe())
                .isEqualTo(
                    "11 of its last 20 actions are none that it did before:"
                        + " llm:generate claude-opus"));
  }
}
