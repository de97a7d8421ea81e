package io.redoubt.proxy.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.content.Detector;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CorpusTest {
  static List<Corpus.Sample> samples() {
    return Corpus.all();
  }

  private static List<String> found(Corpus.Sample sample) {
    return Inspector.STANDARD.inspect(sample.text()).stream()
        .map(each -> each.detector() + " " + each.offset() + "-" + each.end())
        .toList();
  }

  private static List<String> expected(Corpus.Sample sample) {
    return sample.expected().stream()
        .map(span -> sample.detector() + " " + span.from() + "-" + span.to())
        .toList();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void whatIsMarkedIsFoundAndNothingElse(Corpus.Sample sample) {
    if (sample.beyond()) {
      assertThat(found(sample)).as("no longer too hard: mark it so").isNotEqualTo(expected(sample));
    } else {
      assertThat(found(sample)).isEqualTo(expected(sample));
    }
  }

  /** Precision and recall of each detector stay at what the documentation says, or rise. */
  @Test
  void noDetectorFallsBelowItsRecordedFigures() {
    var scores = Corpus.score(Inspector.STANDARD, samples());

    var recorded = new TreeSet<String>();
    for (String line : Corpus.lines("floors")) {
      String[] floor = line.split(" +", -1);
      var score = Objects.requireNonNull(scores.get(floor[0]), floor[0]);
      recorded.add(floor[0]);
      assertThat(score.precision())
          .as("precision of %s", floor[0])
          .isGreaterThanOrEqualTo(Double.parseDouble(floor[1]));
      assertThat(score.recall())
          .as("recall of %s", floor[0])
          .isGreaterThanOrEqualTo(Double.parseDouble(floor[2]));
    }
    assertThat(recorded).isEqualTo(scores.keySet());
  }

  @Test
  void everyDetectorHasPositivesAndLookAlikes() {
    for (Detector detector : Detector.values()) {
      var own = samples().stream().filter(each -> each.detector().equals(detector.code())).toList();

      assertThat(own.stream().filter(each -> !each.expected().isEmpty()))
          .as("positives of %s", detector)
          .hasSizeGreaterThanOrEqualTo(3);
      assertThat(own.stream().filter(each -> each.expected().isEmpty()))
          .as("look-alikes of %s", detector)
          .hasSizeGreaterThanOrEqualTo(3);
    }
  }

  private static Corpus.Sample sample(String detector, String text, Corpus.Span... expected) {
    return new Corpus.Sample(detector, text, List.of(expected), false);
  }

  @Test
  void theScoreCountsWhatIsRightWrongAndMissed() {
    var samples =
        List.of(
            sample("email", "a@b.de", new Corpus.Span(0, 6)),
            sample("email", "c@d.de"),
            sample("phone", "nothing", new Corpus.Span(0, 7)));

    var scores = Corpus.score(Inspector.STANDARD, samples);

    assertThat(scores.get("email")).isEqualTo(new Corpus.Score(1, 1, 0));
    assertThat(scores.get("phone")).isEqualTo(new Corpus.Score(0, 0, 1));
    assertThat(new Corpus.Score(1, 1, 0).precision()).isEqualTo(0.5);
    assertThat(new Corpus.Score(0, 0, 1).recall()).isZero();
  }

  @Test
  void everySplitOfEveryTextGivesTheSameFindings() {
    for (Corpus.Sample sample : samples()) {
      byte[] text = sample.text();
      var whole = Inspector.STANDARD.inspect(text);

      for (int cut = 0; cut <= text.length; cut++) {
        assertThat(inPieces(text, cut, text.length))
            .as("%s, cut at %d", sample, cut)
            .isEqualTo(whole);
      }
      int[] bytes = new int[text.length];
      Arrays.setAll(bytes, i -> i + 1);
      assertThat(inPieces(text, bytes)).as("%s, byte by byte", sample).isEqualTo(whole);
    }
  }

  @Test
  void manyTextsInOneGiveTheSameFindingsHoweverItIsCut() {
    var all = new ByteArrayOutputStream();
    for (Corpus.Sample sample : samples()) {
      all.writeBytes(sample.text());
      all.write('\n');
    }
    byte[] text = all.toByteArray();
    var whole = Inspector.STANDARD.inspect(text);
    var random = new Random(7);

    for (int round = 0; round < 60; round++) {
      int longest = 1 << random.nextInt(15);
      int[] cuts = random.ints(1, longest + 1).limit(text.length / longest + 1L).toArray();
      for (int i = 1; i < cuts.length; i++) {
        cuts[i] += cuts[i - 1];
      }
      int[] inside = Arrays.stream(cuts).filter(cut -> cut < text.length).toArray();
      int[] ends = Arrays.copyOf(inside, inside.length + 1);
      ends[inside.length] = text.length;

      assertThat(inPieces(text, ends)).as("seed 7, round %d", round).isEqualTo(whole);
    }
  }

  @Test
  void nothingIsFoundInFrontOfWhatWasSettled() {
    for (Corpus.Sample sample : samples()) {
      var scan = Inspector.STANDARD.open();
      for (int i = 0; i < sample.text().length; i++) {
        long settled = scan.settled();
        scan.feed(sample.text(), i, 1);

        assertThat(scan.settled()).isBetween(settled, i + 1L);
        assertThat(scan.take())
            .as("%s at %d", sample, i)
            .allSatisfy(each -> assertThat(each.offset()).isGreaterThanOrEqualTo(settled));
      }
      long settled = scan.settled();
      scan.end();
      assertThat(scan.take())
          .as("%s at its end", sample)
          .allSatisfy(each -> assertThat(each.offset()).isGreaterThanOrEqualTo(settled));
      assertThat(scan.settled()).isEqualTo(sample.text().length);
    }
  }

  private static List<Finding> inPieces(byte[] text, int... ends) {
    var scan = Inspector.STANDARD.open();
    int from = 0;
    for (int end : ends) {
      scan.feed(text, from, end - from);
      from = end;
    }
    scan.end();
    return scan.take().stream()
        .sorted(Comparator.comparingLong(Finding::offset).thenComparing(Finding::detector))
        .toList();
  }
}
