package io.redoubt.http;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SinkShape;
import org.apache.pekko.stream.Supervision;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;
import scala.Option;

/**
 * Gathers a body. One that grows too large is still read, and dropped, for some way: who is
 * answered while sending more often sees the connection break than the answer that says why (RFC
 * 9112, section 9.6). After that, and where it comes too slowly, nothing more is read, and nothing
 * is cancelled either. What follows runs on the thread that brings the last of the body.
 */
public final class BodyCollector extends GraphStage<SinkShape<ByteString>> {
  /** Read beyond the limit, and dropped, before an answer goes out that nobody may hear. */
  static final long DROPPED_BYTES = 4 << 20;

  private static final Duration DROPPING = Duration.ofSeconds(1);

  private final Inlet<ByteString> in = Inlet.create("BodyCollector.in");
  private final CompletableFuture<ByteString> body = new CompletableFuture<>();
  private final long maxBytes;
  private final Duration deadline;
  private boolean tooLarge;

  private BodyCollector(long maxBytes, Duration deadline) {
    this.maxBytes = maxBytes;
    this.deadline = deadline;
  }

  /**
   * The whole body.
   *
   * @return fails with {@link EntityStreamSizeException} over {@code maxBytes}, with {@link
   *     TimeoutException} after the deadline, and otherwise where it breaks off or is none
   */
  public static CompletableFuture<ByteString> collect(
      HttpEntity entity, long maxBytes, Duration deadline, Materializer materializer) {
    var collector = new BodyCollector(maxBytes, deadline);
    entity
        .getDataBytes()
        .addAttributes(ActorAttributes.withSupervisionStrategy(collector::broken))
        .runWith(collector, materializer);
    return collector.body;
  }

  /** Chunks that are none. What follows them is the end, so nothing is read in their place. */
  private Supervision.Directive broken(Throwable failure) {
    ended(failure);
    return Supervision.resume();
  }

  /** What became of a body that is too large does not matter any more. */
  private void ended(Throwable failure) {
    if (tooLarge) {
      refuse();
    } else {
      body.completeExceptionally(failure);
    }
  }

  private void refuse() {
    body.completeExceptionally(new EntityStreamSizeException(maxBytes, Option.empty()));
  }

  /** Whether the failure to gather a body is one of size: of the whole, or of one chunk of it. */
  public static boolean isTooLarge(Throwable failure) {
    return failure instanceof EntityStreamSizeException
        // The parser holds each chunk whole, up to a limit, and says so in its words alone.
        || (failure instanceof EntityStreamException broken
            && broken.info().summary().startsWith("HTTP chunk")
            && broken.info().summary().contains("exceeds"));
  }

  @Override
  public SinkShape<ByteString> shape() {
    return SinkShape.of(in);
  }

  @Override
  public GraphStageLogic createLogic(Attributes inheritedAttributes) {
    return new Logic();
  }

  private final class Logic extends TimerGraphStageLogic {
    private final ByteStringBuilder gathered = ByteString.createBuilder();
    private long read;

    Logic() {
      super(shape());
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              ByteString bytes = grab(in);
              read += bytes.length();
              if (read <= maxBytes) {
                gathered.append(bytes);
              } else if (!tooLarge) {
                tooLarge = true;
                gathered.clear();
                scheduleOnce("dropping", DROPPING);
              }
              if (read > maxBytes + DROPPED_BYTES) {
                refuse();
              } else if (!body.isDone()) {
                pull(in);
              }
            }

            @Override
            public void onUpstreamFinish() {
              if (tooLarge) {
                refuse();
              } else {
                body.complete(gathered.result());
              }
              completeStage();
            }

            @Override
            public void onUpstreamFailure(Throwable failure) {
              ended(failure);
              failStage(failure);
            }
          });
    }

    @Override
    public void preStart() {
      scheduleOnce("deadline", deadline);
      pull(in);
    }

    @Override
    public void onTimer(Object key) {
      ended(new TimeoutException("a body that takes too long"));
    }

    @Override
    public void postStop() {
      ended(new IllegalStateException("the connection ended"));
    }
  }
}
