package io.redoubt.policy;

import io.redoubt.protocol.policy.PolicyDocument;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The text of one policy, and where in its document it stands.
 *
 * @param start where its first word begins, in characters of the document
 * @param depth how deep its brackets and ifs nest, at most
 * @param operators how many it has, at most
 */
record Statement(PolicyDocument document, int start, String text, int depth, int operators) {

  /**
   * Every policy ends with a semicolon, which can stand nowhere else but in strings and comments.
   */
  static List<Statement> of(PolicyDocument document) {
    return new Scanner(document).scan();
  }

  /**
   * The same for everybody and everything, without annotations; null: its scope is not found. Only
   * Cedar knows whether the conditions have stayed what they were.
   */
  @Nullable String withoutScope() {
    return new ScopeCutter(text).cut();
  }

  /** A problem with the policy as a whole. */
  PolicyProblem problem(String message) {
    return at(start, message);
  }

  /** A problem at so many bytes of the policy's text. */
  PolicyProblem problemAt(int bytes, String message) {
    var utf8 = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.clamp(bytes, 0, utf8.length);
    return at(start + new String(utf8, 0, length, StandardCharsets.UTF_8).length(), message);
  }

  private PolicyProblem at(int offset, String message) {
    var before = document.cedar().substring(0, Math.min(offset, document.cedar().length()));
    int lineStart = before.lastIndexOf('\n') + 1;
    int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
    int column = 1 + before.codePointCount(lineStart, before.length());
    return new PolicyProblem(document.name(), line, column, message);
  }

  /** Reads over what stands in front of the conditions: annotations, the effect, the scope. */
  private static final class ScopeCutter {
    private final String text;
    private int at;

    ScopeCutter(String text) {
      this.text = text;
    }

    @Nullable String cut() {
      blanks();
      while (at < text.length() && text.charAt(at) == '@') {
        at++;
        blanks();
        word();
        blanks();
        if (!brackets(false)) {
          return null;
        }
        blanks();
      }
      var effect = word();
      blanks();
      return (effect.equals("permit") || effect.equals("forbid")) && brackets(true)
          ? effect + " (principal, action, resource)" + text.substring(at)
          : null;
    }

    private String word() {
      int from = at;
      while (at < text.length() && Character.isJavaIdentifierPart(text.charAt(at))) {
        at++;
      }
      return text.substring(from, at);
    }

    private void blanks() {
      while (at < text.length()) {
        if (text.startsWith("//", at)) {
          int end = text.indexOf('\n', at);
          at = end < 0 ? text.length() : end;
        } else if (Character.isWhitespace(text.charAt(at))) {
          at++;
        } else {
          return;
        }
      }
    }

    /** From the opening bracket to behind the one that closes it; an annotation may have none. */
    private boolean brackets(boolean needed) {
      if (at == text.length() || text.charAt(at) != '(') {
        return !needed;
      }
      int open = 0;
      while (at < text.length()) {
        switch (text.charAt(at)) {
          case '(' -> open++;
          case ')' -> open--;
          case '"' -> at = endOfString(text, at);
          case '/' -> at = text.startsWith("//", at) ? endOfLine() : at;
          default -> {}
        }
        at++;
        if (open == 0) {
          return true;
        }
      }
      return false;
    }

    private int endOfLine() {
      int end = text.indexOf('\n', at);
      return end < 0 ? text.length() - 1 : end;
    }
  }

  private static int endOfString(String text, int from) {
    int at = from + 1;
    while (at < text.length() && text.charAt(at) != '"') {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    return Math.min(at, text.length() - 1);
  }

  private static final class Scanner {
    private static final String OPERATORS = "&|+-*=<>.!,";

    private final PolicyDocument document;
    private final String text;
    private final List<Statement> found = new ArrayList<>();
    private int start = -1;
    private int open;
    private int depth;
    private int ifs;
    private int operators;

    Scanner(PolicyDocument document) {
      this.document = document;
      this.text = document.cedar();
    }

    List<Statement> scan() {
      int at = 0;
      while (at < text.length()) {
        char c = text.charAt(at);
        if (c == '/' && text.startsWith("//", at)) {
          int end = text.indexOf('\n', at);
          at = end < 0 ? text.length() : end;
          continue;
        }
        if (start < 0 && !Character.isWhitespace(c)) {
          start = at;
        }
        switch (c) {
          case '"' -> at = endOfString(text, at);
          case '(', '[', '{' -> depth = Math.max(depth, ++open + ifs);
          case ')', ']', '}' -> open--;
          case ';' -> end(at + 1);
          default -> {
            if (OPERATORS.indexOf(c) >= 0) {
              operators++;
            } else if (isIf(at)) {
              ifs++;
              depth = Math.max(depth, open + ifs);
            }
          }
        }
        at++;
      }
      if (start >= 0) {
        end(text.length());
      }
      return found;
    }

    private boolean isIf(int at) {
      return text.startsWith("if", at)
          && (at == 0 || !Character.isJavaIdentifierPart(text.charAt(at - 1)))
          && (at + 2 == text.length() || !Character.isJavaIdentifierPart(text.charAt(at + 2)));
    }

    private void end(int end) {
      found.add(new Statement(document, start, text.substring(start, end), depth, operators));
      start = -1;
      open = 0;
      depth = 0;
      ifs = 0;
      operators = 0;
    }
  }
}
