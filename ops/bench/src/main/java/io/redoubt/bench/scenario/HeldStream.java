package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import io.redoubt.bench.load.Head;

/**
 * A stream that is to last until its agent is stopped; tells when its last byte and its end came.
 */
final class HeldStream implements Caller.Exchange {
  private final Caller caller;
  private final byte[] request;
  private final Tally tally;
  private boolean toBeCut;
  private boolean flowing;
  private boolean ended;
  private long lastByteAt;
  private long endedAt;

  /**
   * A stream.
   *
   * @param tally hears of one that ended, or was refused, although nobody stopped its agent
   */
  HeldStream(Caller caller, byte[] request, Tally tally) {
    this.caller = caller;
    this.request = request;
    this.tally = tally;
  }

  void open() {
    toBeCut = false;
    flowing = false;
    ended = false;
    caller.send(request, this);
  }

  /** From now on it may end. */
  void expectCut() {
    toBeCut = true;
  }

  boolean isFlowing() {
    return flowing && !ended;
  }

  boolean isEnded() {
    return ended;
  }

  long lastByteAt() {
    return lastByteAt;
  }

  long endedAt() {
    return endedAt;
  }

  @Override
  public void head(Head head) {
    if (head.status() != 200) {
      tally.fault("a stream of status " + head.status());
    }
  }

  @Override
  public void body(byte[] bytes, int from, int to) {
    flowing = true;
    lastByteAt = System.nanoTime();
  }

  @Override
  public void end() {
    over("its end");
  }

  @Override
  public void failed(String why) {
    over(why);
  }

  private void over(String why) {
    ended = true;
    endedAt = System.nanoTime();
    if (!toBeCut) {
      tally.fault("a stream of an agent that nobody stopped is over: " + why);
    }
    // The rest of it must not be taken for the beginning of the next.
    caller.close();
  }
}
