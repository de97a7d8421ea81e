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
 * Gathers a body. Where it grows too large or comes too slowly, nothing more is read, and nothing
 * is cancelled either: that would take the connection away before the answer that says why. What
 * follows runs on the thread that brings the last of the body.
 */
public final class BodyCollector extends GraphStage<SinkShape<ByteString>> {
  private final Inlet<ByteString> in = Inlet.create("BodyCollector.in");
  private final CompletableFuture<ByteString> body = new CompletableFuture<>();
  private final long maxBytes;
  private final Duration deadline;

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
    body.completeExceptionally(failure);
    return Supervision.resume();
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

    Logic() {
      super(shape());
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              gathered.append(grab(in));
              if (gathered.length() > maxBytes) {
                body.completeExceptionally(new EntityStreamSizeException(maxBytes, Option.empty()));
              } else if (!body.isDone()) {
                pull(in);
              }
            }

            @Override
            public void onUpstreamFinish() {
              body.complete(gathered.result());
              completeStage();
            }

            @Override
            public void onUpstreamFailure(Throwable failure) {
              body.completeExceptionally(failure);
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
      body.completeExceptionally(new TimeoutException("a body that takes too long"));
    }

    @Override
    public void postStop() {
      body.completeExceptionally(new IllegalStateException("the connection ended"));
    }
  }
}
