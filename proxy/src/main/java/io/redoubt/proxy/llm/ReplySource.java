package io.redoubt.proxy.llm;

import io.redoubt.proxy.upstream.UpstreamBody;
import io.redoubt.proxy.upstream.UpstreamBody.Standing;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.OutHandler;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * A reply on its way to its client: everything that is to be done with it is done in this one
 * place. It shows it to meter and recorder, limits silence, and cuts it. Holds no byte back, except
 * for the usage chunk that a client did not ask for.
 */
final class ReplySource extends GraphStage<SourceShape<ByteString>> {

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

  private final Outlet<ByteString> out = Outlet.create("ReplySource.out");
  private final SourceShape<ByteString> shape = SourceShape.of(out);
  private final UpstreamBody body;
  private final Owner owner;
  private final Duration silence;
  private final Duration stall;
  private final @Nullable UsageChunkFilter filter;

  /**
   * Of one body, to be read once.
   *
   * @param silence how long the upstream may send nothing while it is waited for
   * @param stall how long the client may take nothing while something waits for it
   */
  ReplySource(
      UpstreamBody body,
      Owner owner,
      Duration silence,
      Duration stall,
      @Nullable UsageChunkFilter filter) {
    this.body = body;
    this.owner = owner;
    this.silence = silence;
    this.stall = stall;
    this.filter = filter;
  }

  @Override
  public SourceShape<ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends TimerGraphStageLogic implements OutHandler {
    private long waitingSince = System.nanoTime();
    private boolean wanted;
    private boolean over;

    Logic() {
      super(shape);
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
      var wake = createAsyncCallback((Done _) -> passOn());
      body.readBy(() -> wake.invoke(Done.getInstance()));
      Duration shorter = silence.compareTo(stall) < 0 ? silence : stall;
      // One slow tick is cheaper than a timer for each chunk, and precise enough.
      scheduleWithFixedDelay("tick", shorter.dividedBy(4), shorter.dividedBy(4));
    }

    @Override
    public void onPull() {
      waitingSince = System.nanoTime();
      wanted = true;
      passOn();
    }

    private void passOn() {
      UpstreamBody.Fetched fetched;
      do {
        fetched = body.fetch();
        if (!fetched.bytes().isEmpty() && !passed(fetched.bytes())) {
          return;
        }
      } while (wanted && !fetched.bytes().isEmpty() && fetched.standing() == Standing.OPEN);
      switch (fetched.standing()) {
        case OPEN -> {}
        case COMPLETE -> complete();
        case BROKEN -> breakOff(ReplyEnd.BROKEN);
      }
    }

    /** False if nothing may pass any more. */
    private boolean passed(ByteString chunk) {
      waitingSince = System.nanoTime();
      var stopped = owner.stopped();
      if (stopped != null) {
        breakOff(stopped);
        return false;
      }
      owner.sees(chunk);
      var passed = filter == null ? chunk : filter.pass(chunk);
      if (!passed.isEmpty()) {
        wanted = false;
        push(out, passed);
      }
      return true;
    }

    @Override
    public void onTimer(Object key) {
      long waited = System.nanoTime() - waitingSince;
      if (wanted && waited > silence.toNanos()) {
        breakOff(ReplyEnd.SILENT);
      } else if (!wanted && waited > stall.toNanos()) {
        breakOff(ReplyEnd.CLIENT_STALLED);
      }
    }

    private void complete() {
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
