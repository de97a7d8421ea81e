package io.redoubt.proxy.inspect;

/**
 * Looks closely where an anchor was seen. Knows the text only through its {@link Window}: what it
 * reads beyond the end of what is there yet is asked again when there is more, so no matcher has to
 * think of where a text was cut.
 */
interface Matcher {
  /**
   * How far a matcher may look back and ahead, in bytes. What is longer is not found, or found up
   * to here.
   */
  int LOOK_BEHIND = 160;

  int LOOK_AHEAD = 16 * 1024;

  /**
   * Reports to the window what it finds.
   *
   * @param start where the literal of the anchor begins; -1: one byte before the text
   */
  void match(Window window, int start);
}
