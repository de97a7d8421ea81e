package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Goal;
import io.redoubt.bench.measure.Report;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;

/** One scenario: starts what it needs, measures, stops it. */
public interface Scenario extends Callable<Integer> {
  /** The figures that must be reached, as they came out. Fails where an answer was wrong. */
  List<Goal> measure(Report report) throws Exception;

  /**
   * Measures and reports. A missed goal is no failure of the run: how fast a shared machine is says
   * little about the product.
   */
  @Override
  default Integer call() throws Exception {
    var report = new Report(new PrintStream(System.out, true, StandardCharsets.UTF_8));
    report.goals(measure(report));
    return 0;
  }
}
