package io.redoubt.proxy.inspect;

import io.redoubt.content.Automaton;
import io.redoubt.content.Category;
import java.util.function.Consumer;

/**
 * Looks for an expression in one text. What it finds is every byte that belongs to any match:
 * matches that overlap are one finding. So there is no question of which match goes first, and
 * nothing is read twice.
 */
final class AutomatonScan implements Part {
  /** Of a match that grows longer only so many bytes are known; findings are cut here. */
  static final int LONGEST = 1024;

  private final Automaton automaton;
  private final Window window;
  private final Consumer<Finding> findings;
  private final String name;

  // States that wait for the next byte, with where their match began, the earliest first.
  private int[] states;
  private int[] starts;
  private int count;
  private int[] nextStates;
  private int[] nextStarts;
  private final int[] seen;
  private int round;
  private final int[] stack;
  private int next;
  private int foundFrom = -1;
  private int foundTo;
  private int said; // what is before this is part of a finding that was given out

  AutomatonScan(String name, Automaton automaton, Window window, Consumer<Finding> findings) {
    this.name = name;
    this.automaton = automaton;
    this.window = window;
    this.findings = findings;
    int most = automaton.states();
    states = new int[most];
    starts = new int[most];
    nextStates = new int[most];
    nextStarts = new int[most];
    seen = new int[most];
    stack = new int[2 * most + 2];
  }

  @Override
  public void advance() {
    byte[] bytes = window.bytes();
    int end = window.end();
    while (next < end) {
      int value = bytes[next] & 0xFF;
      if (count > 0 || foundFrom >= 0 || automaton.beginsWith(value)) {
        step(value);
      }
      next++;
    }
    if (window.isLast()) {
      step(-1);
      emit();
    }
  }

  /** What can be said between the byte before and this one, and then the byte itself. */
  private void step(int value) {
    round++;
    int waiting = 0;
    int before = window.at(next - 1);
    for (int i = 0; i <= count; i++) {
      boolean fresh = i == count;
      if (fresh && (value < 0 || !automaton.beginsWith(value))) {
        break;
      }
      int start = fresh ? next : Math.max(starts[i], next - LONGEST);
      waiting = follow(fresh ? 0 : states[i], start, before, value, waiting);
    }
    int[] otherStates = states;
    int[] otherStarts = starts;
    states = nextStates;
    starts = nextStarts;
    nextStates = otherStates;
    nextStarts = otherStarts;
    count = waiting;
    // Nothing that is still growing touches what was found.
    if (foundFrom >= 0 && (count == 0 || starts[0] >= foundTo || foundTo - foundFrom >= LONGEST)) {
      emit();
    }
  }

  private int follow(int state, int start, int before, int value, int waiting) {
    int added = waiting;
    int depth = 0;
    stack[depth++] = state;
    while (depth > 0) {
      int at = stack[--depth];
      if (seen[at] == round) {
        continue;
      }
      seen[at] = round;
      switch (automaton.kind(at)) {
        case Automaton.BYTE -> {
          if (value >= 0 && automaton.accepts(at, value)) {
            nextStates[added] = automaton.first(at);
            nextStarts[added] = start;
            added++;
          }
        }
        case Automaton.SPLIT -> {
          stack[depth++] = automaton.second(at);
          stack[depth++] = automaton.first(at);
        }
        case Automaton.EDGE -> {
          if (automaton.holds(at, before, value)) {
            stack[depth++] = automaton.first(at);
          }
        }
        default -> found(start, next);
      }
    }
    return added;
  }

  private void found(int start, int to) {
    int from = Math.max(start, said);
    if (from >= to) {
      return;
    }
    if (foundFrom >= 0 && from >= foundTo) {
      emit();
    }
    foundFrom = foundFrom < 0 ? from : Math.min(foundFrom, from);
    foundTo = to;
  }

  private void emit() {
    if (foundFrom >= 0) {
      findings.accept(
          new Finding(
              name,
              Category.CUSTOM,
              window.base() + foundFrom,
              foundTo - foundFrom,
              Confidence.FORM));
      said = foundTo;
      foundFrom = -1;
    }
  }

  @Override
  public int settled() {
    int begun = count == 0 ? next : starts[0];
    return foundFrom >= 0 ? Math.min(foundFrom, begun) : begun;
  }

  @Override
  public int needed() {
    return Math.max(0, next - 1);
  }

  @Override
  public void dropped(int dropped) {
    next -= dropped;
    said = Math.max(0, said - dropped);
    for (int i = 0; i < count; i++) {
      starts[i] -= dropped;
    }
    if (foundFrom >= 0) {
      foundFrom -= dropped;
      foundTo -= dropped;
    }
  }

  @Override
  public void restart() {
    next = 0;
    count = 0;
    said = 0;
    foundFrom = -1;
  }
}
