package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;

/** {@code Bearer …} (RFC 6750 §2.1). */
final class BearerMatcher implements Matcher {
  private static final int SHORTEST = 20;
  private static final int LONGEST = 4096;
  private static final double RANDOM = 3.4;

  @Override
  public void match(Window window, int start) {
    if (!window.hasIgnoringCase(start, "bearer ") || window.is(start - 1, Bytes.WORD)) {
      return;
    }
    int from = start + "bearer ".length();
    int to = window.run(from, Bytes.LOCAL | Bytes.BASE64, LONGEST);
    if (to - from < SHORTEST
        || TokenRules.announces(window, from)
        || window.entropy(from, to) < RANDOM) {
      return;
    }
    for (int i = from; i < to; i++) {
      if (window.is(i, Bytes.DIGIT)) {
        window.found(Detector.BEARER_TOKEN, from, to, Confidence.CONTEXT);
        return;
      }
    }
  }
}
