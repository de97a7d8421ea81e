package io.redoubt.proxy.llm.reply;

import java.util.concurrent.atomic.AtomicLong;

/** The memory in which all replies of a node hold back what is not decided yet. */
public final class HoldMemory {
  /** So much a reply takes at a time, so that the common little costs no look at all. */
  private static final int STEP = 64 * 1024;

  private final int perReply;
  private final AtomicLong free;

  /**
   * @param perReply most bytes of one reply
   * @param total of all replies together, beside the first 64 KiB of each
   */
  public HoldMemory(int perReply, long total) {
    this.perReply = perReply;
    this.free = new AtomicLong(total);
  }

  /** What one reply has of it. */
  final class Share {
    private long taken;

    /** False: so much cannot be held. */
    boolean fits(long bytes) {
      if (bytes > perReply) {
        return false;
      }
      long wanted = bytes / STEP * STEP;
      if (wanted <= taken) {
        return true;
      }
      if (free.addAndGet(taken - wanted) < 0) {
        free.addAndGet(wanted - taken);
        return false;
      }
      taken = wanted;
      return true;
    }

    void giveBack() {
      free.addAndGet(taken);
      taken = 0;
    }
  }

  Share share() {
    return new Share();
  }

  /** What no reply has taken. */
  public long free() {
    return free.get();
  }

  int perReply() {
    return perReply;
  }
}
