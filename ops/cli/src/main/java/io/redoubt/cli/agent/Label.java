package io.redoubt.cli.agent;

import io.redoubt.cli.command.CommandFailure;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

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

  /** All of them; of two with the same key the last. */
  static Map<String, String> all(List<String> texts) {
    return texts.stream()
        .map(Label::parse)
        .collect(Collectors.toMap(Label::key, Label::value, (_, last) -> last));
  }

  /** As the API's filter has it. */
  String filter() {
    return key + ':' + value;
  }
}
