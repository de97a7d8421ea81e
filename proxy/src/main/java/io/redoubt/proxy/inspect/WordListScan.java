package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Category;
import io.redoubt.content.WordList;
import java.util.function.Consumer;

/**
 * Looks for the words of a list in one text; of those that overlap, the longest from each place.
 */
final class WordListScan implements Part {
  private final String name;
  private final WordList words;
  private final Window window;
  private final Consumer<Finding> findings;
  private int state;
  private int next;

  WordListScan(String name, WordList words, Window window, Consumer<Finding> findings) {
    this.name = name;
    this.words = words;
    this.window = window;
    this.findings = findings;
  }

  @Override
  public void advance() {
    // Whether a word is whole is known when the byte behind it is there.
    int end = window.isLast() || !words.wholeWords() ? window.end() : window.end() - 1;
    byte[] bytes = window.bytes();
    while (next < end) {
      state = words.next(state, bytes[next] & 0xFF);
      next++;
      for (int word = words.longest(state); word != 0; word = words.shorter(word)) {
        int from = next - words.depth(word);
        if (!words.wholeWords() || isWhole(from)) {
          findings.accept(
              new Finding(
                  name, Category.CUSTOM, window.base() + from, next - from, Confidence.FORM));
          break;
        }
      }
    }
  }

  private boolean isWhole(int from) {
    int kinds = Bytes.WORD | Bytes.HIGH;
    return !(window.is(from - 1, kinds) && window.is(from, kinds))
        && !(window.is(next, kinds) && window.is(next - 1, kinds));
  }

  @Override
  public int settled() {
    return next - words.depth(state);
  }

  @Override
  public int needed() {
    return Math.max(0, settled() - 1);
  }

  @Override
  public void dropped(int count) {
    next -= count;
  }

  @Override
  public void restart() {
    next = 0;
    state = 0;
  }
}
