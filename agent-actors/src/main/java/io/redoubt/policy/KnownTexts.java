package io.redoubt.policy;

import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;

/**
 * What was found out about texts of policies, the ones not asked for longest forgotten first. It is
 * nothing but a function of the text, and takes its time; and most of what is published was
 * published before.
 */
final class KnownTexts<V> {
  /** One text may take up so much of it. */
  private static final int SHARE = 16;

  private final long most;
  private final ToLongFunction<V> weight;
  private final ReentrantLock lock = new ReentrantLock();
  private final LinkedHashMap<String, V> known = new LinkedHashMap<>(16, 0.75f, true);
  private long kept;

  /**
   * Knows nothing yet.
   *
   * @param most characters that are kept, of texts and of what is known about them
   * @param weight of what is known about one, in characters
   */
  KnownTexts(long most, ToLongFunction<V> weight) {
    this.most = most;
    this.weight = weight;
  }

  Optional<V> find(String text) {
    lock.lock();
    try {
      return Optional.ofNullable(known.get(text));
    } finally {
      lock.unlock();
    }
  }

  void keep(String text, V about) {
    long added = weight(text, about);
    if (added > most / SHARE) {
      return;
    }
    lock.lock();
    try {
      V before = known.put(text, about);
      kept += added - (before == null ? 0 : weight(text, before));
      var eldest = known.entrySet().iterator();
      while (kept > most) {
        var forgotten = eldest.next();
        kept -= weight(forgotten.getKey(), forgotten.getValue());
        eldest.remove();
      }
    } finally {
      lock.unlock();
    }
  }

  private long weight(String text, V about) {
    return text.length() + weight.applyAsLong(about);
  }
}
