package io.redoubt.proxy.inspect;

import io.redoubt.content.Detector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Texts of which is known what they hold. A file for each detector; a line is {@code + text with
 * ⟦what is to be found⟧}, or {@code - text} that only looks like it. What is known to go wrong
 * counts as well: {@code ~} is a positive that is missed, {@code !} a look-alike that is taken for
 * one. {@code <+>} is cut out, so that no scanner of repositories takes a made-up secret for a real
 * one; a backslash with n, with another, or with u and a code point in braces stands for what it
 * says. Nobody's data and no valid secret is in it.
 */
public final class Corpus {
  private static final Pattern CODE_POINT = Pattern.compile("\\\\u\\{([0-9A-F]+)}");

  /**
   * One line.
   *
   * @param detector whose file it is in; {@code plain}: nobody's
   * @param expected where that detector finds something, and nobody else anything
   * @param beyond whether this is known to be too hard
   */
  public record Sample(String detector, String content, List<Span> expected, boolean beyond) {
    public byte[] text() {
      return content.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
      return detector + ": " + content;
    }
  }

  /** From its first byte to the one behind it. */
  public record Span(long from, long to) {}

  /** How good one detector is. */
  public record Score(int right, int wrong, int missed) {
    public double precision() {
      return right + wrong == 0 ? 1 : (double) right / (right + wrong);
    }

    public double recall() {
      return right + missed == 0 ? 1 : (double) right / (right + missed);
    }

    private Score plus(int moreRight, int moreWrong, int moreMissed) {
      return new Score(right + moreRight, wrong + moreWrong, missed + moreMissed);
    }
  }

  private Corpus() {}

  /** All lines of all files. */
  public static List<Sample> all() {
    var samples = new ArrayList<Sample>();
    for (Detector detector : Detector.values()) {
      samples.addAll(read(detector.code()));
    }
    samples.addAll(read("plain"));
    return samples;
  }

  private static List<Sample> read(String name) {
    return lines(name).stream().map(line -> sample(name, line)).toList();
  }

  /** Of one file of the corpus. */
  static List<String> lines(String name) {
    try (var file = Corpus.class.getResourceAsStream("/inspect/" + name + ".txt")) {
      if (file == null) {
        throw new IllegalStateException("no corpus for " + name);
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Sample sample(String detector, String line) {
    String text = line.substring(2).replace("<+>", "");
    text =
        CODE_POINT
            .matcher(text)
            .replaceAll(m -> Character.toString(Integer.parseInt(m.group(1), 16)));
    text =
        text.replace("\\\\", "\u0001")
            .replace("\\n", "\n")
            .replace("\u0001", "\\")
            .replace("\\\"", "\"");
    var spans = new ArrayList<Span>();
    var plain = new StringBuilder();
    int open = -1;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int at = plain.toString().getBytes(StandardCharsets.UTF_8).length;
      if (c == '⟦') {
        open = at;
      } else if (c == '⟧') {
        spans.add(new Span(open, at));
      } else {
        plain.append(c);
      }
    }
    char sign = line.charAt(0);
    if ("+~".indexOf(sign) >= 0 == spans.isEmpty() || "+-~!".indexOf(sign) < 0) {
      throw new IllegalStateException("marks and sign do not fit: " + line);
    }
    return new Sample(detector, plain.toString(), spans, "~!".indexOf(sign) >= 0);
  }

  /**
   * Counts what is found, missed and made up, by detector. A finding counts as right only where it
   * is exactly what is marked; one in another detector's line is wrong.
   */
  public static Map<String, Score> score(Inspector inspector, List<Sample> samples) {
    var scores = new TreeMap<String, Score>();
    Arrays.stream(Detector.values()).forEach(each -> scores.put(each.code(), new Score(0, 0, 0)));
    for (Sample sample : samples) {
      var missing = new ArrayList<>(sample.expected());
      for (Finding finding : inspector.inspect(sample.text())) {
        boolean right =
            finding.detector().equals(sample.detector())
                && missing.remove(new Span(finding.offset(), finding.end()));
        scores.compute(
            finding.detector(), (_, score) -> score.plus(right ? 1 : 0, right ? 0 : 1, 0));
      }
      if (!missing.isEmpty()) {
        scores.compute(sample.detector(), (_, score) -> score.plus(0, 0, missing.size()));
      }
    }
    return scores;
  }
}
