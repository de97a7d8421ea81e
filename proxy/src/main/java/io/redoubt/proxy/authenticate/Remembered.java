package io.redoubt.proxy.authenticate;

import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A bounded memory in two generations: what is used moves to the young one, and when that is full
 * the old one is forgotten. Never holds more than {@code limit} entries, and every step costs the
 * same.
 */
@SuppressWarnings("ReferenceEquality") // generations are told apart by identity
final class Remembered<K, V> {
  private final int generation;
  private volatile ConcurrentHashMap<K, V> young = new ConcurrentHashMap<>();
  private volatile ConcurrentHashMap<K, V> old = new ConcurrentHashMap<>();

  Remembered(int limit) {
    this.generation = Math.max(1, limit / 2);
  }

  @Nullable V get(K key) {
    V value = young.get(key);
    if (value != null) {
      return value;
    }
    value = old.get(key);
    if (value != null) {
      put(key, value);
    }
    return value;
  }

  void put(K key, V value) {
    var target = young;
    target.put(key, value);
    if (target.mappingCount() >= generation) {
      turnOver(target);
    }
  }

  void forget(K key) {
    young.remove(key);
    old.remove(key);
  }

  private synchronized void turnOver(ConcurrentHashMap<K, V> full) {
    if (young == full) {
      old = full;
      young = new ConcurrentHashMap<>();
    }
  }
}
