package io.redoubt.proxy.decide;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.util.ByteString;

/**
 * Keeps a reply for the payload store while it goes by, up to the limit of one and within the
 * memory that all may take together.
 */
public final class ReplyRecorder {

  /** The memory that all requests and unfinished replies of a node share, to be recorded. */
  public static final class Memory {
    private final AtomicLong free;

    public Memory(long bytes) {
      this.free = new AtomicLong(bytes);
    }

    public boolean take(int bytes) {
      if (free.addAndGet(-bytes) < 0) {
        free.addAndGet(bytes);
        return false;
      }
      return true;
    }

    public void giveBack(int bytes) {
      free.addAndGet(bytes);
    }
  }

  private final Memory memory;
  private final int limit;
  private ByteString kept = ByteString.emptyByteString();
  private boolean truncated;

  public ReplyRecorder(Memory memory, int limit) {
    this.memory = memory;
    this.limit = limit;
  }

  public void see(ByteString chunk) {
    if (truncated) {
      return;
    }
    int room = Math.min(chunk.size(), limit - kept.size());
    boolean taken = memory.take(room);
    truncated = !taken || room < chunk.size();
    if (taken) {
      kept = kept.concat(chunk.take(room));
    }
  }

  public ByteString kept() {
    return kept;
  }

  public boolean isTruncated() {
    return truncated;
  }

  /** Gives the memory back, once the store has the bytes or has failed. */
  public void release() {
    memory.giveBack(kept.size());
    kept = ByteString.emptyByteString();
  }
}
