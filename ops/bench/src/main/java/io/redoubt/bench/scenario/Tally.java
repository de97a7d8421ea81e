package io.redoubt.bench.scenario;

import io.redoubt.bench.measure.Latencies;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What a load counts: operations that went well, how long they took, and what went wrong. */
final class Tally {
  private static final int FAULTS_KEPT = 5;

  private final List<String> faults = new ArrayList<>();
  private Latencies latencies = new Latencies();
  private long operations;
  private long unsettled;
  private long faultCount;
  private long missed;

  void done(long nanos) {
    completed();
    latencies.record(nanos);
  }

  /** Beside the latency of an operation, when it consists of several parts. */
  void part(long nanos) {
    latencies.record(nanos);
  }

  void completed() {
    operations++;
    unsettled++;
  }

  void fault(String what) {
    faultCount++;
    if (faults.size() < FAULTS_KEPT) {
      faults.add(what);
    }
  }

  /** An operation was due, and nobody was free to begin it. */
  void missed() {
    missed++;
  }

  /** Begins anew; faults are never forgotten, unlike operations that were missed. */
  void reset() {
    operations = 0;
    missed = 0;
    latencies = new Latencies();
  }

  /** Operations since the product last had nothing left to do; counts from here on anew. */
  long takeUnsettled() {
    long taken = unsettled;
    unsettled = 0;
    return taken;
  }

  long faults() {
    return faultCount;
  }

  long operations() {
    return operations;
  }

  Latencies latencies() {
    return latencies;
  }

  /** A measurement with wrong answers in it is none. */
  void requireNoFaults() throws IOException {
    if (faultCount > 0) {
      throw new IOException(faultCount + " wrong answers, such as: " + String.join("; ", faults));
    }
    if (missed > 0) {
      throw new IOException(
          "every connection was busy when a request was due, " + missed + " times");
    }
  }
}
