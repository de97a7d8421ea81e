package io.redoubt.enclave.lease;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * What this node knows to be stopped, in the order in which it came to know it, and whom it told so
 * when. One lock for both: a grant either carries an entry, or is seen by whoever asks after the
 * entry was made.
 *
 * <p>Bounded: what is beyond is dropped, oldest first, and who has not read it gets no complete
 * answer until its time has passed (G5, G11).
 */
public final class Ledger {
  private static final Duration FORGET_EVERY = Duration.ofSeconds(10);

  /** Grants that are older are not told apart. */
  private static final Duration REMEMBERED = Duration.ofMinutes(1);

  private record Entry(News news, long until) {}

  /**
   * What a node has not heard yet.
   *
   * @param upTo the position after it
   * @param complete that there is no more
   */
  record Page(long upTo, boolean complete, List<News> news) {}

  /**
   * Whom this node granted how long ago.
   *
   * @param agoMillis by node
   * @param othersAgoMillis at least so long ago, for every other node
   */
  public record Granted(Map<Long, Long> agoMillis, long othersAgoMillis) {
    public Granted {
      agoMillis = Map.copyOf(agoMillis);
    }
  }

  private final int capacity;
  private final LongSupplier nanos;
  private final long started;
  private final TreeMap<Long, Entry> entries = new TreeMap<>();
  private final Set<News> known = new HashSet<>();
  private final Map<Long, Long> granted = new HashMap<>();
  private long head;
  private long droppedUpTo;
  private long droppedUntil;
  private long forgotAt;

  /** Holds at most {@code capacity} entries. */
  public Ledger(int capacity, LongSupplier nanos) {
    this.capacity = capacity;
    this.nanos = nanos;
    this.started = nanos.getAsLong();
    this.forgotAt = started;
  }

  /**
   * Notes what is applied on this node from now on.
   *
   * @param keep how long others have to know it
   * @return false if it is noted already
   */
  public synchronized boolean note(News news, Duration keep) {
    long now = nanos.getAsLong();
    if (now - forgotAt > FORGET_EVERY.toNanos()) {
      forget(now);
    }
    if (!keep.isPositive() || !known.add(news)) {
      return false;
    }
    entries.put(++head, new Entry(news, now + keep.toNanos()));
    if (entries.size() > capacity) {
      dropOldest(now);
    }
    return true;
  }

  private void forget(long now) {
    forgotAt = now;
    entries
        .values()
        .removeIf(entry -> {
          boolean past = now - entry.until >= 0;
          if (past) {
            known.remove(entry.news);
          }
          return past;
        });
    granted.values().removeIf(at -> now - at > REMEMBERED.toNanos());
  }

  private void dropOldest(long now) {
    var oldest = entries.pollFirstEntry();
    known.remove(oldest.getValue().news);
    boolean first = droppedUpTo == 0 || now - droppedUntil >= 0;
    long until = oldest.getValue().until;
    droppedUpTo = oldest.getKey();
    droppedUntil = first || until - droppedUntil > 0 ? until : droppedUntil;
  }

  /** Grants a node its lease, as far as this one can: what it has to know goes with it. */
  synchronized Page grant(long node, long after, int atMost) {
    long now = nanos.getAsLong();
    granted.put(node, now);
    var news = new ArrayList<News>();
    long upTo = after;
    for (var entry : entries.tailMap(after, false).entrySet()) {
      if (news.size() == atMost) {
        return new Page(upTo, false, news);
      }
      news.add(entry.getValue().news);
      upTo = entry.getKey();
    }
    boolean missed = after < droppedUpTo && now - droppedUntil < 0;
    return new Page(missed ? after : head, !missed, news);
  }

  public synchronized Granted granted() {
    long now = nanos.getAsLong();
    var ago = new HashMap<Long, Long>();
    granted.forEach((node, at) -> ago.put(node, Duration.ofNanos(now - at).toMillis()));
    long others = Math.min(now - started, REMEMBERED.toNanos());
    return new Granted(ago, Duration.ofNanos(others).toMillis());
  }
}
