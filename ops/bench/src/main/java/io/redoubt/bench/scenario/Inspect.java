package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Report;
import io.redoubt.content.Category;
import io.redoubt.content.CustomPatterns;
import io.redoubt.content.Detector;
import io.redoubt.protocol.policy.CustomPattern;
import io.redoubt.proxy.inspect.Corpus;
import io.redoubt.proxy.inspect.Inspector;
import io.redoubt.proxy.inspect.JsonInspection;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How fast texts are inspected, and how well. Needs no product: one thread, in this process. */
@Command(
    name = "inspect",
    description = "Inspection of texts: speed of one core, precision and recall on the corpus")
public final class Inspect implements Scenario {
  private static final int SIZE = 4 * 1024 * 1024;
  private static final int WINDOWS = 3;
  private static final int PIECE = 1024;
  private static final double LEAST_SPEED = 100;

  @Option(
      names = "--seconds",
      defaultValue = "1",
      description = "of each window, and twice that of warm-up (default: ${DEFAULT-VALUE})")
  private int seconds;

  @Override
  public List<Goal> measure(Report report) throws Exception {
    var goals = new ArrayList<Goal>();
    speeds(report, goals);
    detection(report);
    return goals;
  }

  private void speeds(Report report, List<Goal> goals) throws CustomPatterns.RefusedException {
    report.title("inspect: speed of one core, everything built in, in MB/s");
    double slowest = Double.MAX_VALUE;
    for (InspectTexts texts : InspectTexts.values()) {
      byte[] text = texts.write(SIZE);
      double speed =
          speed(report, texts.title(), SIZE, () -> Inspector.STANDARD.inspect(text).size());
      if (texts.isText()) {
        slowest = Math.min(slowest, speed);
      }
    }
    goals.add(
        Goal.atLeast("inspection of the slowest text, one core", LEAST_SPEED, slowest, "MB/s"));

    byte[] prose = InspectTexts.PROSE.write(SIZE);
    speed(report, "prose, in pieces of 1 KiB", SIZE, () -> inPieces(prose));
    byte[] body = InspectTexts.chat(SIZE);
    var limits = new JsonInspection.Limits(Long.MAX_VALUE / 2, 1 << 20);
    speed(
        report,
        "prose in a JSON body",
        body.length,
        () -> JsonInspection.of(Inspector.STANDARD, limits, "request", body).findings().size());
    var custom = new Inspector(CustomPatterns.of(patterns()));
    speed(report, "prose, 3 custom patterns too", SIZE, () -> custom.inspect(prose).size());
  }

  private static List<CustomPattern> patterns() {
    var words = new ArrayList<String>();
    for (int i = 0; i < 1000; i++) {
      words.add("codename-" + Integer.toString(i * 7919, 36));
    }
    return List.of(
        new CustomPattern.Expression("project", "\\bPRJ-[0-9]{4,6}\\b", false),
        new CustomPattern.Expression("host", "[a-z0-9-]+\\.corp\\.example", true),
        new CustomPattern.Words("codenames", words, true, true));
  }

  private static int inPieces(byte[] text) {
    var scan = Inspector.STANDARD.open();
    for (int at = 0; at < text.length; at += PIECE) {
      scan.feed(text, at, Math.min(PIECE, text.length - at));
    }
    scan.end();
    return scan.take().size();
  }

  /** Something that reads a text and says how many findings it made. */
  private interface Reader {
    int read();
  }

  /** Bytes by processor time of this thread, the median of the windows. */
  private double speed(Report report, String name, int bytes, Reader reader) {
    run(reader, 2 * seconds, bytes);
    var speeds = new ArrayList<Double>();
    for (int i = 0; i < WINDOWS; i++) {
      speeds.add(run(reader, seconds, bytes));
    }
    speeds.sort(null);
    report.line(
        name,
        String.format(
            Locale.ROOT,
            "%.0f [%.0f to %.0f]",
            speeds.get(WINDOWS / 2),
            speeds.getFirst(),
            speeds.getLast()));
    return speeds.get(WINDOWS / 2);
  }

  private static double run(Reader reader, int length, int bytes) {
    var threads = ManagementFactory.getThreadMXBean();
    long begun = threads.getCurrentThreadCpuTime();
    long until = begun + length * 1_000_000_000L;
    long read = 0;
    long found = 0;
    long now = begun;
    while (now < until) {
      found += reader.read();
      read += bytes;
      now = threads.getCurrentThreadCpuTime();
    }
    if (found < 0) {
      throw new IllegalStateException("fewer findings than none");
    }
    return read / 1e6 / ((now - begun) / 1e9);
  }

  private static void detection(Report report) {
    var samples = Corpus.all();
    Map<String, Corpus.Score> scores = Corpus.score(Inspector.STANDARD, samples);
    report.title(
        "inspect: detection on %d texts of the corpus (right, made up, missed; precision, recall)"
            .formatted(samples.size()));
    int right = 0;
    int wrong = 0;
    int missed = 0;
    for (Category category : Category.values()) {
      for (Detector detector : Detector.values()) {
        if (detector.category() == category) {
          var score = Objects.requireNonNull(scores.get(detector.code()));
          right += score.right();
          wrong += score.wrong();
          missed += score.missed();
          report.line(
              detector.code(),
              String.format(
                  Locale.ROOT,
                  "%3d %3d %3d  %.3f  %.3f",
                  score.right(),
                  score.wrong(),
                  score.missed(),
                  score.precision(),
                  score.recall()));
        }
      }
    }
    var all = new Corpus.Score(right, wrong, missed);
    report.line(
        "all together",
        String.format(
            Locale.ROOT,
            "%3d %3d %3d  %.3f  %.3f",
            right,
            wrong,
            missed,
            all.precision(),
            all.recall()));
  }
}
