package io.redoubt.multinode.history;

/**
 * Something a client did, on this JVM's monotonic clock. Of two calls one came before the other
 * only if it ended before the other started; otherwise they were concurrent.
 */
public interface Timed {
  /** End of a call whose fate nobody knows: it may still take effect at any later time. */
  long NEVER = Long.MAX_VALUE;

  long started();

  long ended();

  /** Whether the call may have taken effect or not. */
  default boolean uncertain() {
    return ended() == NEVER;
  }
}
