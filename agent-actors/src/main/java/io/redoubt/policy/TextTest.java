package io.redoubt.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a condition asks of an argument that is a text. Two texts that come off alike in all that is
 * asked of them, are judged alike: so an answer of Cedar's can be remembered though no two calls
 * have the same arguments. It must tell apart whatever Cedar does, and a test holds it to that.
 */
sealed interface TextTest {
  boolean holds(String text);

  /** {@code ==} or {@code !=}, and a text. */
  record Equal(String other) implements TextTest {
    @Override
    public boolean holds(String text) {
      return text.equals(other);
    }
  }

  /**
   * {@code like}, and a pattern.
   *
   * @param literals what stands between the wildcards, at least one; where the pattern begins or
   *     ends with a wildcard, or two stand side by side, it is empty
   */
  record Like(List<String> literals) implements TextTest {
    public Like {
      literals = List.copyOf(literals);
    }

    /** Of the pattern in Cedar's JSON form; empty: it is none that is known here. */
    static Optional<Like> of(JsonNode pattern) {
      if (!pattern.isArray()) {
        return Optional.empty();
      }
      var literals = new ArrayList<String>();
      var literal = new StringBuilder();
      for (var element : pattern) {
        if (element.isTextual() && element.textValue().equals("Wildcard")) {
          literals.add(literal.toString());
          literal.setLength(0);
        } else if (element.size() == 1 && element.path("Literal").isTextual()) {
          literal.append(element.path("Literal").textValue());
        } else {
          return Optional.empty();
        }
      }
      literals.add(literal.toString());
      return Optional.of(new Like(literals));
    }

    /** Each literal at the first place after the one before, which leaves most to the others. */
    @Override
    public boolean holds(String text) {
      var first = literals.getFirst();
      var last = literals.getLast();
      if (literals.size() == 1) {
        return text.equals(first);
      }
      int end = text.length() - last.length();
      if (end < first.length() || !text.startsWith(first) || !text.endsWith(last)) {
        return false;
      }
      int from = first.length();
      for (var literal : literals.subList(1, literals.size() - 1)) {
        int at = text.indexOf(literal, from);
        if (at < 0 || at + literal.length() > end) {
          return false;
        }
        from = at + literal.length();
      }
      return true;
    }
  }

  /** Whether Cedar takes it for a text: half of a pair of surrogates is none. */
  static boolean isText(@Nullable JsonNode value) {
    if (value == null || !value.isTextual() || value.textValue().length() > ArgumentType.MAX_SIZE) {
      return false;
    }
    var text = value.textValue();
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (i + 1 == text.length()
            || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }
}
