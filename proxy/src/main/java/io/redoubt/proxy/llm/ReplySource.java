package io.redoubt.proxy.llm;

import io.redoubt.http.ChunkWriter;
import io.redoubt.http.CutShortException;
import io.redoubt.proxy.llm.reply.ProposedCall;
import io.redoubt.proxy.llm.reply.ReplyGuard;
import io.redoubt.proxy.llm.reply.TextGuard;
import io.redoubt.proxy.upstream.UpstreamBody;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.OutHandler;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * A reply on its way to its client: everything that is to be done with it is done in this one
 * place. It shows it to meter and recorder, has its tool calls decided, limits silence, and cuts
 * it. Holds no byte back, except for the usage chunk that a client did not ask for and for tool
 * calls, and for what content policy wants redacted.
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

    /** Has proposed calls decided. Never fails. */
    CompletionStage<DecidedCalls> decides(List<ProposedCall> calls);

    /** It is over; called exactly once if reading began. */
    void ends(ReplyEnd how);
  }

  /** The client must notice that the reply is not whole: its connection breaks. */
  static final class BrokenOffException extends CutShortException {
    private static final long serialVersionUID = 1L;

    private final ReplyEnd why;

    BrokenOffException(ReplyEnd why) {
      super("the reply was broken off: " + why);
      this.why = why;
    }

    ReplyEnd why() {
      return why;
    }
  }

  /** So much of what was held back goes out at a time, so that a slow client holds up the rest. */
  private static final int PIECE = 64 * 1024;

  /** What was given to a client is lost where its connection breaks at once. */
  private static final Duration LAST_WORDS = Duration.ofMillis(500);

  private static final ByteString NOTHING = ByteString.emptyByteString();
  private static final String TICK = "tick";
  private static final String KEEP_ALIVE = "keep alive";
  private static final String FAREWELL = "farewell";

  private final Outlet<ByteString> out = Outlet.create("ReplySource.out");
  private final SourceShape<ByteString> shape = SourceShape.of(out);
  private final UpstreamBody body;
  private final Owner owner;
  private final Limits limits;
  private final @Nullable UsageChunkFilter filter;
  private final @Nullable ReplyGuard guard;
  private final @Nullable TextGuard texts;
  private final @Nullable ChunkWriter writer;

  /**
   * How long things may take.
   *
   * @param silence how long the upstream may send nothing while it is waited for
   * @param stall how long the client may take nothing while something waits for it
   * @param keepAlive how long the client hears nothing while a call is held back
   */
  record Limits(Duration silence, Duration stall, Duration keepAlive) {}

  /**
   * Of one body, to be read once.
   *
   * @param writer to the client, where the reply goes out in chunks and as it is given
   */
  ReplySource(
      UpstreamBody body,
      Owner owner,
      Limits limits,
      @Nullable UsageChunkFilter filter,
      @Nullable ReplyGuard guard,
      @Nullable TextGuard texts,
      @Nullable ChunkWriter writer) {
    this.body = body;
    this.owner = owner;
    this.limits = limits;
    this.filter = filter;
    this.guard = guard;
    this.texts = texts;
    this.writer = writer;
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
    private final AsyncCallback<DecidedCalls> decided = createAsyncCallback(this::onDecided);
    private final AsyncCallback<Done> wake = createAsyncCallback(_ -> passOn());
    private final AsyncCallback<Runnable> change = createAsyncCallback(Runnable::run);

    /** When the upstream was last heard, or began to be waited for. */
    private long heardAt = System.nanoTime();

    /** When the client was last given something. */
    private long givenAt = System.nanoTime();

    /** What has passed and waits for the client. */
    private ByteString outbox = NOTHING;

    /** Verdicts of which the calls are in the outbox. */
    private final List<DecidedCalls> onTheirWay = new ArrayList<>();

    private boolean pulled;
    private boolean wanted;
    private boolean deciding;
    private boolean keepingAlive;
    private boolean gaveSignOfLife;

    /**
     * Who is written to past the stream, on whose thread this is; null: the stream is given all.
     */
    private @Nullable ChunkWriter aside;

    /** None of the stage's handlers runs: what ends it has to be brought there. */
    private boolean outside;

    /** The upstream has sent everything. */
    private boolean ended;

    /** Nothing comes after the outbox. */
    private boolean finished;

    /** The upstream broke off: so is this, after the outbox. */
    private boolean broken;

    /** The client was told why it is broken off in a moment. */
    private @Nullable ReplyEnd farewell;

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
      body.readBy(writer == null ? this::wake : () -> writer.run(this::passOnAside));
      Duration shorter = limits.silence.compareTo(limits.stall) < 0 ? limits.silence : limits.stall;
      // One slow tick is cheaper than a timer for each chunk, and precise enough.
      scheduleWithFixedDelay(TICK, shorter.dividedBy(4), shorter.dividedBy(4));
    }

    @Override
    public void onPull() {
      if (!pulled) {
        pulled = true;
        aside = writer != null && writer.begin(this::onReady) ? writer : null;
      }
      taken();
      passOn();
    }

    private void onReady() {
      taken();
      passOnAside();
    }

    /** The client has what it was given. */
    private void taken() {
      if (!gaveSignOfLife) {
        heardAt = System.nanoTime();
      }
      gaveSignOfLife = false;
      wanted = true;
    }

    private void wake() {
      wake.invoke(Done.getInstance());
    }

    /** On the thread of the client, and so of the stage, but in none of its handlers. */
    private void passOnAside() {
      if (aside == null) {
        wake();
        return;
      }
      outside = true;
      try {
        passOn();
      } catch (RuntimeException e) {
        end(ReplyEnd.CLIENT_GONE); // nothing more goes out, and then as where a handler throws
        change(() -> failStage(e));
      } finally {
        outside = false;
      }
    }

    private void change(Runnable stage) {
      if (outside) {
        change.invoke(stage);
      } else {
        stage.run();
      }
    }

    private void passOn() {
      sendOutbox();
      while (wanted && !isHalted()) {
        var fetched = body.fetch();
        if (!fetched.bytes().isEmpty()) {
          see(fetched.bytes().compact()); // everybody who looks at it would do so for himself
        }
        if (isHalted()) {
          return;
        }
        switch (fetched.standing()) {
          case OPEN -> {
            if (fetched.bytes().isEmpty()) {
              return;
            }
          }
          case COMPLETE -> complete();
          case BROKEN -> {
            broken = true;
            sendOutbox();
          }
        }
      }
    }

    /** Whether nothing more is to be read now. */
    private boolean isHalted() {
      return over || deciding || finished || broken || farewell != null;
    }

    private void see(ByteString chunk) {
      heardAt = System.nanoTime();
      if (isStopped()) {
        return;
      }
      owner.sees(chunk);
      var passed = filter == null ? chunk : filter.pass(chunk);
      if (guard == null) {
        send(passed);
      } else if (!passed.isEmpty()) {
        guarded(guard, guard.feed(passed));
      }
    }

    private void complete() {
      ended = true;
      if (isStopped()) {
        return;
      }
      var rest = filter == null ? NOTHING : filter.rest();
      if (guard == null) {
        send(rest);
      } else {
        var before = rest.isEmpty() ? NOTHING : guard.feed(rest);
        guarded(guard, before.concat(guard.finish()));
      }
      finish();
    }

    /** Once the upstream has sent everything, and nothing waits for a verdict. */
    private void finish() {
      if (ended && !isHalted()) {
        if (texts != null) {
          send(texts.finish());
          if (isEndedBy(texts)) {
            return;
          }
        }
        finished = true;
        sendOutbox();
      }
    }

    /** Whether content policy ends the reply here. */
    private boolean isEndedBy(TextGuard by) {
      var stopped = by.stopped();
      if (stopped == null) {
        return false;
      }
      onTheirWay.clear(); // calls that were released have not gone out
      if (guard != null && guard.isDocument()) {
        breakOff(ReplyEnd.of(stopped)); // nothing has gone out yet
      } else if (farewell == null) {
        sayFarewell(ReplyEnd.of(stopped));
      }
      return true;
    }

    private void sayFarewell(ReplyEnd why) {
      farewell = why;
      change(() -> scheduleOnce(FAREWELL, LAST_WORDS));
    }

    /** What a guard has let through, and what else it has come to. */
    private void guarded(ReplyGuard by, ByteString passed) {
      var cut = by.broken();
      if (cut != null && by.isDocument()) {
        breakOff(ReplyEnd.of(cut)); // nothing has gone out yet: the client gets an answer of ours
        return;
      }
      if (texts == null) {
        send(passed);
      } else {
        send(texts.feed(passed));
        if (isEndedBy(texts)) {
          return;
        }
      }
      var calls = by.question();
      if (calls != null) {
        deciding = true;
        var _ = owner.decides(calls).thenAccept(decided::invoke);
      } else if (cut != null) {
        sayFarewell(ReplyEnd.of(cut));
      }
      if (by.holds() && !keepingAlive) {
        keepingAlive = true;
        change(() -> scheduleWithFixedDelay(KEEP_ALIVE, limits.keepAlive, limits.keepAlive));
      }
    }

    private void onDecided(DecidedCalls calls) {
      deciding = false;
      heardAt = System.nanoTime();
      if (guard == null || isStopped()) {
        return;
      }
      var released = guard.decided(calls.verdicts());
      if (guard.broken() == null) {
        onTheirWay.add(calls);
      }
      guarded(guard, released);
      finish();
      passOn();
    }

    private void send(ByteString bytes) {
      if (wanted && outbox.isEmpty() && bytes.size() <= PIECE) {
        give(bytes);
      } else {
        outbox = outbox.concat(bytes);
        sendOutbox();
      }
    }

    private void give(ByteString bytes) {
      if (!bytes.isEmpty()) {
        wanted = false;
        givenAt = System.nanoTime();
        if (aside == null) {
          push(out, bytes);
        } else if (aside.write(bytes)) {
          taken();
        }
      }
    }

    private void sendOutbox() {
      if (over) {
        return;
      }
      while (wanted && !outbox.isEmpty()) {
        if (isStopped()) {
          return;
        }
        var piece = outbox.take(PIECE);
        outbox = outbox.drop(PIECE);
        give(piece);
      }
      if (!outbox.isEmpty()) {
        return;
      }
      onTheirWay.forEach(DecidedCalls::released);
      onTheirWay.clear();
      if (finished) {
        change(this::completeStage);
        end(ReplyEnd.COMPLETE);
      } else if (broken) {
        breakOff(ReplyEnd.BROKEN);
      }
    }

    @Override
    public void onTimer(Object key) {
      if (key.equals(KEEP_ALIVE)) {
        keepAlive();
        return;
      }
      if (farewell != null && key.equals(FAREWELL)) {
        breakOff(farewell);
        return;
      }
      long now = System.nanoTime();
      if (wanted && !deciding && now - heardAt > limits.silence.toNanos()) {
        breakOff(ReplyEnd.SILENT);
      } else if (!wanted && now - givenAt > limits.stall.toNanos()) {
        breakOff(ReplyEnd.CLIENT_STALLED);
      }
    }

    private void keepAlive() {
      if (guard == null || !guard.holds()) {
        keepingAlive = false;
        cancelTimer(KEEP_ALIVE);
      } else if (wanted && !isStopped()) {
        var sign = guard.keepAlive();
        gaveSignOfLife = !sign.isEmpty();
        give(sign);
      }
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

    private boolean isStopped() {
      var stopped = owner.stopped();
      if (stopped != null) {
        breakOff(stopped);
      }
      return stopped != null;
    }

    private void breakOff(ReplyEnd why) {
      end(why);
      change(() -> failStage(new BrokenOffException(why)));
    }

    private void end(ReplyEnd how) {
      if (!over) {
        over = true;
        // Whoever is told that it ends here may go before it does.
        var told = farewell;
        owner.ends(told != null && how == ReplyEnd.CLIENT_GONE ? told : how);
      }
    }
  }
}
