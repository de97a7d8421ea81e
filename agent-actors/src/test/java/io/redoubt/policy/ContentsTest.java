package io.redoubt.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.link.ModelAccess;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.ContentPolicy.Layer;
import io.redoubt.protocol.policy.ContentPolicy.Rule;
import io.redoubt.protocol.policy.CustomPattern;
import io.redoubt.protocol.policy.PolicyDocument;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What content policies make of decisions: never anything milder than policies said. */
class ContentsTest {
  private static final OrganizationId ORGANIZATION = new OrganizationId(new UUID(2, 2));
  private static final AgentId AGENT = new AgentId(new UUID(3, 3));

  private static PolicySet set(String cedar, ContentDocument... content) {
    var compilation =
        PolicySet.compile(List.of(new PolicyDocument("mine", cedar)), List.of(content));
    assertThat(compilation).isInstanceOf(PolicySet.class);
    return (PolicySet) compilation;
  }

  private static final String PERMIT = "permit (principal, action, resource);";

  private static Rule rule(String subject, ContentAction action) {
    var in =
        action == ContentAction.REDACT
            ? List.of(Direction.REQUEST, Direction.REPLY)
            : List.of(Direction.values());
    return new Rule(subject, in, action, false);
  }

  private static ContentDocument of(String scope, Rule... rules) {
    return new ContentDocument(scope, new ContentPolicy(List.of(rules), List.of()));
  }

  private static ContentDocument models(String scope, ModelAccess models) {
    return new ContentDocument(scope, new ContentPolicy(List.of(), List.of(), models));
  }

  private static Decision decide(PolicySet set, PolicyAction action, Facts facts) {
    var resource =
        PolicyResource.of(action, "anthropic", action == PolicyAction.TOOL_CALL ? "shell" : "opus")
            .orElseThrow();
    var subject = new Subject(AGENT, ORGANIZATION, "coder", null, Map.of("team", "payments"));
    return set.decide(new PolicyRequest(subject, action, resource, facts));
  }

  private static Facts found(String... findings) {
    return Facts.of(Instant.EPOCH, InetAddress.getLoopbackAddress()).withFindings(Set.of(findings));
  }

  private static Decision request(PolicySet set, String... findings) {
    return decide(set, PolicyAction.LLM_GENERATE, found(findings));
  }

  @Test
  void whatIsToBeBlockedIsDeniedAndTheLayerIsNamed() {
    var set = set(PERMIT, of("organization", rule("secret", ContentAction.BLOCK)));

    assertThat(request(set, "pii:email").verdict()).isEqualTo(Verdict.PERMIT);
    var denied = request(set, "pii:email", "secret:jwt");
    assertThat(denied.verdict()).isEqualTo(Verdict.DENY);
    assertThat(denied.policyIds()).containsExactly("content:organization");
    assertThat(denied.content())
        .containsExactly(
            new Decision.Handling("secret:jwt", ContentAction.BLOCK, Layer.ORGANIZATION));
    var excerpt = set.excerpt("content:organization").orElseThrow();
    assertThat(excerpt.forbids()).isTrue();
    assertThat(excerpt.text()).contains("\"subject\":\"secret\"");
    assertThat(set.excerpt("content:nobody")).isEmpty();
  }

  @Test
  void whatIsToBeApprovedEscalatesUntilItIs() {
    var set = set(PERMIT, of("team=payments", rule("iban", ContentAction.REQUIRE_APPROVAL)));

    var asked = request(set, "pii:iban");
    assertThat(asked.verdict()).isEqualTo(Verdict.ESCALATE);
    assertThat(asked.policyIds()).containsExactly("content:agent");
    assertThat(asked.workflows()).containsExactly("default");

    var approved =
        decide(
            set,
            PolicyAction.LLM_GENERATE,
            found("pii:iban").withApproval(new Facts.Approval(1, Set.of("ann"), Instant.EPOCH)));
    assertThat(approved.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(approved.alerts()).extracting(Decision.Alert::policyId).contains("content:agent");
  }

  @Test
  void whoApprovesForThePlatformIsNotForOrganizationsToSay() {
    var set = set(PERMIT, of("platform", rule("iban", ContentAction.REQUIRE_APPROVAL)));

    assertThat(request(set, "pii:iban").workflows()).containsExactly("platform.default");
  }

  @Test
  void whatIsRedactedOrReportedPasses() {
    var set =
        set(
            PERMIT,
            of("platform", rule("pii", ContentAction.ALERT)),
            of("organization", rule("email", ContentAction.REDACT)));

    var decision = request(set, "pii:email", "pii:iban", "secret:jwt");

    assertThat(decision.verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(decision.policyIds()).containsExactly("mine");
    assertThat(decision.content())
        .containsExactly(
            new Decision.Handling("pii:email", ContentAction.REDACT, Layer.ORGANIZATION),
            new Decision.Handling("pii:iban", ContentAction.ALERT, Layer.PLATFORM));
    assertThat(decision.alerts())
        .containsExactly(new Decision.Alert("content:platform", "pii:iban was found"));
  }

  @Test
  void argumentsHaveADirectionOfTheirOwn() {
    var onlyArguments = new Rule("pii", List.of(Direction.ARGUMENTS), ContentAction.BLOCK, false);
    var set = set(PERMIT, of("organization", onlyArguments));

    assertThat(request(set, "pii:email").verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(decide(set, PolicyAction.TOOL_CALL, found("pii:email")).verdict())
        .isEqualTo(Verdict.DENY);
  }

  @Test
  void whatPoliciesDenyStaysDenied() {
    var forbids = PERMIT + " forbid (principal, action, resource);";
    var set = set(forbids, of("organization", rule("pii", ContentAction.ALLOW)));

    assertThat(request(set, "pii:email").policyIds()).containsExactly("mine#2");
    var both = set(forbids, of("organization", rule("pii", ContentAction.BLOCK)));
    assertThat(request(both, "pii:email").policyIds())
        .containsExactly("mine#2", "content:organization");
  }

  @Test
  void aModelMustBeAllowedByEveryLayer() {
    var open = ModelAccess.ANY;
    var set =
        set(
            PERMIT,
            models("platform", open),
            models("organization", new ModelAccess(List.of("o*"), List.of())),
            models("team=payments", new ModelAccess(List.of(), List.of("opus"))),
            models("team=others", new ModelAccess(List.of("nothing"), List.of())));

    var denied = request(set);

    assertThat(denied.verdict()).isEqualTo(Verdict.DENY);
    assertThat(denied.policyIds()).containsExactly("models:agent");
    assertThat(
            request(set(PERMIT, models("platform", new ModelAccess(List.of("sonnet"), List.of()))))
                .policyIds())
        .containsExactly("models:platform");
    assertThat(
            request(set(PERMIT, models("organization", new ModelAccess(List.of("o*"), List.of()))))
                .verdict())
        .isEqualTo(Verdict.PERMIT);
  }

  @Test
  void whatCannotBeRunIsToldWithItsPlace() {
    var bad =
        new ContentDocument(
            "organization",
            new ContentPolicy(
                List.of(
                    rule("nothing-known", ContentAction.ALERT),
                    new Rule("pii", List.of(Direction.ARGUMENTS), ContentAction.REDACT, false)),
                List.of(new CustomPattern.Expression("project", "(a+", false))));
    var agents =
        new ContentDocument(
            AGENT.toString(),
            new ContentPolicy(List.of(), List.of(new CustomPattern.Expression("own", "a", false))));

    var compilation =
        PolicySet.compile(List.of(new PolicyDocument("mine", "permit")), List.of(bad, agents));

    assertThat(compilation).isInstanceOf(PolicyProblems.class);
    assertThat(((PolicyProblems) compilation).problems())
        .extracting(PolicyProblem::policy)
        .containsExactly(
            "mine",
            "content/organization/patterns/0/regex",
            "content/" + AGENT + "/patterns",
            "content/organization/rules/0/subject",
            "content/organization/rules/1/action");
  }

  @Test
  void whatIsMilderThanAFloorIsRunAndOverruledAndNotPublished() {
    var floor =
        of("platform", new Rule("pii", List.of(Direction.values()), ContentAction.BLOCK, true));
    var milder = of("organization", rule("email", ContentAction.ALERT));

    assertThat(request(set(PERMIT, floor, milder), "pii:email").verdict()).isEqualTo(Verdict.DENY);
    var tried = ContentProblems.tried(set(PERMIT, floor, milder), List.of(floor, milder));
    assertThat(((PolicyProblems) tried).problems())
        .extracting(PolicyProblem::policy)
        .containsExactly("content/organization/rules/0/action");
  }
}
