package io.redoubt.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.approval.ApprovalTier;
import io.redoubt.protocol.approval.ApprovalWorkflow;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloorTest {
  private static final String NO_TOOLS =
      "forbid (principal, action == Action::\"tool:call\", resource);";

  private static List<PolicyDocument> above(String floor, String... own) {
    var documents = new ArrayList<>(PolicySamples.documents(own));
    documents.add(new PolicyDocument(Floor.PREFIX + "floor", floor));
    return documents;
  }

  private static Compilation tried(String floor, String... own) {
    var documents = above(floor, own);
    return Floor.tried(PolicySet.compile(documents), documents);
  }

  private static List<PolicyProblem> problems(Compilation compilation) {
    assertThat(compilation).isInstanceOf(PolicyProblems.class);
    return ((PolicyProblems) compilation).problems();
  }

  @Test
  void aFloorOnlyForbids() {
    var documents =
        List.of(
            new PolicyDocument(
                "platform.a", NO_TOOLS + "\n  permit (principal, action, resource);"));

    var problem = problems(Floor.compile(documents)).getFirst();

    assertThat(problem.policy()).isEqualTo("platform.a");
    assertThat(problem.line()).isEqualTo(2);
    assertThat(problem.column()).isEqualTo(3);
    assertThat(problem.message()).contains("only forbids");
    assertThat(Floor.compile(List.of(new PolicyDocument("platform.a", NO_TOOLS))))
        .isInstanceOf(PolicySet.class);
    assertThat(Floor.compile(List.of(new PolicyDocument("platform.a", "forbid (principal);"))))
        .isInstanceOf(PolicyProblems.class);
  }

  @Test
  void whateverAnOrganizationPermitsTheFloorWins() {
    var set = PolicySamples.set(above(NO_TOOLS, "permit (principal, action, resource);"));

    var decision = set.decide(PolicySamples.call());

    assertThat(decision.verdict()).isEqualTo(Verdict.DENY);
    assertThat(decision.policyIds()).containsExactly("platform.floor");
    assertThat(set.decide(PolicySamples.generate()).verdict()).isEqualTo(Verdict.PERMIT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "permit (principal, action == Action::\"tool:call\", resource);",
        "permit (principal, action == Action::\"tool:call\", resource == Tool::\"a\")"
            + " when { context.risk < 10 };",
        "permit (principal in AgentGroup::\"team=a\", action == Action::\"tool:call\", resource);",
      })
  void aPermitOfWhatTheFloorForbidsAltogetherIsAProblem(String permit) {
    var problem = problems(tried(NO_TOOLS, "// mine\n" + permit)).getFirst();

    assertThat(problem.policy()).isEqualTo("p1");
    assertThat(problem.line()).isEqualTo(2);
    assertThat(problem.message()).isEqualTo("permits nothing: platform.floor forbids all of it");
  }

  @Test
  void aPermitIsComparedByWhomItNamesAndWhatItIsAbout() {
    String shell =
        "forbid (principal in AgentGroup::\"team=a\", action, resource == Tool::\"shell\");";

    assertThat(
            problems(
                tried(
                    shell,
                    "permit (principal in AgentGroup::\"team=a\", action, resource == Tool::\"shell\");")))
        .hasSize(1);
    for (String permit :
        List.of(
            "permit (principal, action, resource == Tool::\"shell\");",
            "permit (principal in AgentGroup::\"team=b\", action, resource == Tool::\"shell\");",
            "permit (principal in AgentGroup::\"team=a\", action, resource == Tool::\"other\");",
            "permit (principal in AgentGroup::\"team=a\", action, resource);")) {
      assertThat(tried(shell, permit)).as(permit).isInstanceOf(PolicySet.class);
    }
  }

  /** It may still permit something, so it stands; the floor wins where it holds. */
  @Test
  void whatCannotBeKnownBeforehandIsNoProblem() {
    String permit = "permit (principal, action == Action::\"tool:call\", resource);";

    assertThat(tried(NO_TOOLS.replace(";", " when { context.risk > 50 };"), permit))
        .isInstanceOf(PolicySet.class);
    assertThat(tried("@shadow " + NO_TOOLS, permit)).isInstanceOf(PolicySet.class);
    assertThat(tried(NO_TOOLS, "permit (principal, action, resource);"))
        .isInstanceOf(PolicySet.class);
    assertThat(tried("", permit)).isInstanceOf(PolicySet.class);
  }

  /** Or an organization would say that one of its own, or a model, lifts what it shall not. */
  @Test
  void whoIsAskedByAFloorIsNotForOrganizationsToSay() {
    var asking =
        "@escalate(\"two\") forbid (principal, action == Action::\"tool:call\", resource)"
            + " unless { context has approval };";
    var owners =
        new ApprovalTier(
            ApprovalTier.Kind.HUMAN,
            List.of("owner"),
            1,
            60,
            ApprovalTier.OnTimeout.DENY,
            false,
            false);
    var bundle =
        new Bundle(
            PolicySamples.ORGANIZATION,
            1,
            PolicySamples.NOW,
            above(asking, "permit (principal, action, resource);"),
            List.of(),
            List.of(),
            List.of(
                new ApprovalWorkflow("two", List.of(owners), 1, 60),
                new ApprovalWorkflow("platform.two", List.of(owners), 1, 60)));
    var set = (PolicySet) PolicySet.compile(bundle);

    assertThat(set.decide(PolicySamples.call()).workflows()).containsExactly("platform.two");
    assertThat(set.workflow("platform.two")).isEqualTo(ApprovalWorkflow.usual("platform.two"));
    assertThat(set.workflow("two").tiers()).containsExactly(owners);
  }
}
