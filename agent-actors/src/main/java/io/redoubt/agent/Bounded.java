package io.redoubt.agent;

import java.util.List;

/** Lists that never grow beyond a limit (G11). */
final class Bounded {
  private Bounded() {}

  /** The last {@code limit} of them. */
  static <T> List<T> newest(List<T> oldestFirst, int limit) {
    int size = oldestFirst.size();
    return oldestFirst.subList(Math.max(0, size - limit), size);
  }
}
