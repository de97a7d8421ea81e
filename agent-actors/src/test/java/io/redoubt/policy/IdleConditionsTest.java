package io.redoubt.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.policy.PolicyDocument;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guard that never stands is not published, and what was published before runs on. */
class IdleConditionsTest {
  private static final String COUNT = "context.session.counts[\"tool:call shell within 10m\"]";

  private static Compilation compile(String condition) {
    return PolicySet.compile(
        PolicySamples.documents(
            "permit (principal, action, resource);",
            "forbid (principal, action, resource)\nwhen { " + condition + " };"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        COUNT + " >= 101",
        COUNT + " > 100",
        COUNT + " == 150",
        COUNT + " < 0",
        COUNT + " >= 0",
        "101 <= " + COUNT,
        "!(" + COUNT + " <= 100)",
        "context.risk > 10 && (" + COUNT + " >= 150 || context.risk > 90)",
        "context.session.denials > 100",
        "context.session.actions >= 200",
      })
  void whatASessionNeverCountsToIsNotPublished(String condition) {
    var compilation = compile(condition);

    assertThat(compilation).as("a bundle that has it").isInstanceOf(PolicySet.class);
    assertThat(IdleConditions.tried(compilation))
        .isInstanceOfSatisfying(
            PolicyProblems.class,
            problems ->
                assertThat(problems.problems())
                    .singleElement()
                    .satisfies(problem -> {
                      assertThat(problem.policy()).isEqualTo("p2");
                      assertThat(problem.message())
                          .contains("a session counts is 0 to 100", "always says the same");
                    }));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        COUNT + " >= 100",
        COUNT + " > 0",
        COUNT + " == 7",
        "99 < " + COUNT,
        COUNT + " + " + COUNT + " >= 150",
        "context.session.denials >= 3",
        "context.risk > 200",
      })
  void whatItMayCountToIs(String condition) {
    assertThat(IdleConditions.tried(compile(condition))).isInstanceOf(PolicySet.class);
  }

  @Test
  void aFloorIsHeldToTheSameAndKeepsNobodyElseFromPublishing() {
    var floor =
        new PolicyDocument(
            Floor.PREFIX + "a",
            "forbid (principal, action, resource) when { " + COUNT + " >= 101 };");

    assertThat(Floor.compile(List.of(floor))).isInstanceOf(PolicyProblems.class);
    assertThat(IdleConditions.tried(PolicySet.compile(List.of(floor))))
        .isInstanceOf(PolicySet.class);
  }
}
