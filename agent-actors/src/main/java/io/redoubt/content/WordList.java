package io.redoubt.content;

import io.redoubt.protocol.policy.CustomPattern;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * All words of a list at once (Aho and Corasick, 1975): a byte costs the same for one or thousands.
 */
public final class WordList {
  private static final int ROOT = 0;

  private final boolean ignoreCase;
  private final boolean wholeWords;
  private final int[] rootNext = new int[256];
  private final long[] edges; // state and byte, and the state they lead to; a hash table
  private final int mask;
  private final int[] fail;
  private final int[] depth;
  private final boolean[] isWord;
  private final int[] shorter; // the next shorter word that ends here too, 0: none

  WordList(CustomPattern.Words words) {
    ignoreCase = words.ignoreCase();
    wholeWords = words.wholeWords();
    var children = new ArrayList<Map<Integer, Integer>>();
    children.add(new HashMap<>());
    var ends = new ArrayList<Boolean>();
    ends.add(false);
    for (String word : spellings(words)) {
      int state = ROOT;
      for (byte value : word.getBytes(StandardCharsets.UTF_8)) {
        Integer next = children.get(state).get(fold(value & 0xFF));
        if (next == null) {
          next = children.size();
          children.get(state).put(fold(value & 0xFF), next);
          children.add(new HashMap<>());
          ends.add(false);
        }
        state = next;
      }
      ends.set(state, true);
    }
    int states = children.size();
    mask = Math.max(16, Integer.highestOneBit(states) * 4) - 1;
    edges = new long[mask + 1];
    fail = new int[states];
    depth = new int[states];
    shorter = new int[states];
    isWord = new boolean[states];
    for (int state = 0; state < states; state++) {
      isWord[state] = ends.get(state);
    }
    link(children);
  }

  /** A byte of ASCII is compared in either case; what else has cases is there in each. */
  private static Set<String> spellings(CustomPattern.Words words) {
    var spellings = new LinkedHashSet<>(words.words());
    if (words.ignoreCase()) {
      for (String word : words.words()) {
        String lower = word.toLowerCase(Locale.ROOT);
        int first = lower.offsetByCodePoints(0, 1);
        spellings.add(lower);
        spellings.add(word.toUpperCase(Locale.ROOT));
        spellings.add(lower.substring(0, first).toUpperCase(Locale.ROOT) + lower.substring(first));
      }
    }
    return spellings;
  }

  private void link(List<Map<Integer, Integer>> children) {
    Arrays.fill(rootNext, ROOT);
    var queue = new ArrayDeque<Integer>();
    queue.add(ROOT);
    while (!queue.isEmpty()) {
      int state = queue.remove();
      for (var edge : children.get(state).entrySet()) {
        int value = edge.getKey();
        int next = edge.getValue();
        put(state, value, next);
        depth[next] = depth[state] + 1;
        fail[next] = state == ROOT ? ROOT : next(fail[state], value);
        shorter[next] = isWord[fail[next]] ? fail[next] : shorter[fail[next]];
        queue.add(next);
      }
      if (state == ROOT) {
        children.getFirst().forEach((value, next) -> rootNext[value] = next);
      }
    }
  }

  /** The state after one more byte. */
  public int next(int state, int value) {
    int folded = fold(value);
    int at = state;
    while (at != ROOT) {
      int next = edge(at, folded);
      if (next != ROOT) {
        return next;
      }
      at = fail[at];
    }
    return rootNext[folded];
  }

  /** How many bytes of a word have been seen, at most, so that its beginning may still matter. */
  public int depth(int state) {
    return depth[state];
  }

  /** The longest word that ends in this state, as a state; {@code 0}: none. */
  public int longest(int state) {
    return isWord[state] ? state : shorter[state];
  }

  public int shorter(int state) {
    return shorter[state];
  }

  public boolean wholeWords() {
    return wholeWords;
  }

  private int fold(int value) {
    return ignoreCase ? Bytes.lower(value) : value;
  }

  private void put(int state, int value, int next) {
    int slot = slot(state, value);
    while (edges[slot] != 0) {
      slot = slot + 1 & mask;
    }
    edges[slot] = key(state, value) << 32 | next;
  }

  private int edge(int state, int value) {
    long key = key(state, value);
    for (int slot = slot(state, value); edges[slot] != 0; slot = slot + 1 & mask) {
      if (edges[slot] >>> 32 == key) {
        return (int) edges[slot];
      }
    }
    return ROOT;
  }

  private static long key(int state, int value) {
    return (long) state << 8 | value;
  }

  private int slot(int state, int value) {
    return (int) ((key(state, value) * 0x9E3779B97F4A7C15L) >>> 40) & mask;
  }
}
