package io.redoubt.protocol.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * JSON in its one canonical form (RFC 8785), of which digests are made. Numbers that the RFC would
 * round to a double keep all their digits, written as it writes others: what differs never has the
 * same digest.
 */
public final class CanonicalJson {
  /**
   * From 10^21 on, and below 10^-6, numbers are written with an exponent (ECMA-262 §6.1.6.1.20).
   */
  private static final int MOST_DIGITS = 21;

  private static final int MOST_ZEROS = 6;

  private final StringBuilder text = new StringBuilder();

  private CanonicalJson() {}

  /**
   * Writes a value that was read with its numbers exact.
   *
   * @return UTF-8
   */
  public static byte[] write(JsonNode value) {
    var writer = new CanonicalJson();
    writer.add(value);
    return writer.text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void add(JsonNode value) {
    switch (value.getNodeType()) {
      case OBJECT -> addObject(value);
      case ARRAY -> addArray(value);
      case STRING -> addText(value.textValue());
      case NUMBER -> addNumber(value.decimalValue());
      case BOOLEAN -> text.append(value.booleanValue());
      case NULL -> text.append("null");
      case BINARY, MISSING, POJO ->
          throw new IllegalArgumentException("no JSON: " + value.getNodeType());
    }
  }

  private void addObject(JsonNode object) {
    List<String> names = new ArrayList<>(object.size());
    object.fieldNames().forEachRemaining(names::add);
    names.sort(null); // by UTF-16 units, as Java compares and the RFC wants
    String separator = "{";
    for (var name : names) {
      text.append(separator);
      addText(name);
      text.append(':');
      add(object.get(name));
      separator = ",";
    }
    text.append(names.isEmpty() ? "{}" : "}");
  }

  private void addArray(JsonNode array) {
    String separator = "[";
    for (var element : array) {
      text.append(separator);
      add(element);
      separator = ",";
    }
    text.append(array.isEmpty() ? "[]" : "]");
  }

  private void addText(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\b' -> text.append("\\b");
        case '\f' -> text.append("\\f");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ' || isAlone(value, i)) {
            text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }

  /** Half of a pair, which UTF-8 has no place for. */
  private static boolean isAlone(String value, int at) {
    char c = value.charAt(at);
    if (Character.isHighSurrogate(c)) {
      return at + 1 == value.length() || !Character.isLowSurrogate(value.charAt(at + 1));
    }
    return Character.isLowSurrogate(c)
        && (at == 0 || !Character.isHighSurrogate(value.charAt(at - 1)));
  }

  private void addNumber(BigDecimal number) {
    if (number.signum() == 0) {
      text.append('0');
      return;
    }
    var stripped = number.abs().stripTrailingZeros();
    String digits = stripped.unscaledValue().toString();
    // The number is 0.digits × 10^point.
    long point = (long) stripped.precision() - stripped.scale();
    if (number.signum() < 0) {
      text.append('-');
    }
    if (point > MOST_DIGITS || point <= -MOST_ZEROS) {
      text.append(digits.charAt(0));
      if (digits.length() > 1) {
        text.append('.').append(digits, 1, digits.length());
      }
      text.append('e').append(point > 0 ? "+" : "").append(point - 1);
    } else if (point <= 0) {
      text.append("0.").repeat('0', (int) -point).append(digits);
    } else if (point >= digits.length()) {
      text.append(digits).repeat('0', (int) point - digits.length());
    } else {
      text.append(digits, 0, (int) point).append('.').append(digits, (int) point, digits.length());
    }
  }
}
