package io.redoubt.protocol.policy;

import java.util.regex.Pattern;

/**
 * A named text of Cedar policies.
 *
 * @param name unique in the organization
 * @param cedar at most {@value #MAX_LENGTH} characters; may hold several policies, or none
 */
public record PolicyDocument(String name, String cedar) {
  /** Longest text of a document, in characters. */
  public static final int MAX_LENGTH = 100_000;

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

  public PolicyDocument {
    if (!isName(name)) {
      throw new IllegalArgumentException("not the name of a policy document");
    }
    if (!isText(cedar)) {
      throw new IllegalArgumentException("the text of " + name + " is too long or not plain");
    }
  }

  /**
   * Whether a document may be named so: 1 to 63 lower-case letters, digits, dots, dashes,
   * underscores.
   */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /** Whether it is text of bearable length, without control characters but tabs and line ends. */
  public static boolean isText(String text) {
    return text.length() <= MAX_LENGTH
        && text.codePoints()
            .noneMatch(c ->
                (Character.isISOControl(c) && c != '\n' && c != '\r' && c != '\t')
                    || Character.getType(c) == Character.SURROGATE);
  }
}
