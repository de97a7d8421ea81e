package io.redoubt.cli.policy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The difference of two texts: as few lines as possible taken away and added. */
final class LineDiff {
  /** Beyond so many cells the texts are shown one after the other: the table would not fit. */
  private static final long MAX_CELLS = 16_000_000;

  private LineDiff() {}

  /** Lines that begin with {@code " "}, {@code "- "} or {@code "+ "}. */
  static List<String> of(List<String> before, List<String> after) {
    if ((long) before.size() * after.size() > MAX_CELLS) {
      var all = new ArrayList<String>();
      before.forEach(line -> all.add("- " + line));
      after.forEach(line -> all.add("+ " + line));
      return all;
    }
    int[][] common = common(before, after);
    var lines = new ArrayList<String>();
    int i = before.size();
    int j = after.size();
    while (i > 0 || j > 0) {
      if (i > 0 && j > 0 && before.get(i - 1).equals(after.get(j - 1))) {
        lines.add("  " + before.get(--i));
        j--;
      } else if (j > 0 && (i == 0 || common[i][j - 1] >= common[i - 1][j])) {
        lines.add("+ " + after.get(--j));
      } else {
        lines.add("- " + before.get(--i));
      }
    }
    Collections.reverse(lines);
    return lines;
  }

  /** Length of the longest common subsequence of the first i and the first j lines. */
  private static int[][] common(List<String> before, List<String> after) {
    int[][] common = new int[before.size() + 1][after.size() + 1];
    for (int i = 1; i <= before.size(); i++) {
      for (int j = 1; j <= after.size(); j++) {
        common[i][j] =
            before.get(i - 1).equals(after.get(j - 1))
                ? common[i - 1][j - 1] + 1
                : Math.max(common[i - 1][j], common[i][j - 1]);
      }
    }
    return common;
  }
}
