package io.redoubt.proxy.llm.reply;

/**
 * What came cannot be understood in one way only, so a client might find a call in it that nobody
 * decided. Nothing of it goes out.
 */
final class Unintelligible extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Unintelligible(String why) {
    // Without a stack: whoever sends the reply decides how often it happens.
    super(why, null, false, false);
  }

  String why() {
    return String.valueOf(getMessage());
  }
}
