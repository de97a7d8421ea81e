package io.redoubt.content;

import io.redoubt.content.Expressions.Edge;
import io.redoubt.content.Expressions.Either;
import io.redoubt.content.Expressions.Node;
import io.redoubt.content.Expressions.One;
import io.redoubt.content.Expressions.Repeat;
import io.redoubt.content.Expressions.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * An expression as a nondeterministic automaton over bytes (Thompson): a byte costs at most as many
 * steps as it has states, whatever the text.
 */
public final class Automaton {
  /** States of one expression, so many steps for a byte at worst. */
  static final int MOST_STATES = 400;

  public static final int BYTE = 0;
  public static final int SPLIT = 1;
  public static final int EDGE = 2;
  public static final int MATCH = 3;

  /** Thrown where an expression needs too many states. */
  static final class TooLargeException extends Exception {
    private static final long serialVersionUID = 1L;

    TooLargeException() {
      super("too large", null, false, false);
    }
  }

  private final List<int[]> code = new ArrayList<>();
  private final List<BitSet> sets = new ArrayList<>();
  private final List<Edge> edges = new ArrayList<>();
  private final int[] kinds;
  private final int[] first;
  private final int[] second;
  private final long[][] accepted;
  private final boolean[] begins;
  private final boolean empty;

  Automaton(Node node) throws TooLargeException {
    emit(node);
    add(MATCH, 0, 0);
    int states = code.size();
    kinds = code.stream().mapToInt(state -> state[0]).toArray();
    first = code.stream().mapToInt(state -> state[1]).toArray();
    second = code.stream().mapToInt(state -> state[2]).toArray();
    accepted = sets.stream().map(set -> Arrays.copyOf(set.toLongArray(), 4)).toArray(long[][]::new);
    begins = new boolean[256];
    empty = reach(0, new boolean[states]);
  }

  /** Whether it matches without a byte, edges aside: such an expression says nothing. */
  boolean matchesEmpty() {
    return empty;
  }

  /** Whether a match can begin with this byte. */
  public boolean beginsWith(int value) {
    return begins[value];
  }

  public int states() {
    return kinds.length;
  }

  public int kind(int state) {
    return kinds[state];
  }

  /** The next state; of {@link #BYTE}, it is the one behind. */
  public int first(int state) {
    return first[state];
  }

  /** The other next state of a {@link #SPLIT}. */
  public int second(int state) {
    return second[state];
  }

  public boolean accepts(int state, int value) {
    return (accepted[second[state]][value >>> 6] & 1L << value) != 0;
  }

  /** Whether an edge lies between two bytes; -1 is the end of the text. */
  public boolean holds(int state, int before, int after) {
    boolean word = Bytes.is(before, Bytes.WORD) != Bytes.is(after, Bytes.WORD);
    return switch (edges.get(second[state])) {
      case LINE_START -> before < 0 || before == '\n';
      case LINE_END -> after < 0 || after == '\n';
      case WORD -> word;
      case NO_WORD -> !word;
    };
  }

  private boolean reach(int state, boolean[] seen) {
    if (seen[state]) {
      return false;
    }
    seen[state] = true;
    return switch (kinds[state]) {
      case BYTE -> {
        for (int value = 0; value < 256; value++) {
          begins[value] |= accepts(state, value);
        }
        yield false;
      }
      case SPLIT -> {
        boolean one = reach(first[state], seen);
        boolean other = reach(second[state], seen);
        yield one || other;
      }
      case EDGE -> reach(first[state], seen);
      default -> true;
    };
  }

  private int add(int kind, int one, int other) throws TooLargeException {
    if (code.size() == MOST_STATES) {
      throw new TooLargeException();
    }
    code.add(new int[] {kind, one, other});
    return code.size() - 1;
  }

  /** Writes states that begin here and go on behind the last of them. */
  private void emit(Node node) throws TooLargeException {
    switch (node) {
      case One one -> emitOne(one);
      case Sequence(var nodes) -> {
        for (Node each : nodes) {
          emit(each);
        }
      }
      case Either(var nodes) -> emitEither(nodes);
      case Repeat(var each, int fewest, int most) -> emitRepeat(each, fewest, most);
      case Edge edge -> {
        edges.add(edge);
        add(EDGE, code.size() + 1, edges.size() - 1);
      }
    }
  }

  private void emitBytes(BitSet set) throws TooLargeException {
    int index = sets.indexOf(set);
    if (index < 0) {
      index = sets.size();
      sets.add(set);
    }
    add(BYTE, code.size() + 1, index);
  }

  private void emitOne(One one) throws TooLargeException {
    if (!one.others()) {
      emitBytes(one.ascii());
      return;
    }
    // Any other character, as UTF-8 writes it: two, three or four bytes.
    var next = range(0x80, 0xBF);
    emitEither(
        List.of(
            new One(one.ascii(), false),
            new Sequence(List.of(range(0xC2, 0xDF), next)),
            new Sequence(List.of(range(0xE0, 0xEF), next, next)),
            new Sequence(List.of(range(0xF0, 0xF4), next, next, next))));
  }

  private static One range(int from, int to) {
    var set = new BitSet();
    set.set(from, to + 1);
    return new One(set, false);
  }

  private void emitEither(List<? extends Node> nodes) throws TooLargeException {
    var ends = new ArrayList<Integer>();
    for (int i = 0; i < nodes.size() - 1; i++) {
      int split = add(SPLIT, code.size() + 1, 0);
      emit(nodes.get(i));
      ends.add(add(SPLIT, 0, 0));
      code.get(split)[2] = code.size();
    }
    emit(nodes.getLast());
    for (int end : ends) {
      code.get(end)[1] = code.size();
      code.get(end)[2] = code.size();
    }
  }

  private void emitRepeat(Node node, int fewest, int most) throws TooLargeException {
    for (int i = 0; i < fewest; i++) {
      emit(node);
    }
    if (most < 0) {
      int split = add(SPLIT, code.size() + 1, 0);
      emit(node);
      add(SPLIT, split, split);
      code.get(split)[2] = code.size();
      return;
    }
    var splits = new ArrayList<Integer>();
    for (int i = fewest; i < most; i++) {
      splits.add(add(SPLIT, code.size() + 1, 0));
      emit(node);
    }
    for (int split : splits) {
      code.get(split)[2] = code.size();
    }
  }
}
