package io.redoubt.approval;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.json.CanonicalJson;
import io.redoubt.protocol.text.PlainText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Where two values of JSON differ: by pointers (RFC 6901), which tell nothing of what they say. */
final class Differences {
  static final int MOST = 20;
  static final int MOST_CHARACTERS = 100;
  private static final String MORE = "…";

  private final List<String> found = new ArrayList<>();

  private Differences() {}

  /**
   * At most {@value #MOST}, and then a sign that there are more. The whole is {@code /}, as people
   * read it.
   */
  static List<String> between(@Nullable JsonNode one, JsonNode other) {
    var differences = new Differences();
    if (one == null) {
      differences.add("");
    } else {
      differences.compare("", one, other);
    }
    return List.copyOf(differences.found);
  }

  private void compare(String at, JsonNode one, JsonNode other) {
    if (found.size() > MOST) {
      return;
    }
    if (one.isObject() && other.isObject()) {
      var names = new TreeSet<String>();
      one.fieldNames().forEachRemaining(names::add);
      other.fieldNames().forEachRemaining(names::add);
      for (var name : names) {
        var inner = at + "/" + name.replace("~", "~0").replace("/", "~1");
        compareIfBoth(inner, one.get(name), other.get(name));
      }
    } else if (one.isArray() && other.isArray()) {
      for (int i = 0; i < Math.max(one.size(), other.size()); i++) {
        compareIfBoth(at + "/" + i, one.get(i), other.get(i));
      }
    } else if (!Arrays.equals(CanonicalJson.write(one), CanonicalJson.write(other))) {
      add(at);
    }
  }

  private void compareIfBoth(String at, @Nullable JsonNode one, @Nullable JsonNode other) {
    if (one == null || other == null) {
      add(at);
    } else {
      compare(at, one, other);
    }
  }

  private void add(String at) {
    if (found.size() < MOST) {
      found.add(at.isEmpty() ? "/" : shown(at));
    } else if (found.size() == MOST) {
      found.add(MORE);
    }
  }

  /** Names come from a model, or from whoever changed them, and stand between others in records. */
  private static String shown(String pointer) {
    return PlainText.beginning(pointer, MOST_CHARACTERS).replace(';', '?').replace(',', '?');
  }
}
