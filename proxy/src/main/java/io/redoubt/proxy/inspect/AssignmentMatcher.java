package io.redoubt.proxy.inspect;

import io.redoubt.content.Bytes;
import io.redoubt.content.Detector;
import java.util.Locale;

/**
 * A value that looks random, behind a name that says it is a secret: {@code api_key = "…"}, {@code
 * "clientSecret": "…"}, {@code Authorization: Bearer …}. The finding is the value alone.
 */
final class AssignmentMatcher implements Matcher {
  private static final int LONGEST_NAME = 24;
  private static final int LONGEST_SECRET = 512;
  private static final int LONGEST_PASSWORD = 128;
  private static final int SHORTEST_SECRET = 16;
  private static final int SHORTEST_PASSWORD = 8;

  /** What is said in the place of a secret. */
  private static final String[] STAND_INS = {
    "example",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "redacted",
    "replace",
    "your-",
    "your_",
    "dummy",
    "sample",
    "insert",
    "password",
    "xxxx",
    "****",
    "....",
    "todo",
    "test_test",
    "undefined",
    "12345678"
  };

  private final String name;
  private final boolean isPassword;

  /**
   * @param name in lower case
   * @param isPassword whether people choose such secrets, which are shorter and less random
   */
  AssignmentMatcher(String name, boolean isPassword) {
    this.name = name;
    this.isPassword = isPassword;
  }

  @Override
  public void match(Window window, int start) {
    if (!window.hasIgnoringCase(start, name)) {
      return;
    }
    int at = start + name.length();
    if (window.at(at) == 's') {
      at++;
    }
    if (window.is(at, Bytes.LOWER) && window.is(at - 1, Bytes.LOWER)) {
      return; // another word: secretary, tokenizer
    }
    int nameEnd = window.run(at, Bytes.TOKEN, LONGEST_NAME);
    if (describesASecret(window, at, nameEnd)) {
      return;
    }
    int from = value(window, nameEnd);
    if (from < 0) {
      return;
    }
    int quote = window.at(from - 1);
    boolean isQuoted = quote == '"' || quote == '\'' || quote == '`';
    int most = isPassword ? LONGEST_PASSWORD : LONGEST_SECRET;
    int to = isQuoted ? quoteEnd(window, from, most, quote) : valueEnd(window, from, most);
    int length = to - from;
    boolean isSecret =
        isPassword
            ? length >= SHORTEST_PASSWORD && isPassword(window, from, to)
            : length >= SHORTEST_SECRET && isRandom(window, from, to);
    boolean isAwsSecret = isAwsSecret(window, start, nameEnd, from, to);
    // The dearest question comes last, and of most values it is never asked.
    if ((isSecret || isAwsSecret)
        && !TokenRules.announces(window, from)
        && !isReference(window, from, to)) {
      window.found(
          isAwsSecret ? Detector.AWS_SECRET_KEY : Detector.ASSIGNED_SECRET,
          from,
          to,
          Confidence.CONTEXT);
    }
  }

  /** {@code token_type}, {@code password_policy}: about secrets, and no secret. */
  private static boolean describesASecret(Window window, int from, int to) {
    String rest = window.text(from, to).toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
    return rest.startsWith("type")
        || rest.startsWith("count")
        || rest.startsWith("name")
        || rest.startsWith("id")
        || rest.startsWith("file")
        || rest.startsWith("path")
        || rest.startsWith("url")
        || rest.startsWith("uri")
        || rest.startsWith("endpoint")
        || rest.startsWith("policy")
        || rest.startsWith("digest")
        || rest.startsWith("hash")
        || rest.startsWith("alg")
        || rest.startsWith("field")
        || rest.startsWith("ref")
        || rest.startsWith("arn");
  }

  /** Where the value begins, behind a quote, a sign and another quote; -1: nothing is assigned. */
  private static int value(Window window, int nameEnd) {
    int at = nameEnd;
    at = quote(window, at);
    if (window.at(at) == ']') {
      at++;
    }
    at = spaces(window, at);
    int sign = window.at(at);
    if (sign == ':') {
      at += window.at(at + 1) == '=' ? 2 : 1;
    } else if (sign == '=') {
      if (window.at(at + 1) == '=') {
        return -1;
      }
      at += window.at(at + 1) == '>' ? 2 : 1;
    } else {
      return -1;
    }
    return quote(window, spaces(window, at));
  }

  private static int spaces(Window window, int from) {
    int at = from;
    while (at - from < 4 && (window.at(at) == ' ' || window.at(at) == '\t')) {
      at++;
    }
    return at;
  }

  private static int quote(Window window, int from) {
    int at = window.at(from) == '\\' ? from + 1 : from;
    int c = window.at(at);
    return c == '"' || c == '\'' || c == '`' ? at + 1 : from;
  }

  /** An equals sign stands only at the end of Base64; elsewhere another value begins. */
  private int valueEnd(Window window, int from, int most) {
    int at = from;
    while (at - from < most) {
      int c = window.at(at);
      if (c <= ' ' || c >= 0x7F || "\"'`,;&<>(){}[]\\|".indexOf(c) >= 0) {
        return at;
      }
      if (c == '=' && window.is(at + 1, Bytes.TOKEN)) {
        return at;
      }
      if (c == ':' && !isPassword) {
        return from; // stands in no such secret
      }
      at++;
    }
    return at;
  }

  /** Nothing where there are words. */
  private static int quoteEnd(Window window, int from, int most, int quote) {
    int at = from;
    while (at - from < most) {
      int c = window.at(at);
      if (c < 0 || c == quote || c == '\\') {
        return at;
      }
      if (c <= ' ' || c >= 0x7F) {
        return from;
      }
      at++;
    }
    return at;
  }

  /** A variable, a call, a stand-in: what takes a secret's place in a text. */
  private static boolean isReference(Window window, int from, int to) {
    int first = window.at(from);
    int after = window.at(to);
    if (to - from < SHORTEST_PASSWORD
        || "$%@*-.:/".indexOf(first) >= 0
        || after == '('
        || after == '['
        || after == '{'
        || window.distinct(from, to) <= 4) {
      return true;
    }
    String value = window.text(from, to).toLowerCase(Locale.ROOT);
    for (String word : STAND_INS) {
      if (value.contains(word)) {
        return true;
      }
    }
    return value.contains("://");
  }

  private static boolean isAwsSecret(Window window, int start, int nameEnd, int from, int to) {
    if (to - from != 40 || window.run(from, Bytes.BASE64, 41) != to) {
      return false;
    }
    int nameStart = window.runBack(start, Bytes.TOKEN, LONGEST_NAME);
    String all = window.text(nameStart, nameEnd).toLowerCase(Locale.ROOT).replace("_", "");
    return all.contains("secretaccesskey") || all.contains("awssecret");
  }

  /** Three of the four sorts of characters, or two and a fair length. */
  private static boolean isPassword(Window window, int from, int to) {
    int sorts = 0;
    int others = 0;
    int digits = 0;
    for (int i = from; i < to; i++) {
      int c = window.at(i);
      sorts |=
          Bytes.is(c, Bytes.LOWER)
              ? 1
              : Bytes.is(c, Bytes.UPPER) ? 2 : Bytes.is(c, Bytes.DIGIT) ? 4 : 8;
      digits += Bytes.is(c, Bytes.DIGIT) ? 1 : 0;
      others += Bytes.is(c, Bytes.WORD | Bytes.DOT) ? 0 : 1;
    }
    boolean mixed = Integer.bitCount(sorts) >= 3 && (digits > 0 || others > 0);
    return mixed && window.entropy(from, to) >= 2.5 && (others > 0 || digits > 0);
  }

  private static boolean isRandom(Window window, int from, int to) {
    int digits = 0;
    int letters = 0;
    boolean hex = true;
    for (int i = from; i < to; i++) {
      int c = window.at(i);
      if (!Bytes.is(c, Bytes.TOKEN | Bytes.BASE64 | Bytes.DOT)
          && c != '~'
          && c != '!'
          && c != '#') {
        return false;
      }
      digits += Bytes.is(c, Bytes.DIGIT) ? 1 : 0;
      letters += Bytes.is(c, Bytes.LETTER) ? 1 : 0;
      hex &= Bytes.is(c, Bytes.HEX | Bytes.DASH);
    }
    if (digits < 1 || letters < 2 || isWords(window, from, to)) {
      return false;
    }
    return window.entropy(from, to) >= (digits == 1 ? 4.1 : hex ? 2.8 : 3.4);
  }

  /** Names that people give: letters in words with a number or two, such as {@code my-key-2024}. */
  private static boolean isWords(Window window, int from, int to) {
    int changes = 0;
    for (int i = from + 1; i < to; i++) {
      boolean before = window.is(i - 1, Bytes.DIGIT);
      boolean now = window.is(i, Bytes.DIGIT);
      boolean up = window.is(i - 1, Bytes.LOWER) && window.is(i, Bytes.UPPER);
      changes += before != now || up ? 1 : 0;
    }
    return changes * 8 < to - from;
  }
}
