package io.redoubt.content;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Reads regular expressions: characters, {@code .}, classes, {@code \d \w \s \D \W \S}, {@code \b ^
 * $} (of a line), groups, alternatives, {@code * + ?} and {@code {n,m}}, and {@code (?i)} in front.
 * Nothing that needs backtracking: no back references, no look-around. Letters, digits and white
 * space are ASCII; a class that is not negated holds ASCII only.
 */
final class Expressions {
  static final int LONGEST = 512;
  private static final int DEEPEST = 32;
  private static final int MOST_REPEATS = 100;

  /** What an expression is made of. */
  sealed interface Node {}

  /** One character of ASCII out of a set, or any other character as well. */
  record One(BitSet ascii, boolean others) implements Node {}

  record Sequence(List<Node> nodes) implements Node {}

  record Either(List<Node> nodes) implements Node {}

  /**
   * @param most -1: without end
   */
  record Repeat(Node node, int fewest, int most) implements Node {}

  enum Edge implements Node {
    LINE_START,
    LINE_END,
    WORD,
    NO_WORD
  }

  /** An expression that is refused, and where. */
  static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int position;

    UnreadableException(String why, int position) {
      super(why, null, false, false);
      this.position = position;
    }

    /** In characters from the beginning. */
    int position() {
      return position;
    }

    String why() {
      return String.valueOf(getMessage());
    }
  }

  private final String text;
  private boolean ignoreCase;
  private int at;
  private int depth;

  private Expressions(String text, boolean ignoreCase) {
    this.text = text;
    this.ignoreCase = ignoreCase;
  }

  static Node read(String text, boolean ignoreCase) throws UnreadableException {
    if (text.length() > LONGEST) {
      throw new UnreadableException("longer than " + LONGEST + " characters", LONGEST);
    }
    var expressions = new Expressions(text, ignoreCase);
    if (text.startsWith("(?i)")) {
      expressions.ignoreCase = true;
      expressions.at = 4;
    }
    Node node = expressions.either();
    if (expressions.at < text.length()) {
      throw expressions.unreadable("a group is closed that was not opened");
    }
    return node;
  }

  private Node either() throws UnreadableException {
    if (++depth > DEEPEST) {
      throw unreadable("groups nest deeper than " + DEEPEST);
    }
    var branches = new ArrayList<Node>();
    branches.add(sequence());
    while (peek() == '|') {
      at++;
      branches.add(sequence());
    }
    depth--;
    return branches.size() == 1 ? branches.getFirst() : new Either(branches);
  }

  private Node sequence() throws UnreadableException {
    var nodes = new ArrayList<Node>();
    while (at < text.length() && peek() != '|' && peek() != ')') {
      nodes.add(repeated());
    }
    return nodes.size() == 1 ? nodes.getFirst() : new Sequence(nodes);
  }

  private Node repeated() throws UnreadableException {
    int begin = at;
    Node node = atom();
    int c = peek();
    if (c != '*' && c != '+' && c != '?' && c != '{') {
      return node;
    }
    if (node instanceof Edge) {
      throw unreadable("an edge cannot be repeated");
    }
    at++;
    Node repeat =
        switch (c) {
          case '*' -> new Repeat(node, 0, -1);
          case '+' -> new Repeat(node, 1, -1);
          case '?' -> new Repeat(node, 0, 1);
          default -> counted(node);
        };
    if (peek() == '?') {
      at++; // every match is looked for, so a reluctant one is the same
    }
    if (peek() == '*' || peek() == '+' || peek() == '{') {
      throw unreadable("a repetition is repeated: group what begins at " + begin);
    }
    return repeat;
  }

  private Node counted(Node node) throws UnreadableException {
    int fewest = number();
    int most = fewest;
    if (peek() == ',') {
      at++;
      most = peek() == '}' ? -1 : number();
    }
    if (peek() != '}') {
      throw unreadable("a repetition is {n}, {n,} or {n,m}");
    }
    at++;
    if ((most >= 0 && most < fewest) || most == 0) {
      throw unreadable("a repetition of nothing");
    }
    return new Repeat(node, fewest, most);
  }

  private int number() throws UnreadableException {
    int begin = at;
    int value = 0;
    while (peek() >= '0' && peek() <= '9' && at - begin < 4) {
      value = value * 10 + peek() - '0';
      at++;
    }
    if (at == begin || value > MOST_REPEATS) {
      throw unreadable("a count from 0 to " + MOST_REPEATS);
    }
    return value;
  }

  private Node atom() throws UnreadableException {
    int c = text.codePointAt(at);
    return switch (c) {
      case '(' -> group();
      case '[' -> {
        at++;
        yield set();
      }
      case '\\' -> {
        at++;
        yield escaped();
      }
      case '^' -> {
        at++;
        yield Edge.LINE_START;
      }
      case '$' -> {
        at++;
        yield Edge.LINE_END;
      }
      case '.' -> {
        at++;
        var all = new BitSet();
        all.set(0, 0x80);
        all.clear('\n');
        yield new One(all, true);
      }
      case '*', '+', '?', '{', '}' -> throw unreadable("nothing to repeat; to mean it, escape it");
      default -> {
        at += Character.charCount(c);
        yield character(c);
      }
    };
  }

  private Node group() throws UnreadableException {
    int begin = at;
    at++;
    if (peek() == '?') {
      if (!text.startsWith("?:", at)) {
        throw unreadable("only (…) and (?:…): no look-around, no names, no flags inside");
      }
      at += 2;
    }
    Node node = either();
    if (peek() != ')') {
      throw new UnreadableException("a group is not closed", begin);
    }
    at++;
    return node;
  }

  private Node escaped() throws UnreadableException {
    int c = peek();
    at++;
    return switch (c) {
      case 'b' -> Edge.WORD;
      case 'B' -> Edge.NO_WORD;
      case 'd', 'w', 's' -> new One(kind(c), false);
      case 'D', 'W', 'S' -> {
        var set = kind(c + 'a' - 'A');
        set.flip(0, 0x80);
        yield new One(set, true);
      }
      default -> {
        at--;
        yield character(literal());
      }
    };
  }

  /** Behind a backslash. */
  private int literal() throws UnreadableException {
    int c = peek();
    at++;
    return switch (c) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      default -> {
        if (c < 0 || c >= 0x80 || Character.isLetterOrDigit(c)) {
          at--;
          throw unreadable("an escape that is not known here");
        }
        yield c;
      }
    };
  }

  private static BitSet kind(int letter) {
    int kinds = letter == 'd' ? Bytes.DIGIT : letter == 'w' ? Bytes.WORD : Bytes.SPACE;
    var set = new BitSet();
    for (int c = 0; c < 0x80; c++) {
      set.set(c, Bytes.is(c, kinds));
    }
    return set;
  }

  private Node set() throws UnreadableException {
    int begin = at - 1;
    boolean negated = peek() == '^';
    at += negated ? 1 : 0;
    var set = new BitSet();
    boolean first = true;
    while (first || peek() != ']') {
      first = false;
      if (at >= text.length()) {
        throw new UnreadableException("a class is not closed", begin);
      }
      if (peek() == '\\' && at + 1 < text.length() && "dws".indexOf(text.charAt(at + 1)) >= 0) {
        set.or(kind(text.charAt(at + 1)));
        at += 2;
        continue;
      }
      int from = member();
      int to = from;
      if (peek() == '-' && at + 1 < text.length() && text.charAt(at + 1) != ']') {
        at++;
        to = member();
      }
      if (to < from) {
        throw unreadable("a range that ends before it begins");
      }
      set.set(from, to + 1);
    }
    at++;
    set = folded(set);
    if (negated) {
      set.flip(0, 0x80);
    }
    return new One(set, negated);
  }

  private int member() throws UnreadableException {
    int c = peek();
    if (c < 0 || c >= 0x80) {
      throw unreadable("a class holds ASCII only: for other characters write (?:x|y)");
    }
    at++;
    return c == '\\' ? literal() : c;
  }

  private Node character(int c) {
    if (c < 0x80) {
      var set = new BitSet();
      set.set(c);
      return new One(folded(set), false);
    }
    var bytes = new ArrayList<Node>();
    for (byte value : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
      var set = new BitSet();
      set.set(value & 0xFF);
      bytes.add(new One(set, false));
    }
    return new Sequence(bytes);
  }

  private BitSet folded(BitSet set) {
    if (!ignoreCase) {
      return set;
    }
    var folded = new BitSet();
    set.stream()
        .forEach(c -> {
          folded.set(Bytes.lower(c));
          folded.set(Bytes.upper(c));
        });
    return folded;
  }

  /** -1 at the end. */
  private int peek() {
    return at < text.length() ? text.charAt(at) : -1;
  }

  private UnreadableException unreadable(String why) {
    return new UnreadableException(why, Math.min(at, text.length()));
  }
}
