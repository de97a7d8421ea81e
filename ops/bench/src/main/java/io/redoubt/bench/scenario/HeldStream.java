package io.redoubt.bench.scenario;

import io.redoubt.bench.load.Caller;
import io.redoubt.bench.load.Head;
import io.redoubt.bench.load.Loop;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * A stream that is to last until its agent is stopped; tells when its last byte and its end came.
 */
final class HeldStream implements Caller.Exchange {
  private static final long COME_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Loop loop;
  private final Caller caller;
  private final byte[] request;
  private final Tally tally;
  private boolean refused;
  private boolean comeAgain;
  private boolean toBeCut;
  private boolean flowing;
  private boolean ended;
  private long lastByteAt;
  private long endedAt;

  /**
   * A stream.
   *
   * @param tally hears of one that ended, or was refused for good, although nobody stopped its
   *     agent
   */
  HeldStream(Loop loop, Caller caller, byte[] request, Tally tally) {
    this.loop = loop;
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
    refused = head.status() != 200;
    comeAgain = head.status() == 503 && head.field("retry-after").isPresent();
  }

  @Override
  public void body(byte[] bytes, int from, int to) {
    if (refused && !comeAgain) {
      tally.fault("no stream: " + new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
    }
    flowing = !refused;
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
    if (comeAgain) {
      comeAgain = false;
      loop.at(System.nanoTime() + COME_AGAIN_NANOS, this::open);
      return;
    }
    ended = true;
    endedAt = System.nanoTime();
    if (!toBeCut && !refused) {
      tally.fault("a stream of an agent that nobody stopped is over: " + why);
    }
    // The rest of it must not be taken for the beginning of the next.
    caller.close();
  }
}
