package io.redoubt.proxy.inspect;

import io.redoubt.content.Detector;

/** The very text, in its exact case. */
record LiteralMatcher(Detector detector, String literal) implements Matcher {
  @Override
  public void match(Window window, int start) {
    if (window.has(start, literal)) {
      window.found(detector, start, start + literal.length(), Confidence.FORM);
    }
  }
}
