package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Report;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What became of all trials. */
final class SpendOutcomes {
  /** How the concurrent uses of one trial differ. */
  enum Form {
    /** No commitment: the enclave makes every successor. */
    PLAIN,
    /** Each use commits to another successor, as two holders of a stolen token would. */
    RIVAL_COMMITMENTS,
    /** The identical request, as a client that lost the answer repeats it. */
    SAME_COMMITMENT;

    private static final List<Form> ALL = List.of(values());

    /** The forms take turns. */
    static Form of(int trial) {
      return ALL.get(trial % ALL.size());
    }
  }

  private final Tally tally = new Tally();
  private final Map<String, Integer> statuses = new TreeMap<>();
  private int left;
  private int completed;
  private int doubleSpends;

  SpendOutcomes(int trials) {
    this.left = trials;
  }

  /** The number of the next trial; negative: none is left. */
  int next() {
    return --left;
  }

  void status(Form form, int status) {
    statuses.merge(form.name().toLowerCase(Locale.ROOT) + " " + status, 1, Integer::sum);
  }

  /**
   * One trial is over.
   *
   * @param successors how many different ones were granted
   */
  void completed(List<String> successors, Form form) {
    completed++;
    if (successors.size() > 1) {
      doubleSpends++;
    } else if (successors.isEmpty()) {
      tally.fault("nobody could spend the token (" + form + ")");
    }
  }

  void fault(String what) {
    tally.fault(what);
  }

  int completed() {
    return completed;
  }

  int doubleSpends() {
    return doubleSpends;
  }

  void print(Report report) {
    report.line("double spends", Integer.toString(doubleSpends));
    statuses.forEach((status, count) -> report.line(status, Integer.toString(count)));
  }

  void requireNoFaults() throws IOException {
    tally.requireNoFaults();
  }
}
