package io.redoubt.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.policy.PolicyDocument;
import java.util.List;
import org.junit.jupiter.api.Test;

class KnownTextsTest {
  @Test
  void whatWasNotAskedForLongestIsForgottenFirst() {
    var texts = new KnownTexts<String>(64, String::length);
    for (String text : List.of("a", "b", "c")) {
      texts.keep(text, "is");
    }
    for (char other = '0'; other < '0' + 31; other++) {
      assertThat(texts.find("a")).contains("is");
      texts.keep("t" + other, "");
    }

    assertThat(texts.find("a")).contains("is");
    assertThat(texts.find("b")).isEmpty();
    assertThat(texts.find("t0")).as("there is room for 61 characters beside the first").isEmpty();
    assertThat(texts.find("t1")).isPresent();
  }

  @Test
  void whatIsToldAgainTakesUpNoMoreRoom() {
    var texts = new KnownTexts<String>(64, String::length);
    texts.keep("one", "");
    for (int i = 0; i < 100; i++) {
      texts.keep("t", Integer.toString(i % 10));
    }

    assertThat(texts.find("one")).isPresent();
    assertThat(texts.find("t")).contains("9");
  }

  @Test
  void oneLongTextDoesNotDriveOutOthers() {
    var texts = new KnownTexts<String>(64, String::length);
    texts.keep("four", "");
    texts.keep("fifth", "");

    assertThat(texts.find("four")).isPresent();
    assertThat(texts.find("fifth")).isEmpty();
  }

  /** Whatever was found out before, by whomever. */
  @Test
  void whatIsWrongIsWrongAgainAndWhatIsRightStaysRightBesideIt() {
    var right =
        new PolicyDocument(
            "right",
            """
            permit (principal, action == Action::"tool:call", resource)
            when { context.args has known_texts && context.args.known_texts > 5 };
            """);
    var wrong =
        new PolicyDocument(
            "wrong",
            """
            permit (principal, action == Action::"tool:call", resource)
            when { principal.shoe_size > 5 };
            """);
    var otherwise =
        new PolicyDocument(
            "otherwise",
            """
            permit (principal, action == Action::"tool:call", resource)
            when { context.args has known_texts && context.args.known_texts == "five" };
            """);

    for (int i = 0; i < 3; i++) {
      assertThat(PolicySet.compile(List.of(right))).isInstanceOf(PolicySet.class);
      assertThat(problems(right, wrong))
          .isNotEmpty()
          .allSatisfy(problem -> assertThat(problem.policy()).isEqualTo("wrong"));
      assertThat(PolicySet.compile(List.of(otherwise))).isInstanceOf(PolicySet.class);
      assertThat(problems(right, otherwise)).as("one argument, two types").isNotEmpty();
    }
  }

  private static List<PolicyProblem> problems(PolicyDocument... documents) {
    return PolicySet.compile(List.of(documents)) instanceof PolicyProblems(var problems)
        ? problems
        : List.of();
  }
}
