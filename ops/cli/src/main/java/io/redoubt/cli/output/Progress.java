package io.redoubt.cli.output;

import java.io.PrintWriter;

/**
 * Says on standard error what is going on, while somebody watches. In a file or a pipe it stays
 * silent.
 */
public final class Progress implements AutoCloseable {
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintWriter err;
  private final boolean watched;
  private boolean shown;

  public Progress(PrintWriter err, boolean watched) {
    this.err = err;
    this.watched = watched;
  }

  /** Replaces what was said before. */
  public void say(String what) {
    if (watched) {
      err.print(CLEAR_LINE + what + " …");
      err.flush();
      shown = true;
    }
  }

  @Override
  public void close() {
    if (shown) {
      err.print(CLEAR_LINE);
      err.flush();
      shown = false;
    }
  }
}
