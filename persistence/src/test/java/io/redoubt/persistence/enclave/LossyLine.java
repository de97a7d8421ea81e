package io.redoubt.persistence.enclave;

import io.redoubt.testing.line.Line;
import io.redoubt.testing.line.Way;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A line to the database that can lose answers to the audit log's writers, and refuse. */
final class LossyLine implements AutoCloseable {
  private final AtomicInteger answersToLose = new AtomicInteger();
  private final Line line;

  LossyLine(int target) {
    this.line = new Line(target, this::gate);
  }

  int port() {
    return line.port();
  }

  /**
   * The next {@code count} answers that hold a result are lost, and their connections with them.
   */
  void loseAnswers(int count) {
    answersToLose.set(count);
  }

  void refuse(boolean refuse) {
    if (refuse) {
      line.passage().cut();
    } else {
      line.passage().mend();
    }
  }

  private Line.Gate gate() {
    var isAudit = new AtomicBoolean();
    return (way, bytes, length) -> {
      if (way == Way.BACK) {
        return !(isAudit.get() && isWhole(bytes, length) && isToBeLost());
      }
      // Its name is in the first thing it says.
      if (new String(bytes, 0, length, StandardCharsets.ISO_8859_1).contains("redoubt-audit")) {
        isAudit.set(true);
      }
      return true;
    };
  }

  /** Ends with ReadyForQuery in the idle state: whatever it was is committed. */
  private static boolean isWhole(byte[] bytes, int length) {
    return length > 6 && bytes[length - 6] == 'Z' && bytes[length - 1] == 'I';
  }

  private boolean isToBeLost() {
    return answersToLose.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
  }

  @Override
  public void close() throws IOException {
    line.close();
  }
}
