package io.redoubt.policy;

import static io.redoubt.policy.PolicySamples.problems;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.policy.PolicyDocument;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is not accepted, and how that is said: with a place, and a hint where there is one. */
class PolicyProblemsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      textBlock =
          """
          permit (principal, action, resource) when { 1 + };            ~ 49 ~ unexpected token `}`
          permit (principal, action, resource)                          ~ 37 ~ unexpected end of input
          permit (principal, action == Action::"llm:genrate", resource); ~ 30 ~ did you mean `Action::"llm:generate"`?
          permit (principal == Robot::"x", action, resource);           ~ 22 ~ Robot
          permit (principal == ?principal, action, resource);           ~ 22 ~ template
          permit (principal, action, resource) when { "yes" };          ~ 45 ~ expected Bool but saw String
          permit (principal, action, resource) when { context.risc > 1 }; ~ 45 ~ did you mean `risk`?
          permit (principal, action, resource) when { context.args.env == "x" }; ~ 45 ~ has env
          permit (principal, action, resource) when { context.estimate.cents > 1 }; ~ 45 ~ has estimate
          permit (principal, action == Action::"tool:call", resource) when { context.tools.names.contains("x") }; ~ 68 ~ not found
          permit (principal, action, resource) when { context == {} };  ~ 1 ~ name the attribute
          permit (principal, action, resource) when { context.args has a && context.args has b && context.args.a == context.args.b }; ~ 1 ~ its type cannot be told
          permit (principal, action, resource) when { context.args has a && (context.args.a == 1 || context.args.a == "1") }; ~ 1 ~ an integer in one place and a string in another
          permit (principal, action, resource) when { context.args has a && context.args.a == {b: 1} }; ~ 1 ~ no argument can be
          permit (principal, action, resource) when { context.args == {a: 1} }; ~ 1 ~ name the argument
          permit (principal, action, resource) when { context.args has a && context.args has b && context.args.a has x && [context.args.a].contains(context.args.b) }; ~ 1 ~ whole objects
          permit (principal, action, resource) when { context.args has __extn }; ~ 1 ~ no argument is called
          @escalate("x") permit (principal, action, resource);          ~ 1 ~ @escalate belongs to a forbid
          @escalate("x") forbid (principal, action, resource);          ~ 1 ~ @escalate belongs to a forbid
          @escalate("x") forbid (principal, action, resource) when { context has approval }; ~ 1 ~ @escalate belongs to a forbid
          @escalate("no such!") forbid (principal, action, resource) unless { context has approval }; ~ 1 ~ no workflow
          @id("") permit (principal, action, resource);                 ~ 1 ~ an @id is
          """)
  void aPolicyIsRefusedWithItsPlaceAndAReason(String text, int column, String reason) {
    var problem = problems(text).getFirst();

    assertThat(problem.policy()).isEqualTo("p1");
    assertThat(problem.line()).isEqualTo(1);
    assertThat(problem.message()).contains(reason);
    assertThat(problem.column()).isEqualTo(column);
  }

  @Test
  void aPlaceIsCountedInLinesAndCharactersOfTheDocument() {
    var problems =
        problems(
            "permit (principal, action, resource);",
            """
            // „Gäste“ – and a ; in a comment
            permit (principal, action, resource) when { resource.name == "; \\" // no" };

            forbid (principal, action, resource)
            when { resource.name != "ö" && context.nothing };
            """);

    assertThat(problems)
        .extracting(PolicyProblem::policy, PolicyProblem::line, PolicyProblem::column)
        .contains(org.assertj.core.groups.Tuple.tuple("p2", 5, 32));
  }

  @Test
  void allProblemsAreToldAtOnceUpToALimit() {
    assertThat(problems("permit;", "permit (principal, action, resource);", "forbid;"))
        .extracting(PolicyProblem::policy)
        .containsExactly("p1", "p3");
    assertThat(problems("permit;\n".repeat(1_000))).hasSize(PolicyCompiler.MAX_PROBLEMS);
  }

  @Test
  void policiesOfOneSetAgreeOnTheTypesOfArguments() {
    var problems =
        problems(
            "permit (principal, action, resource) when { context.args has n && context.args.n == 1 };",
            "permit (principal, action, resource) when { context.args has n && context.args.n == true };");

    assertThat(problems).singleElement().extracting(PolicyProblem::policy).isEqualTo("p2");
  }

  @Test
  void whatWouldTakeTooLongOrTooMuchIsRefused() {
    assertThat(problems("permit (principal, action, resource) when { " + "(".repeat(10_000)))
        .singleElement()
        .asString()
        .contains("brackets");
    assertThat(
            problems(
                "permit (principal, action, resource) when { true"
                    + "&& true".repeat(5_000)
                    + " };"))
        .singleElement()
        .asString()
        .contains("operators");
    assertThat(
            problems(
                "permit (principal, action, resource) when { true" + "&& true".repeat(500) + " };"))
        .singleElement()
        .asString()
        .contains("deeper than");
    assertThat(
            problems(
                "permit (principal, action, resource) when { resource.name == \""
                    + "x".repeat(70_000)
                    + "\" };"))
        .singleElement()
        .asString()
        .contains("longer than");
    assertThat(
            problems(
                "permit (principal, action, resource) when { "
                    + "if true then true else ".repeat(1_500)
                    + "true };"))
        .isNotEmpty();
    assertThat(
            problems("forbid (principal, action, resource) when { context.risk > 1 };".repeat(300)))
        .singleElement()
        .asString()
        .contains("name principals or resources");
  }

  @Test
  void aSetHasOnlySoManyPolicies() {
    var most = "permit(principal,action,resource);".repeat(PolicyCompiler.MAX_POLICIES / 2);

    assertThat(problems(most, most, "permit (principal, action, resource);"))
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.policy()).isEqualTo("p3");
          assertThat(problem.message()).isEqualTo("more than 5000 policies");
        });
  }

  @Test
  void aNameIsUsedOnce() {
    var document = new PolicyDocument("twice", "permit (principal, action, resource);");

    var compilation = PolicySet.compile(Collections.nCopies(2, document));

    assertThat(compilation)
        .isEqualTo(
            new PolicyProblems(
                List.of(new PolicyProblem("twice", 1, 1, "another document has this name"))));
  }

  @Test
  void anEmptyDocumentIsNoProblem() {
    assertThat(PolicySet.compile(PolicySamples.documents("", "// nothing yet\n")))
        .isInstanceOf(PolicySet.class);
  }
}
