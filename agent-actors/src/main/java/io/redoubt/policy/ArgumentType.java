package io.redoubt.policy;

import com.cedarpolicy.value.CedarList;
import com.cedarpolicy.value.CedarMap;
import com.cedarpolicy.value.Decimal;
import com.cedarpolicy.value.PrimBool;
import com.cedarpolicy.value.PrimLong;
import com.cedarpolicy.value.PrimString;
import com.cedarpolicy.value.Value;
import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the policies take an argument of a call for. What a call brings must be that, or it is
 * denied: a policy that forbids a text would not see it in a list.
 */
sealed interface ArgumentType {
  /** Largest text, and most elements of a list, that a policy looks at. */
  int MAX_SIZE = 65_536;

  /** In Cedar's schema. */
  String cedar();

  /**
   * The value as Cedar takes it.
   *
   * @param path to say where, if it is something else
   */
  Value convert(JsonNode value, String path) throws Mismatch;

  /** An argument is not what the policies take it for. */
  final class Mismatch extends Exception {
    private static final long serialVersionUID = 1;

    Mismatch(String path, String expected) {
      // Without a stack: it is an answer, and agents decide how often it is given.
      super("context.args." + path + " is not " + expected, null, false, false);
    }

    String text() {
      return String.valueOf(getMessage());
    }
  }

  /** Policies ask only whether it is there. */
  record Presence() implements ArgumentType {
    @Override
    public String cedar() {
      return "Bool";
    }

    @Override
    public Value convert(JsonNode value, String path) {
      return new PrimBool(true);
    }
  }

  record Bool() implements ArgumentType {
    @Override
    public String cedar() {
      return "Bool";
    }

    @Override
    public Value convert(JsonNode value, String path) throws Mismatch {
      if (!value.isBoolean()) {
        throw new Mismatch(path, "a boolean");
      }
      return new PrimBool(value.booleanValue());
    }
  }

  record Text() implements ArgumentType {
    @Override
    public String cedar() {
      return "String";
    }

    @Override
    public Value convert(JsonNode value, String path) throws Mismatch {
      if (!value.isTextual()) {
        throw new Mismatch(path, "a string");
      }
      if (value.textValue().length() > MAX_SIZE) {
        throw new Mismatch(path, "shorter than " + MAX_SIZE + " characters");
      }
      return new PrimString(value.textValue());
    }
  }

  record Whole() implements ArgumentType {
    @Override
    public String cedar() {
      return "Long";
    }

    @Override
    public Value convert(JsonNode value, String path) throws Mismatch {
      if (!value.isIntegralNumber() || !value.canConvertToLong()) {
        throw new Mismatch(path, "an integer of 64 bits");
      }
      return new PrimLong(value.longValue());
    }
  }

  /** Cedar's decimal: 64 bits, of which four digits stand behind the point. */
  record Fraction() implements ArgumentType {
    private static final BigDecimal LOWEST = new BigDecimal("-922337203685477.5808");
    private static final BigDecimal HIGHEST = new BigDecimal("922337203685477.5807");
    private static final int DIGITS = 4;

    @Override
    public String cedar() {
      return "decimal";
    }

    @Override
    public Value convert(JsonNode value, String path) throws Mismatch {
      var number = value.isNumber() ? value.decimalValue() : null;
      if (number == null
          || number.compareTo(LOWEST) < 0
          || number.compareTo(HIGHEST) > 0
          || number.stripTrailingZeros().scale() > DIGITS) {
        throw new Mismatch(path, "a number with at most four decimal places");
      }
      return new Decimal(number.setScale(DIGITS).toPlainString());
    }
  }

  record Many(ArgumentType element) implements ArgumentType {
    @Override
    public String cedar() {
      return "Set<" + element.cedar() + ">";
    }

    @Override
    public Value convert(JsonNode value, String path) throws Mismatch {
      if (!value.isArray()) {
        throw new Mismatch(path, "a list");
      }
      if (value.size() > MAX_SIZE) {
        throw new Mismatch(path, "shorter than " + MAX_SIZE + " elements");
      }
      var list = new CedarList();
      for (var each : value) {
        list.add(element.convert(each, path + "[]"));
      }
      return list;
    }
  }

  /** Only those of its attributes that policies name; each may be absent, and so is a null. */
  record Struct(Map<String, ArgumentType> attributes) implements ArgumentType {
    public Struct {
      attributes = new TreeMap<>(attributes);
    }

    @Override
    public String cedar() {
      return attributes.entrySet().stream()
          .map(each -> quoted(each.getKey()) + "?: " + each.getValue().cedar())
          .collect(Collectors.joining(", ", "{ ", " }"));
    }

    private static String quoted(String name) {
      return '"' + name.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    @Override
    public Value convert(JsonNode value, String path) throws Mismatch {
      if (!value.isObject()) {
        throw new Mismatch(path, "an object");
      }
      var map = new CedarMap();
      for (var each : attributes.entrySet()) {
        var member = value.get(each.getKey());
        if (member != null && !member.isNull()) {
          var at = path.isEmpty() ? each.getKey() : path + "." + each.getKey();
          map.put(each.getKey(), each.getValue().convert(member, at));
        }
      }
      return map;
    }
  }
}
