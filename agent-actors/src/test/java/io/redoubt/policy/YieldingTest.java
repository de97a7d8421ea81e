package io.redoubt.policy;

import static io.redoubt.policy.PolicySamples.call;
import static io.redoubt.policy.PolicySamples.documents;
import static io.redoubt.policy.PolicySamples.generate;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.policy.ContentAction;
import io.redoubt.protocol.policy.ContentDocument;
import io.redoubt.protocol.policy.ContentPolicy;
import io.redoubt.protocol.policy.ContentPolicy.Direction;
import io.redoubt.protocol.policy.PolicyDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Nobody keeps a floor out, and nobody's own guard is loosened by one that comes in. */
class YieldingTest {
  private static final String PERMIT = "permit (principal, action, resource);";
  private static final String FLOOR =
      """
      forbid (principal, action == Action::"tool:call", resource == Tool::"transfer")
      when { context.args has amount && context.args.amount > 1000 };
      """;
  private static final String GUARD =
      "forbid (principal, action, resource) when { context.risk > 90 };\n";
  private static final String AMOUNT_IS_TEXT =
      "when { context.args has amount && context.args.amount == \"much\" };";

  /** Clashes with the floor. */
  private static final String CLASH = "permit (principal, action, resource) " + AMOUNT_IS_TEXT;

  private static List<PolicyDocument> withFloor(String floor, String... own) {
    var all = new ArrayList<>(documents(own));
    all.add(new PolicyDocument("platform.floor", floor));
    return all;
  }

  private static Yielding.Result raised(String... own) {
    var all = withFloor(FLOOR, own);
    assertThat(PolicySet.compile(all)).as("it clashes").isInstanceOf(PolicyProblems.class);
    var result = Yielding.of(all, List.of()).orElseThrow();
    assertThat(PolicySet.compile(result.documents()))
        .as("as whoever receives it does")
        .isInstanceOf(PolicySet.class);
    return result;
  }

  private static String text(Yielding.Result result, String name) {
    return result.documents().stream()
        .filter(it -> it.name().equals(name))
        .findFirst()
        .orElseThrow()
        .cedar();
  }

  @Test
  void aPermitThatClashesPermitsNothing() {
    var result = raised("// ours\n  " + CLASH);

    assertThat(result.set().decide(call("{\"amount\": 1}")).verdict()).isEqualTo(Verdict.DENY);
    assertThat(result.set().decide(generate()).verdict()).isEqualTo(Verdict.DENY);
    assertThat(result.set().decide(generate()).errors()).isEmpty();
    assertThat(text(result, "p1"))
        .startsWith("// ours\n  // Yields to the platform's floor: context.args.amount is ");
    assertThat(result.yielded())
        .singleElement()
        .satisfies(it -> {
          assertThat(it.policy()).isEqualTo("p1");
          assertThat(it.line()).isEqualTo(2);
          assertThat(it.column()).isEqualTo(3);
        });
  }

  @Test
  void aForbidThatClashesForbidsAllThatItIsAbout() {
    var result =
        raised(
            PERMIT,
            "forbid (principal, action == Action::\"tool:call\", resource == Tool::\"deploy\") "
                + AMOUNT_IS_TEXT);

    var denied = result.set().decide(call());

    assertThat(denied.verdict()).isEqualTo(Verdict.DENY);
    assertThat(denied.policyIds()).containsExactly("p2");
    assertThat(result.set().decide(generate()).verdict())
        .as("nothing else")
        .isEqualTo(Verdict.PERMIT);
  }

  /** An approval may have had to come from more than the first tier. */
  @Test
  void noApprovalLiftsAForbidThatYielded() {
    var result =
        raised(
            PERMIT,
            "@escalate(\"x\") @alert(\"look\") forbid (principal, action, resource) "
                + AMOUNT_IS_TEXT.replace(";", " unless { context has approval };"));

    var denied =
        result.set().decide(call(PolicySamples.FACTS.withApproval(PolicySamples.approval())));

    assertThat(denied.verdict()).isEqualTo(Verdict.DENY);
    assertThat(denied.alerts()).containsExactly(new Decision.Alert("p2", "look"));
  }

  @Test
  void whatIsOnlyWatchedDecidesNothingNow() {
    var result = raised(PERMIT, "@shadow forbid (principal, action, resource) " + AMOUNT_IS_TEXT);

    assertThat(result.set().decide(call()).verdict()).isEqualTo(Verdict.PERMIT);
    assertThat(result.set().decide(call()).shadow()).isNull();
  }

  @Test
  void thoseBesideItStayAsTheyAreAndKeepTheirIds() {
    var second = "permit (principal, action == Action::\"llm:generate\", resource);";
    var result = raised("@id(\"mine\") " + CLASH + "\n// next\n" + second);

    assertThat(text(result, "p1")).endsWith("\n// next\n" + second);
    assertThat(result.set().decide(generate()).policyIds()).containsExactly("p1#2");
    assertThat(result.set().excerpt("p1#mine")).isPresent();
  }

  @Test
  void theFloorStandsAsItIs() {
    var result = raised(PERMIT, "forbid (principal, action, resource) " + AMOUNT_IS_TEXT);

    assertThat(text(result, "platform.floor")).isEqualTo(FLOOR);
    assertThat(text(result, "p1")).isEqualTo(PERMIT);
  }

  @Test
  void aRuleAboutWhatThePlatformLooksForNoMoreSaysNothing() {
    var vain =
        new ContentPolicy.Rule("gone", List.of(Direction.REQUEST), ContentAction.BLOCK, false);
    var pii = new ContentPolicy.Rule("pii", List.of(Direction.REQUEST), ContentAction.BLOCK, false);
    var content =
        List.of(
            new ContentDocument("organization", new ContentPolicy(List.of(vain, pii), List.of())));

    var result = Yielding.of(documents(PERMIT), content).orElseThrow();

    assertThat(result.content().getFirst().policy().rules()).containsExactly(pii);
    assertThat(result.set().content().documents()).isEqualTo(result.content());
  }

  private static List<Integer> places(Yielding.Result result) {
    return result.yielded().stream().map(PolicyProblem::line).toList();
  }

  /** As many as there is room for stay as they are, and those that come last yield. */
  @Test
  void whereThereAreTooManyThoseThatComeLastYieldHoweverManyTheyAre() {
    var all = withFloor(GUARD.repeat(100), GUARD.repeat(220));

    var result = Yielding.of(all, List.of()).orElseThrow();

    assertThat(places(result)).isEqualTo(IntStream.rangeClosed(151, 220).boxed().toList());
    assertThat(text(result, "p1")).startsWith(GUARD.repeat(150) + "// Yields to ");
    assertThat(PolicySet.compile(result.documents())).isInstanceOf(PolicySet.class);
  }

  @Test
  void whatYieldsMakesRoomForWhatComesAfterIt() {
    var call = GUARD.replace("action,", "action == Action::\"tool:call\",");
    var generate = GUARD.replace("action,", "action == Action::\"llm:generate\",");
    var all =
        withFloor(call.repeat(250) + generate.repeat(100), call + GUARD + generate.repeat(150));

    var result = Yielding.of(all, List.of()).orElseThrow();

    assertThat(places(result)).containsExactly(1, 2);
  }

  @Test
  void allThatClashYieldAtOnceAndNoOthers() {
    var other =
        "permit (principal, action, resource)"
            + " when { context.args has amount && context.args.amount == 7 };\n";

    var result = raised((CLASH + "\n" + other).repeat(150));

    assertThat(places(result))
        .isEqualTo(IntStream.range(0, 150).map(each -> 2 * each + 1).boxed().toList());
    assertThat(result.set().decide(call("{\"amount\": 7}")).policyIds())
        .hasSize(150)
        .contains("p1#2", "p1#300");
  }

  /** What the first one says of a further argument falls with it. */
  @Test
  void whatClashesOnlyWithWhatYieldsStays() {
    var result =
        raised(
            """
            permit (principal, action, resource)
            when {
              context.args has amount && context.args has to
                && context.args.amount == context.args.to && context.args.to == "me"
            };
            """,
            """
            permit (principal, action, resource)
            when { context.args has to && context.args.to == "us" };
            """);

    assertThat(result.yielded()).extracting(PolicyProblem::policy).containsExactly("p1");
    assertThat(result.set().decide(call("{\"to\": \"us\"}")).policyIds()).containsExactly("p2");
  }

  /** The one that says what an argument is may be the one that yields. */
  @Test
  void whatCannotBeToldWithoutWhatYieldsYieldsToo() {
    var result =
        raised(
            """
            permit (principal, action, resource)
            when {
              context.args has amount && context.args has to
                && context.args.to == "me" && context.args.amount == "much"
            };
            """,
            """
            permit (principal, action, resource)
            when {
              context.args has to && context.args has by && context.args.to == context.args.by
            };
            """,
            "permit (principal, action, resource) when { context.args has to };");

    assertThat(result.yielded()).extracting(PolicyProblem::policy).containsExactly("p1", "p2");
    assertThat(result.yielded().getLast().message()).contains("its type cannot be told");
    assertThat(result.set().decide(call("{\"to\": \"us\"}")).policyIds()).containsExactly("p3");
  }

  @Test
  void whereThereIsNoRoomForTheReasonsItIsSaidOnceThatPoliciesYield() {
    int many = PolicyDocument.MAX_LENGTH / CLASH.length();

    var result = raised(CLASH.repeat(many));

    assertThat(text(result, "p1"))
        .startsWith("// Policies of this document yield to the platform's floor.\npermit")
        .doesNotContain("much");
    assertThat(result.set().decide(generate()).verdict()).isEqualTo(Verdict.DENY);
    assertThat(result.yielded()).hasSize(many);
  }

  @Test
  void whatCannotBeRunEvenSoIsSaidNotToBe() {
    assertThat(Yielding.of(documents("permit (principal);"), List.of())).isEmpty();
    var all = withFloor(GUARD.repeat(251), GUARD);
    assertThat(Yielding.of(all, List.of())).as("nothing but the floor is too much").isEmpty();
  }
}
