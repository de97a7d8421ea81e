package io.redoubt.proxy.inspect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.redoubt.content.Category;
import io.redoubt.content.CustomPatterns;
import io.redoubt.protocol.policy.CustomPattern;
import io.redoubt.protocol.policy.CustomPattern.Expression;
import io.redoubt.protocol.policy.CustomPattern.Words;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CustomPatternsTest {
  private static Inspector inspector(CustomPattern... patterns) {
    try {
      return new Inspector(CustomPatterns.of(List.of(patterns)));
    } catch (CustomPatterns.RefusedException e) {
      throw new AssertionError(e);
    }
  }

  private static List<CustomPatterns.Problem> problems(CustomPattern... patterns) {
    return catchThrowableOfType(
            CustomPatterns.RefusedException.class, () -> CustomPatterns.of(List.of(patterns)))
        .problems();
  }

  private static List<String> found(Inspector inspector, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return inspector.inspect(bytes).stream()
        .filter(each -> each.category() == Category.CUSTOM)
        .map(each -> new String(bytes, (int) each.offset(), each.length(), UTF_8))
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '§',
      textBlock =
          """
          PRJ-\\d{4}              § PRJ-1234, PRJ-99 and PRJ-00001 § PRJ-1234,PRJ-0000
          \\bPRJ-\\d+\\b          § xPRJ-1 PRJ-22 PRJ-3a           § PRJ-22
          (?i)geheim(?:nis|er)    § Geheimnis, GEHEIMER, geheim    § Geheimnis,GEHEIMER
          [A-Z]{2}[^a-z ]?x       § ABx AB1x ABcx ABüx             § ABx,AB1x,ABüx
          ^ab$                    § ab                             § ab
          gr(ü|ue)n.              § grün! gruens grünü             § grün!,gruens,grünü
          a+?b*                   § aaabb c a                      § aaabb,a
          \\w+@corp\\.int         § me@corp.int, you@corp-int      § me@corp.int
          """)
  void expressionsFindWhatTheySay(String regex, String text, String expected) {
    assertThat(found(inspector(new Expression("own", regex, false)), text))
        .containsExactly(expected.split(","));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          (a            | 0 | a group is not closed
          a)            | 1 | a group is closed that was not opened
          [a-           | 0 | a class is not closed
          a**           | 2 | a repetition is repeated
          *a            | 0 | nothing to repeat
          (?=a)b        | 1 | no look-around
          (a)\\1        | 4 | not known here
          a{2,1}        | 6 | a repetition of nothing
          a{1000}       | 6 | a count from 0 to 100
          [z-a]         | 4 | a range that ends before it begins
          [ä]           | 1 | a class holds ASCII only
          \\p{L}        | 1 | not known here
          """)
  void whatIsNoExpressionIsRefusedWithItsPlace(String regex, int position, String why) {
    assertThat(problems(new Expression("own", regex, false)))
        .singleElement()
        .satisfies(problem -> {
          assertThat(problem.pointer()).isEqualTo("/0/regex");
          assertThat(problem.detail()).contains(why);
          assertThat(problem.position()).isEqualTo(position);
        });
  }

  @Test
  void whatIsTooLargeOrSaysNothingIsRefused() {
    assertThat(problems(new Expression("own", "(a{100}){100}", false)))
        .singleElement()
        .extracting(CustomPatterns.Problem::detail)
        .asString()
        .contains("too large");
    assertThat(problems(new Expression("own", "a*|\\b", false)).getFirst().detail())
        .contains("where nothing is");
    assertThat(problems(new Expression("own", "a".repeat(513), false)).getFirst().detail())
        .contains("longer than 512");
    assertThat(problems(new Expression("own", "(".repeat(100) + ")".repeat(100), false)))
        .singleElement()
        .extracting(CustomPatterns.Problem::detail)
        .asString()
        .contains("deeper");
    assertThat(
            problems(
                IntStream.range(0, 7)
                    .mapToObj(i -> new Expression("own-" + i, "[ab]{100}[cd]{100}e{99}", false))
                    .toArray(CustomPattern[]::new)))
        .extracting(CustomPatterns.Problem::detail)
        .containsExactly("all expressions together are too large");
  }

  @Test
  void namesAndListsAreValidatedAndEverythingIsSaidAtOnce() {
    assertThat(
            problems(
                new Expression("Not a name", "a", false),
                new Expression("own", "a", false),
                new Words("own", List.of("word"), false, false),
                new Words("email", List.of("word"), false, false),
                new Words("empty", List.of(), false, false),
                new Words("short", List.of("ok", "x"), false, false)))
        .extracting(CustomPatterns.Problem::pointer)
        .containsExactly("/0/name", "/2/name", "/3/name", "/4/words", "/5/words/1");
    assertThatThrownBy(
            () -> CustomPatterns.of(Collections.nCopies(51, new Expression("own", "a", false))))
        .isInstanceOf(CustomPatterns.RefusedException.class);
  }

  @Test
  void wordsAreFoundWholeOrAnywhereInEitherCase() {
    var words = List.of("Falcon", "falcon nine", "über", "he", "she", "hers");

    assertThat(
            found(
                inspector(new Words("own", words, true, true)), "A FALCON Nine, Über; shells she"))
        .containsExactly("FALCON", "FALCON Nine", "Über", "she")
        .doesNotContain("he");
    assertThat(found(inspector(new Words("own", words, false, false)), "ushers Falconry"))
        .containsExactly("she", "hers", "Falcon");
  }

  /** What an expression finds is every byte that any match of it holds. */
  @Test
  void anyExpressionFindsExactlyWhatAnotherEngineMatches() {
    var random = new Random(5);
    for (int round = 0; round < 1500; round++) {
      String regex = (random.nextInt(8) == 0 ? "^" : "") + expression(random, 3);
      var pattern = new Expression("own", regex, false);
      try {
        var _ = CustomPatterns.of(List.of(pattern));
      } catch (CustomPatterns.RefusedException e) {
        assertThat(e.problems().getFirst().detail())
            .as(regex)
            .containsAnyOf("matches where nothing is", "too large");
        continue;
      }
      String text = text(random, 14);
      var inspector = inspector(pattern);
      var covered = new BitSet();
      inspector.inspect(text.getBytes(UTF_8)).stream()
          .filter(each -> each.category() == Category.CUSTOM)
          .forEach(each -> covered.set((int) each.offset(), (int) each.end()));

      assertThat(covered).as("%s in %s", regex, text).isEqualTo(reference(regex, text));
      for (int cut = 0; cut <= text.length(); cut++) {
        assertThat(inPieces(inspector, text.getBytes(UTF_8), cut))
            .as("%s in %s, cut at %d", regex, text, cut)
            .isEqualTo(inspector.inspect(text.getBytes(UTF_8)));
      }
    }
  }

  private static List<Finding> inPieces(Inspector inspector, byte[] text, int cut) {
    var scan = inspector.open();
    scan.feed(text, 0, cut);
    scan.feed(text, cut, text.length - cut);
    scan.end();
    var found = new ArrayList<>(scan.take());
    found.sort(Comparator.comparingLong(Finding::offset));
    return found;
  }

  private static BitSet reference(String regex, String text) {
    var matcher =
        Pattern.compile(regex, Pattern.MULTILINE | Pattern.UNIX_LINES)
            .matcher(text)
            .useTransparentBounds(true)
            .useAnchoringBounds(false);
    var covered = new BitSet();
    for (int from = 0; from < text.length(); from++) {
      for (int to = from + 1; to <= text.length(); to++) {
        if (matcher.region(from, to).matches()) {
          covered.set(from, to);
        }
      }
    }
    return covered;
  }

  private static String expression(Random random, int depth) {
    return switch (random.nextInt(depth == 0 ? 4 : 10)) {
      case 0 -> "a";
      case 1 -> "b";
      case 2 -> random.nextBoolean() ? "[ab]" : "[^a]";
      case 3 -> random.nextBoolean() ? "\\w" : "\\d";
      case 4 -> "(?:" + expression(random, depth - 1) + "|" + expression(random, depth - 1) + ")";
      case 5 -> "(" + expression(random, depth - 1) + ")" + "*+?".charAt(random.nextInt(3));
      case 6 -> "(" + expression(random, depth - 1) + "){1," + (1 + random.nextInt(3)) + "}";
      case 7 -> (random.nextBoolean() ? "\\b" : "\\B") + expression(random, depth - 1);
      case 8 -> expression(random, depth - 1) + "$";
      default -> expression(random, depth - 1) + expression(random, depth - 1);
    };
  }

  private static String text(Random random, int longest) {
    var text = new StringBuilder();
    int length = random.nextInt(longest);
    for (int i = 0; i < length; i++) {
      text.append("aaabb1 \n".charAt(random.nextInt(8)));
    }
    return text.toString();
  }

  @Test
  void aMatchLongerThanAFindingIsReportedInPiecesAndHidesNoShorterOne() {
    String gap = "x".repeat(1000);

    assertThat(found(inspector(new Expression("own", "a.*b", false)), "a" + gap + "a" + gap + "b"))
        .singleElement()
        .asString()
        .hasSize(1024)
        .endsWith("xb");
    assertThat(found(inspector(new Expression("own", "a+", false)), "a".repeat(2500)))
        .containsExactly("a".repeat(1024), "a".repeat(1024), "a".repeat(452));
    assertThat(found(inspector(new Expression("own", "a[ax]*b", false)), "a" + gap + "axxxb"))
        .isNotEmpty();
  }

  @Test
  void anExpressionThatExplodesElsewhereCostsItsStatesForAByte() {
    var inspector = inspector(new Expression("own", "(a|a?)+(a|aa)+$b", false));
    byte[] text = "a".repeat(200_000).getBytes(UTF_8);

    assertThat(inspector.inspect(text)).isEmpty();
  }
}
