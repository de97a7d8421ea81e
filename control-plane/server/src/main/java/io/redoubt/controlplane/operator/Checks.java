package io.redoubt.controlplane.operator;

import io.redoubt.protocol.problem.Problem;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.text.PlainText;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Collects everything that is wrong with a body, so that a caller hears of it all at once. */
public final class Checks {
  /** Names that people and tools type: no spaces, nothing to be quoted in a shell. */
  private static final Pattern HANDLE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private static final Pattern EMAIL =
      Pattern.compile("[^\\s@\\p{Cntrl}]{1,64}@[^\\s@\\p{Cntrl}]{1,189}");

  private final List<Problem.FieldError> errors = new ArrayList<>();

  public Checks wrong(String pointer, String detail) {
    errors.add(new Problem.FieldError(pointer, detail));
    return this;
  }

  public Checks require(boolean holds, String pointer, String detail) {
    return holds ? this : wrong(pointer, detail);
  }

  /** A name such as {@code deploy-bot}. */
  public Checks handle(String pointer, @Nullable String value) {
    return require(
        value != null && HANDLE.matcher(value).matches(),
        pointer,
        "is needed: 1 to 63 letters, digits, dots, dashes and underscores, the first a letter or"
            + " digit");
  }

  /** A name for people. */
  public Checks title(String pointer, @Nullable String value) {
    return require(
        value != null
            && !value.isBlank()
            && value.equals(value.strip())
            && PlainText.fits(value, 100),
        pointer,
        "is needed: 1 to 100 characters, no control characters, no space at the ends");
  }

  /** Free text for people, which may be left out. */
  public Checks text(String pointer, @Nullable String value, int maxLength) {
    return require(
        value == null || PlainText.fits(value, maxLength),
        pointer,
        "has at most " + maxLength + " characters, none of them control characters");
  }

  /** Why something is done: an auditor will read it. */
  public Checks reason(@Nullable String value) {
    return require(
        value != null && !value.isBlank() && PlainText.fits(value, 500),
        "/reason",
        "is needed: 1 to 500 characters, no control characters");
  }

  public Checks email(String pointer, @Nullable String value) {
    return require(
        value == null || EMAIL.matcher(value).matches(), pointer, "is not an e-mail address");
  }

  /** A list of at most so many short texts, none of them empty or null. */
  public Checks list(
      String pointer, @Nullable List<@Nullable String> values, int atMost, int length) {
    if (values == null) {
      return this;
    }
    require(values.size() <= atMost, pointer, "has at most " + atMost + " entries");
    for (int i = 0; i < Math.min(values.size(), atMost); i++) {
      @Nullable String value = values.get(i);
      require(
          value != null && !value.isBlank() && PlainText.fits(value, length),
          pointer + "/" + i,
          "has 1 to " + length + " characters");
    }
    return this;
  }

  /**
   * Ends the checking.
   *
   * @throws ProblemException 422 with every pointer, if anything was wrong
   */
  public void done() {
    if (!errors.isEmpty()) {
      throw ProblemException.invalid(errors);
    }
  }
}
