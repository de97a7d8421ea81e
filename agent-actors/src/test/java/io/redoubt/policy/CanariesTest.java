package io.redoubt.policy;

import static io.redoubt.policy.PolicySamples.NOW;
import static io.redoubt.policy.PolicySamples.ORGANIZATION;
import static io.redoubt.policy.PolicySamples.documents;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.Bundle;
import io.redoubt.protocol.policy.Canary;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CanariesTest {
  private static final String PERMIT = "permit (principal, action, resource);";
  private static final String GUARD =
      """
      forbid (principal in AgentGroup::"team=interns", action == Action::"tool:call", resource)
      when { context.args has env && context.args.env == "prod" };
      """;
  private static final String CAREFUL =
      """
      @escalate("leads")
      forbid (principal, action, resource)
      when { context.risk >= 50 || context.findings.contains("secret:key") ||
             (context has estimate && context.estimate.cents > 100) }
      unless { context has approval };
      """;

  private static Canary canary(Verdict verdict, String action, String resource) {
    return canary(verdict, action, resource, Map.of(), "", List.of(), 0, null, null);
  }

  private static Canary canary(
      Verdict verdict,
      String action,
      String resource,
      Map<String, String> labels,
      String args,
      List<String> findings,
      long risk,
      Canary.@Nullable Estimate estimate,
      Canary.@Nullable Approval approval) {
    return new Canary(
        "canary",
        verdict,
        new Canary.Agent(Canary.ANYBODY, "anybody", null, labels),
        action,
        resource,
        null,
        args,
        findings,
        risk,
        NOW,
        "10.0.0.1",
        estimate,
        approval);
  }

  private static Compilation run(Canary canary, String... policies) {
    return PolicySet.compile(
        new Bundle(ORGANIZATION, 1, NOW, documents(policies), List.of(canary)));
  }

  private static void holds(Canary canary, String... policies) {
    assertThat(run(canary, policies)).isInstanceOf(PolicySet.class);
  }

  private static String complaint(Canary canary, String... policies) {
    var problems = run(canary, policies);
    assertThat(problems).isInstanceOf(PolicyProblems.class);
    var problem = ((PolicyProblems) problems).problems().getFirst();
    assertThat(problem.policy()).isEqualTo("canary/canary");
    return problem.message();
  }

  @Test
  void aSetThatSaysWhatWasStatedIsGood() {
    holds(canary(Verdict.PERMIT, "llm:generate", "some-model"), PERMIT);
    holds(canary(Verdict.DENY, "mcp:call", "files/read"));
    holds(canary(Verdict.DENY, "network:connect", "example.com:443"), CAREFUL);
  }

  @Test
  void aSetThatSaysOtherwiseIsNotRun() {
    assertThat(complaint(canary(Verdict.DENY, "tool:call", "shell"), PERMIT))
        .isEqualTo("should be deny, and is permit by p1");
    assertThat(complaint(canary(Verdict.PERMIT, "tool:call", "shell")))
        .isEqualTo("should be permit, and is deny, since no policy permits it");
    assertThat(
            complaint(
                canary(Verdict.PERMIT, "tool:call", "x", Map.of(), "", List.of(), 1, null, null),
                PERMIT,
                "forbid (principal, action, resource)"
                    + " when { context.risk + 9223372036854775807 < 0 };"))
        .startsWith("should be permit, and is deny: p2: ");
  }

  @Test
  void everythingThatPoliciesMayAskForTravelsWithIt() {
    var prod =
        canary(
            Verdict.DENY,
            "tool:call",
            "deploy",
            Map.of("team", "interns"),
            "{\"env\": \"prod\"}",
            List.of(),
            0,
            null,
            null);
    var risky = canary(Verdict.ESCALATE, "tool:call", "x", Map.of(), "", List.of(), 50, null, null);
    var leaking =
        canary(
            Verdict.ESCALATE, "tool:call", "x", Map.of(), "", List.of("secret:key"), 0, null, null);
    var dear =
        canary(
            Verdict.ESCALATE,
            "tool:call",
            "x",
            Map.of(),
            "",
            List.of(),
            0,
            new Canary.Estimate(1, 101L),
            null);
    var approved =
        canary(
            Verdict.PERMIT,
            "tool:call",
            "x",
            Map.of(),
            "",
            List.of(),
            50,
            null,
            new Canary.Approval(1, List.of("ann"), NOW));

    holds(prod, PERMIT, GUARD);
    complaint(prod, PERMIT);
    for (var canary : List.of(risky, leaking, dear)) {
      holds(canary, PERMIT, CAREFUL);
      complaint(canary, PERMIT);
    }
    holds(approved, PERMIT, CAREFUL);
    complaint(approved, CAREFUL);
  }

  private static Canary declaring(Verdict verdict, Canary.@Nullable Tools tools) {
    return new Canary(
        "canary",
        verdict,
        new Canary.Agent(Canary.ANYBODY, "anybody", null, Map.of()),
        "llm:generate",
        "some-model",
        null,
        "",
        List.of(),
        0,
        NOW,
        "10.0.0.1",
        null,
        null,
        tools,
        List.of());
  }

  @Test
  void aRequestMayDeclareTools() {
    var noSearch =
        "forbid (principal, action == Action::\"llm:generate\", resource)"
            + " when { context.tools.provider.contains(\"web_search\") };";
    var search = new Canary.Tools(List.of(), List.of("web_search"));

    holds(declaring(Verdict.DENY, search), PERMIT, noSearch);
    assertThat(complaint(declaring(Verdict.PERMIT, search), PERMIT, noSearch))
        .isEqualTo("should be permit, and is deny by p2");
    holds(declaring(Verdict.PERMIT, null), PERMIT, noSearch);
    holds(canary(Verdict.PERMIT, "tool:call", "web_search"), PERMIT, noSearch);
  }

  private static Canary after(Verdict verdict, Canary.Earlier... history) {
    return new Canary(
        "canary",
        verdict,
        new Canary.Agent(Canary.ANYBODY, "anybody", null, Map.of()),
        "tool:call",
        "shell",
        null,
        "",
        List.of(),
        0,
        NOW,
        "10.0.0.1",
        null,
        null,
        null,
        List.of(history));
  }

  private static Canary.Earlier earlier(String resource, Verdict verdict, long ago, int times) {
    return new Canary.Earlier("tool:call", resource, verdict, ago, times);
  }

  /** Or a guard about the order of actions is seen to work only once it is published. */
  @Test
  void aRequestMayComeAfterOthers() {
    var afterMail =
        "forbid (principal, action, resource == Tool::\"shell\")"
            + " when { context.session.operations.contains(\"tool:call mail\") };";
    var often =
        "forbid (principal, action, resource == Tool::\"shell\")"
            + " when { context.session.counts[\"tool:call shell within 10m\"] >= 5 };";
    var denied = "forbid (principal, action, resource) when { context.session.denials >= 2 };";

    holds(after(Verdict.DENY, earlier("mail", Verdict.PERMIT, 86_400, 1)), PERMIT, afterMail);
    holds(after(Verdict.PERMIT, earlier("mail", Verdict.DENY, 0, 1)), PERMIT, afterMail);
    holds(after(Verdict.PERMIT), PERMIT, afterMail, often, denied);
    holds(after(Verdict.DENY, earlier("shell", Verdict.PERMIT, 599, 5)), PERMIT, often);
    holds(after(Verdict.PERMIT, earlier("shell", Verdict.PERMIT, 600, 5)), PERMIT, often);
    holds(after(Verdict.PERMIT, earlier("shell", Verdict.PERMIT, 0, 4)), PERMIT, often);
    holds(
        after(
            Verdict.DENY,
            earlier("shell", Verdict.PERMIT, 0, 4),
            earlier("shell", Verdict.PERMIT, 300, 1)),
        PERMIT,
        often);
    holds(after(Verdict.DENY, earlier("x", Verdict.DENY, 1, 2)), PERMIT, denied);
    assertThat(complaint(after(Verdict.PERMIT, earlier("x", Verdict.DENY, 1, 2)), PERMIT, denied))
        .isEqualTo("should be permit, and is deny by p2");
  }

  @Test
  void anEarlierActionThatPoliciesDoNotKnowOfDoesNotHold() {
    var launch = new Canary.Earlier("rocket:launch", "moon", Verdict.PERMIT, 0, 1);

    assertThat(complaint(after(Verdict.PERMIT, launch), PERMIT)).contains("an earlier action");
  }

  @Test
  void argumentsThatNobodyCanReadAreDeniedHereToo() {
    holds(
        canary(
            Verdict.DENY,
            "tool:call",
            "x",
            Map.of(),
            "{\"a\":1,\"a\":2}",
            List.of(),
            0,
            null,
            null),
        PERMIT);
  }

  /** A canary of another release may be about something that this one cannot judge. */
  @Test
  void whatPoliciesDoNotKnowOfDoesNotHold() {
    assertThat(complaint(canary(Verdict.DENY, "rocket:launch", "moon"), PERMIT))
        .contains("do not know of rocket:launch");
    assertThat(complaint(canary(Verdict.DENY, "mcp:call", "no-server"), PERMIT))
        .contains("on such a resource");
  }

  @Test
  void policiesThatDoNotCompileAreSaidFirst() {
    var problems = run(canary(Verdict.DENY, "tool:call", "x"), "permit (principal);");

    assertThat(((PolicyProblems) problems).problems().getFirst().policy()).isEqualTo("p1");
  }
}
