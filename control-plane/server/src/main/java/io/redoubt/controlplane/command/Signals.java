package io.redoubt.controlplane.command;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Wakes those in this process who wait for something about a key. A signal is a hint: who waits
 * looks at the database, and looks again after a while without one, since other processes write
 * too.
 */
public final class Signals<K> {
  private final ConcurrentHashMap<K, CompletableFuture<Void>> next = new ConcurrentHashMap<>();

  /** To be asked for before looking, so that nothing falls in between. */
  public Waiting expect(K key) {
    return new Waiting(next.computeIfAbsent(key, _ -> new CompletableFuture<>()));
  }

  public void fire(K key) {
    var waiting = next.remove(key);
    if (waiting != null) {
      waiting.complete(null);
    }
  }

  /** The next signal. */
  public static final class Waiting {
    private final CompletableFuture<Void> signal;

    private Waiting(CompletableFuture<Void> signal) {
      this.signal = signal;
    }

    /** Completes at the signal or after the time, whichever comes first. */
    public CompletionStage<Void> atMost(Duration limit) {
      return signal.copy().completeOnTimeout(null, limit.toMillis(), TimeUnit.MILLISECONDS);
    }
  }
}
