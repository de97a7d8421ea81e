package io.redoubt.cli.agent;

import io.redoubt.cli.command.CommandFailure;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A label as people type it: {@code KEY=VALUE}, or {@code KEY:VALUE} as in the API's filter. */
record Label(String key, String value) {
  /** Keys have neither sign, so the first one ends the key. */
  private static final Pattern TYPED = Pattern.compile("([^=:]+)[=:](.*)", Pattern.DOTALL);

  static Label parse(String text) {
    Matcher typed = TYPED.matcher(text);
    if (!typed.matches()) {
      throw CommandFailure.usage(text + " is no label such as team=payments.");
    }
    return new Label(typed.group(1), typed.group(2));
  }

  /** All of them, each key once: who says two values of one means neither alone. */
  static Map<String, String> all(List<String> texts) {
    var all = new HashMap<String, String>();
    for (String text : texts) {
      var label = parse(text);
      if (all.put(label.key(), label.value()) != null) {
        throw CommandFailure.usage("The label " + label.key() + " is given twice.");
      }
    }
    return all;
  }

  /** As the API's filter has it. */
  String filter() {
    return key + ':' + value;
  }
}
