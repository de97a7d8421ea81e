package io.redoubt.cli.output;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Rows under headings, as wide as their widest cell. */
public final class Table {
  private static final int GAP = 2;

  private final List<String> headings;
  private final List<List<String>> rows = new ArrayList<>();

  public Table(String... headings) {
    this.headings = List.of(headings);
  }

  /** One heading per field of the items, which are shown as they are. */
  public static Table of(Iterable<JsonNode> items, String... fields) {
    var table =
        new Table(
            Arrays.stream(fields)
                .map(field -> field.substring(field.lastIndexOf('.') + 1).replace('_', ' '))
                .toArray(String[]::new));
    for (JsonNode item : items) {
      table.row(Arrays.stream(fields).map(field -> text(item, field)).toArray(String[]::new));
    }
    return table;
  }

  /** One document: a row for each of its fields. */
  public static Table fields(JsonNode document) {
    var table = new Table("field", "value");
    document.fieldNames().forEachRemaining(field -> table.row(field, text(document, field)));
    return table;
  }

  public Table row(String... cells) {
    rows.add(Arrays.stream(cells).map(Table::printable).toList());
    return this;
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /** The value at a dotted path as a person reads it; a dash for what is absent or empty. */
  public static String text(JsonNode item, String path) {
    JsonNode value = item.at("/" + path.replace('.', '/'));
    return written(value);
  }

  private static String written(JsonNode value) {
    if (value.isMissingNode() || value.isNull() || (value.isContainerNode() && value.isEmpty())) {
      return "-";
    }
    if (value.isArray()) {
      var parts = new ArrayList<String>();
      value.forEach(part -> parts.add(written(part)));
      return String.join(",", parts);
    }
    if (value.isObject()) {
      return value.properties().stream()
          .map(entry -> entry.getKey() + "=" + written(entry.getValue()))
          .collect(Collectors.joining(","));
    }
    if (value.isFloatingPointNumber()) {
      return value.decimalValue().toPlainString();
    }
    return value.asText().isEmpty() ? "-" : value.asText();
  }

  /** Names come from others: what would steer a terminal is shown, not obeyed. */
  public static String printable(String text) {
    return text.codePoints()
        .map(c -> Character.isISOControl(c) || isFormat(c) ? '\uFFFD' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean isFormat(int codePoint) {
    return Character.getType(codePoint) == Character.FORMAT;
  }

  public void print(PrintWriter out) {
    int[] widths = new int[headings.size()];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = headings.get(column).length();
      for (List<String> row : rows) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    out.println(line(headings, widths).toUpperCase(Locale.ROOT));
    rows.forEach(row -> out.println(line(row, widths)));
    out.flush();
  }

  private static String line(List<String> cells, int[] widths) {
    var line = new StringBuilder();
    for (int column = 0; column < cells.size(); column++) {
      String cell = cells.get(column);
      line.append(cell);
      if (column < cells.size() - 1) {
        line.append(" ".repeat(widths[column] - cell.length() + GAP));
      }
    }
    return line.toString();
  }
}
