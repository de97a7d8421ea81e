package io.redoubt.protocol.link;

import java.util.List;

/**
 * Which models an agent may use. A pattern is a model's name, in which {@code *} stands for any run
 * of characters. The block list wins; an empty allow list allows every model.
 *
 * @param allow at most 100 patterns
 * @param block at most 100 patterns
 */
public record ModelAccess(List<String> allow, List<String> block) {
  public static final ModelAccess ANY = new ModelAccess(List.of(), List.of());

  public ModelAccess {
    allow = List.copyOf(allow);
    block = List.copyOf(block);
  }

  public boolean permits(String model) {
    return !matchesAny(block, model) && (allow.isEmpty() || matchesAny(allow, model));
  }

  /** A loop, since a stream was a fifth of what the proxy spends on a call. */
  static boolean matchesAny(List<String> patterns, String model) {
    for (String pattern : patterns) {
      if (matches(pattern, model)) {
        return true;
      }
    }
    return false;
  }

  /** Greedy with one point to fall back to: linear in practice, never exponential. */
  static boolean matches(String pattern, String text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int resume = 0;
    while (t < text.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        resume = t;
      } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
        p++;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
