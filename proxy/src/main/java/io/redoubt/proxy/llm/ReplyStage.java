package io.redoubt.proxy.llm;

import java.time.Duration;
import java.util.function.Consumer;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.InHandler;
import org.apache.pekko.stream.stage.OutHandler;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * Passes a reply on, and does everything that is to be done on its way in one place: shows it to
 * meter and recorder, limits silence, and cuts it. Holds no byte back, except for the usage chunk
 * that a client did not ask for.
 */
final class ReplyStage extends GraphStage<FlowShape<ByteString, ByteString>> {

  /** Whose reply it is. */
  interface Owner {
    /**
     * Reading begins.
     *
     * @param breakOff ends it; may be called from any thread, now or later
     * @return false: there is nobody to read for any more
     */
    boolean begins(Consumer<ReplyEnd> breakOff);

    /** Why nothing may pass any more; null while it may. Asked before every byte. */
    @Nullable ReplyEnd stopped();

    void sees(ByteString chunk);

    /** It is over; called exactly once if reading began. */
    void ends(ReplyEnd how);
  }

  /** The client must notice that the reply is not whole: its connection breaks. */
  static final class BrokenOffException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BrokenOffException(ReplyEnd why) {
      super("the reply was broken off: " + why, null, false, false);
    }
  }

  private final Inlet<ByteString> in = Inlet.create("ReplyStage.in");
  private final Outlet<ByteString> out = Outlet.create("ReplyStage.out");
  private final FlowShape<ByteString, ByteString> shape = FlowShape.of(in, out);
  private final Owner owner;
  private final Duration silence;
  private final Duration stall;
  private final @Nullable UsageChunkFilter filter;

  /**
   * @param silence how long the upstream may send nothing while it is waited for
   * @param stall how long the client may take nothing while something waits for it
   */
  ReplyStage(Owner owner, Duration silence, Duration stall, @Nullable UsageChunkFilter filter) {
    this.owner = owner;
    this.silence = silence;
    this.stall = stall;
    this.filter = filter;
  }

  @Override
  public FlowShape<ByteString, ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends TimerGraphStageLogic implements InHandler, OutHandler {
    private long waitingSince = System.nanoTime();
    private boolean over;

    Logic() {
      super(shape);
      setHandler(in, this);
      setHandler(out, this);
    }

    @Override
    public void preStart() {
      var breakOff = createAsyncCallback(this::breakOff);
      if (!owner.begins(breakOff::invoke)) {
        over = true;
        failStage(new BrokenOffException(ReplyEnd.CLIENT_GONE));
        return;
      }
      Duration shorter = silence.compareTo(stall) < 0 ? silence : stall;
      // One slow tick is cheaper than a timer for each chunk, and precise enough.
      scheduleWithFixedDelay("tick", shorter.dividedBy(4), shorter.dividedBy(4));
    }

    @Override
    public void onPull() {
      waitingSince = System.nanoTime();
      pull(in);
    }

    @Override
    public void onPush() {
      var chunk = grab(in);
      waitingSince = System.nanoTime();
      var stopped = owner.stopped();
      if (stopped != null) {
        breakOff(stopped);
        return;
      }
      owner.sees(chunk);
      if (filter == null) {
        push(out, chunk);
        return;
      }
      var passed = filter.pass(chunk);
      if (passed.isEmpty()) {
        pull(in);
      } else {
        push(out, passed);
      }
    }

    @Override
    public void onTimer(Object key) {
      long waited = System.nanoTime() - waitingSince;
      boolean forUpstream = hasBeenPulled(in);
      if (forUpstream && waited > silence.toNanos()) {
        breakOff(ReplyEnd.SILENT);
      } else if (!forUpstream && waited > stall.toNanos()) {
        breakOff(ReplyEnd.CLIENT_STALLED);
      }
    }

    @Override
    public void onUpstreamFinish() {
      var rest = filter == null ? ByteString.emptyByteString() : filter.rest();
      var stopped = owner.stopped();
      if (stopped != null) {
        breakOff(stopped);
        return;
      }
      if (rest.isEmpty()) {
        completeStage();
      } else {
        emit(out, rest, this::completeStage);
      }
      end(ReplyEnd.COMPLETE);
    }

    @Override
    public void onUpstreamFailure(Throwable cause) {
      end(ReplyEnd.BROKEN);
      failStage(new BrokenOffException(ReplyEnd.BROKEN));
    }

    @Override
    public void onDownstreamFinish(Throwable cause) {
      end(ReplyEnd.CLIENT_GONE);
      completeStage();
    }

    @Override
    public void postStop() {
      // However it came about, the owner hears of it.
      end(ReplyEnd.CLIENT_GONE);
    }

    private void breakOff(ReplyEnd why) {
      end(why);
      failStage(new BrokenOffException(why));
    }

    private void end(ReplyEnd how) {
      if (!over) {
        over = true;
        owner.ends(how);
      }
    }
  }
}
