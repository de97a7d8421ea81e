package io.redoubt.enclave.membership;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Whether this node may still count on its place: a heartbeat of it was kept in the database not
 * too long ago. Who is cut off from there cannot know whether others took it for dead and began
 * another cluster, in which nobody asks this node any more. So it stops before that can be (G2,
 * G3), whoever else it still hears.
 */
public final class KeptHeartbeats {
  private final long limit;
  private final LongSupplier nanos;
  private volatile long keptAt;
  private volatile boolean putOut;

  /**
   * Of a node that has just taken its place.
   *
   * @param limit how long it goes on after the last heartbeat that was kept
   * @param nanos the monotonic clock
   * @param takenAt before which, by that clock, nobody saw it there
   */
  KeptHeartbeats(Duration limit, LongSupplier nanos, long takenAt) {
    this.limit = limit.toNanos();
    this.nanos = nanos;
    this.keptAt = takenAt;
  }

  long now() {
    return nanos.getAsLong();
  }

  /**
   * The database has one.
   *
   * @param sent before it was sent: it may have been kept at any moment since
   */
  void kept(long sent) {
    keptAt = sent;
  }

  /** The place is gone, however short the silence was. */
  void putOut() {
    putOut = true;
  }

  /** Whether the node may go on. */
  public boolean goOn() {
    return !putOut && nanos.getAsLong() - keptAt < limit;
  }
}
