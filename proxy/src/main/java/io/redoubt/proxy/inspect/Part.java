package io.redoubt.proxy.inspect;

/** One of those who look at the same window. Indices are the window's. */
interface Part {
  /**
   * Looks at what is there, as far as it can be decided; all of it where the text is at its end.
   */
  void advance();

  /** No further finding of this part begins before this index. */
  int settled();

  /** What is before this index is not looked at again. */
  int needed();

  /** The window forgot so many bytes. */
  void dropped(int count);

  /** The window holds another text. */
  void restart();
}
