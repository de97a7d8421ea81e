package io.redoubt.multinode.history;

/**
 * An acknowledged isolation.
 *
 * @param started when it was asked for
 * @param ended when the acknowledgement was in the operator's hands
 * @param released when its release was asked for; {@link Timed#NEVER}: it was not
 */
public record Isolation(String agent, long started, long ended, long released) implements Timed {
  public Isolation {
    if (started > ended || ended > released) {
      throw new IllegalArgumentException("asked, then acknowledged, then released");
    }
  }

  /** Whether it certainly stood at that moment. */
  public boolean stoodAt(long moment) {
    return moment > ended && moment < released;
  }
}
