package io.redoubt.proxy.upstream;

import io.redoubt.proxy.upstream.UpstreamException.Reason;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The body of a reply between the network, which offers it, and its one reader, who fetches it. A
 * reader who is behind is not told of every piece, but finds them all together; and when more waits
 * for it than may, the network is not read until it has fetched that.
 */
public final class UpstreamBody {

  /** How far it has been fetched. */
  public enum Standing {
    /** More is there, or to come. */
    OPEN,
    /** It has been fetched to its end. */
    COMPLETE,
    /** It has been fetched as far as it came, and was not whole. */
    BROKEN
  }

  /** What was there, and whether anything follows it. */
  public record Fetched(ByteString bytes, Standing standing) {}

  /** Stops and starts the reading from the network; neither may block. */
  interface Source {
    void pause();

    void resume();
  }

  private static final Source NO_SOURCE =
      new Source() {
        @Override
        public void pause() {
          // nothing more comes
        }

        @Override
        public void resume() {
          // nothing more comes
        }
      };

  private final Source source;
  private final int limit;
  private ByteString waiting = ByteString.emptyByteString();
  private Standing end = Standing.OPEN;
  private @Nullable Runnable reader;
  private boolean idle;
  private boolean paused;

  /**
   * An empty one.
   *
   * @param limit bytes that may wait for the reader before the network is left alone
   */
  UpstreamBody(Source source, int limit) {
    this.source = source;
    this.limit = limit;
  }

  /** One that is there as a whole. */
  public static UpstreamBody of(ByteString whole) {
    var body = new UpstreamBody(NO_SOURCE, Integer.MAX_VALUE);
    body.offer(whole);
    body.end(Standing.COMPLETE);
    return body;
  }

  void offer(ByteString piece) {
    @Nullable Runnable told;
    synchronized (this) {
      waiting = waiting.concat(piece);
      if (!paused && waiting.size() > limit) {
        paused = true;
        source.pause();
      }
      told = wakened();
    }
    if (told != null) {
      told.run();
    }
  }

  void end(Standing how) {
    @Nullable Runnable told;
    synchronized (this) {
      end = how;
      told = wakened();
    }
    if (told != null) {
      told.run();
    }
  }

  /** Whom to tell, once the lock is free. */
  private @Nullable Runnable wakened() {
    var told = idle ? reader : null;
    idle = false;
    return told;
  }

  /**
   * Says who reads.
   *
   * @param wake called, from any thread, when there is something after a fetch that found nothing
   */
  public synchronized void readBy(Runnable wake) {
    reader = wake;
  }

  /** Everything that is there; where that is nothing and more is to come, the reader is wakened. */
  public synchronized Fetched fetch() {
    var fetched = new Fetched(waiting, end);
    waiting = ByteString.emptyByteString();
    idle = fetched.bytes.isEmpty() && end == Standing.OPEN;
    if (paused) {
      paused = false;
      source.resume();
    }
    return fetched;
  }

  /** Reads it whole, as {@link UpstreamReply#collect} says. */
  CompletionStage<ByteString> collect(int mostBytes) {
    var whole = new CompletableFuture<ByteString>();
    var collector = new Collector(whole, mostBytes);
    readBy(collector);
    collector.run();
    return whole;
  }

  static IllegalStateException tooLong() {
    return new IllegalStateException("a body beyond its limit");
  }

  /** One run follows another: the next is only called for by the last fetch of the one before. */
  private final class Collector implements Runnable {
    private final CompletableFuture<ByteString> whole;
    private final int mostBytes;
    private ByteString collected = ByteString.emptyByteString();

    Collector(CompletableFuture<ByteString> whole, int mostBytes) {
      this.whole = whole;
      this.mostBytes = mostBytes;
    }

    @Override
    public void run() {
      Fetched fetched;
      do {
        fetched = fetch();
        collected = collected.concat(fetched.bytes);
        if (collected.size() > mostBytes) {
          whole.completeExceptionally(tooLong());
          return;
        }
      } while (!fetched.bytes.isEmpty() && fetched.standing == Standing.OPEN);
      switch (fetched.standing) {
        case COMPLETE -> whole.complete(collected);
        case BROKEN -> whole.completeExceptionally(new UpstreamException(Reason.UNREACHABLE, null));
        case OPEN -> {
          // wakened again, perhaps by now: nothing here may be touched any more
        }
      }
    }
  }
}
