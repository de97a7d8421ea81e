package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import io.redoubt.bench.load.Head;
import io.redoubt.bench.load.Stamps;

/**
 * Reads streams, and compares the time that the upstream wrote into each chunk with the time at
 * which it got here.
 */
final class StreamCaller implements Caller.Exchange {
  private final Caller caller;
  private final byte[] request;
  private final int chunks;
  private final Tally firsts;
  private final Tally delays;
  private Stamps stamps;
  private boolean going;
  private boolean first;
  private int seen;
  private int status;
  private long sentAt;
  private long receivedAt;

  /**
   * A reader of streams.
   *
   * @param chunks how many each stream must have
   * @param firsts counts how long each stream took to its first byte
   * @param delays counts streams, and how long each chunk took
   */
  StreamCaller(Caller caller, byte[] request, int chunks, Tally firsts, Tally delays) {
    this.caller = caller;
    this.request = request;
    this.chunks = chunks;
    this.firsts = firsts;
    this.delays = delays;
    this.stamps = new Stamps(this::stamp);
  }

  void once() {
    stamps = new Stamps(this::stamp);
    seen = 0;
    first = true;
    sentAt = System.nanoTime();
    caller.send(request, this);
  }

  void keepGoing() {
    going = true;
    once();
  }

  void stop() {
    going = false;
  }

  void close() {
    going = false;
    caller.close();
  }

  boolean isBusy() {
    return !caller.isIdle();
  }

  /** Chunks of the present stream that have arrived. */
  int seen() {
    return seen;
  }

  @Override
  public void head(Head head) {
    status = head.status();
  }

  @Override
  public void body(byte[] bytes, int from, int to) {
    receivedAt = System.nanoTime();
    if (first) {
      first = false;
      firsts.done(receivedAt - sentAt);
    }
    stamps.scan(bytes, from, to);
  }

  private void stamp(long upstreamSentAt) {
    seen++;
    delays.part(receivedAt - upstreamSentAt);
  }

  @Override
  public void end() {
    if (status == 200 && seen == chunks) {
      delays.completed();
    } else {
      delays.fault("a stream of status " + status + " with " + seen + " chunks");
    }
    if (going) {
      once();
    }
  }

  @Override
  public void failed(String why) {
    delays.fault("a stream after " + seen + " chunks: " + why);
    going = false;
  }
}
