package io.redoubt.policy;

import io.redoubt.protocol.policy.PolicyDocument;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

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
          case '"' -> at = endOfString(at);
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

    private int endOfString(int from) {
      int at = from + 1;
      while (at < text.length() && text.charAt(at) != '"') {
        at += text.charAt(at) == '\\' ? 2 : 1;
      }
      return Math.min(at, text.length() - 1);
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
