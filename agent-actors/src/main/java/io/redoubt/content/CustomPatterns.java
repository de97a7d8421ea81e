package io.redoubt.content;

import io.redoubt.protocol.policy.CustomPattern;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Custom patterns, read strictly and made ready: all of them are good, or none is used. */
public final class CustomPatterns {
  /** Nothing is looked for. */
  public static final CustomPatterns NONE = new CustomPatterns(List.of());

  static final int MOST_PATTERNS = 50;
  static final int MOST_WORDS = 10_000;
  static final int LONGEST_WORD = 128;

  /** Of all words of all lists, in bytes. */
  static final int MOST_BYTES = 64 * 1024;

  /** Of all expressions: so many steps a byte may cost at worst. */
  static final int MOST_STATES = 2000;

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,47}");

  /**
   * What is wrong with a pattern.
   *
   * @param pointer to it in the list of patterns (RFC 6901)
   * @param position in the expression, in characters; null where that says nothing
   */
  public record Problem(String pointer, String detail, @Nullable Integer position) {}

  /** Patterns that are refused, with everything that is wrong with them. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    RefusedException(List<Problem> problems) {
      super(problems.size() + " problems with custom patterns: " + problems.getFirst(), null);
      this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
      return problems;
    }
  }

  /** One pattern, ready for use; either of the two. */
  public record Ready(String name, @Nullable Automaton automaton, @Nullable WordList words) {}

  private final List<Ready> patterns;

  private CustomPatterns(List<Ready> patterns) {
    this.patterns = List.copyOf(patterns);
  }

  /** Reads them all, and says everything that is wrong at once. */
  public static CustomPatterns of(List<CustomPattern> patterns) throws RefusedException {
    var reader = new Reader();
    if (patterns.size() > MOST_PATTERNS) {
      reader.problem("", "more than " + MOST_PATTERNS + " patterns", null);
      throw new RefusedException(reader.problems);
    }
    for (int i = 0; i < patterns.size(); i++) {
      reader.read("/" + i, patterns.get(i));
    }
    if (!reader.problems.isEmpty()) {
      throw new RefusedException(reader.problems);
    }
    return new CustomPatterns(reader.ready);
  }

  public List<Ready> all() {
    return patterns;
  }

  /** Of detectors. */
  public List<String> names() {
    return patterns.stream().map(Ready::name).toList();
  }

  private static final class Reader {
    private final List<Problem> problems = new ArrayList<>();
    private final List<Ready> ready = new ArrayList<>();
    private final HashSet<String> names = new HashSet<>();
    private int states;
    private int bytes;

    void problem(String pointer, String detail, @Nullable Integer position) {
      problems.add(new Problem(pointer, detail, position));
    }

    void read(String pointer, CustomPattern pattern) {
      String name = pattern.name();
      if (!NAME.matcher(name).matches()) {
        problem(pointer + "/name", "up to 48 lower-case letters, digits and dashes", null);
      } else if (!names.add(name)) {
        problem(pointer + "/name", "another pattern has this name", null);
      } else if (Arrays.stream(Detector.values()).anyMatch(each -> each.code().equals(name))) {
        problem(pointer + "/name", "a built-in detector has this name", null);
      }
      switch (pattern) {
        case CustomPattern.Expression expression -> readExpression(pointer, expression);
        case CustomPattern.Words words -> readWords(pointer, words);
      }
    }

    private void readExpression(String pointer, CustomPattern.Expression pattern) {
      try {
        var automaton = new Automaton(Expressions.read(pattern.regex(), pattern.ignoreCase()));
        if (automaton.matchesEmpty()) {
          problem(pointer + "/regex", "matches where nothing is", null);
          return;
        }
        states += automaton.states();
        if (states > MOST_STATES) {
          problem(pointer + "/regex", "all expressions together are too large", null);
          return;
        }
        ready.add(new Ready(pattern.name(), automaton, null));
      } catch (Expressions.UnreadableException e) {
        problem(pointer + "/regex", e.why(), e.position());
      } catch (Automaton.TooLargeException _) {
        problem(
            pointer + "/regex",
            "too large: more than " + Automaton.MOST_STATES + " states, repetitions written out",
            null);
      }
    }

    private void readWords(String pointer, CustomPattern.Words pattern) {
      if (pattern.words().isEmpty() || pattern.words().size() > MOST_WORDS) {
        problem(pointer + "/words", "from 1 to " + MOST_WORDS + " words", null);
        return;
      }
      for (int i = 0; i < pattern.words().size(); i++) {
        int length = pattern.words().get(i).getBytes(StandardCharsets.UTF_8).length;
        bytes += length;
        if (length < 2 || length > LONGEST_WORD) {
          problem(pointer + "/words/" + i, "from 2 to " + LONGEST_WORD + " bytes", null);
          return;
        }
      }
      if (bytes > MOST_BYTES) {
        problem(pointer + "/words", "all words together are more than 64 KiB", null);
        return;
      }
      ready.add(new Ready(pattern.name(), null, new WordList(pattern)));
    }
  }
}
