package io.redoubt.cli.policy;

import io.redoubt.cli.output.Table;
import java.util.List;

/** A policy's text, line by line. */
final class TextLines {
  private TextLines() {}

  static List<String> of(String text) {
    return text.lines().toList();
  }

  /** For a terminal: tabs as they are, what would steer it made visible. */
  static String printable(String line) {
    return Table.printable(line.replace("\t", "  "));
  }
}
