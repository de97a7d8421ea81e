package io.redoubt.cli.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.output.Table;
import io.redoubt.cli.session.Session;
import java.util.List;

/** A policy's text, line by line. */
final class TextLines {
  private TextLines() {}

  static List<String> of(String text) {
    return text.lines().toList();
  }

  /** A document under a heading. */
  static void show(Session session, String heading, JsonNode document) {
    session.output().line(printable(heading) + ":");
    of(document.path("cedar").asText())
        .forEach(line -> session.output().line("    " + printable(line)));
  }

  /** For a terminal: tabs as they are, what would steer it made visible. */
  static String printable(String line) {
    return Table.printable(line.replace("\t", "  "));
  }
}
