package io.redoubt.http;

import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** A body whose pieces are written past the stream where that can be, as fast as they leave. */
final class AsideSource extends GraphStage<SourceShape<ByteString>> {
  private final Outlet<ByteString> out = Outlet.create("AsideSource.out");
  private final SourceShape<ByteString> shape = SourceShape.of(out);
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final ChunkWriter writer;
  private final Iterator<ByteString> pieces;
  private final @Nullable RuntimeException failure;
  private volatile boolean begun;
  private volatile boolean waited;

  /**
   * Of these pieces.
   *
   * @param failure what comes of it after them; null: it is whole
   */
  AsideSource(ChunkWriter writer, Iterator<ByteString> pieces, @Nullable RuntimeException failure) {
    this.writer = writer;
    this.pieces = pieces;
    this.failure = failure;
  }

  boolean hasBegun() {
    return begun;
  }

  /** Whether a piece did not leave at once. */
  boolean hasWaited() {
    return waited;
  }

  CompletableFuture<Void> ended() {
    return ended;
  }

  @Override
  public SourceShape<ByteString> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  private final class Logic extends GraphStageLogic {
    private final AsyncCallback<Done> end = createAsyncCallback(_ -> onEnd());
    private boolean pulled;

    Logic() {
      super(shape);
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              if (!pulled) {
                pulled = true;
                begun = writer.begin(Logic.this::passOn);
              }
              if (begun) {
                passOn();
              } else if (pieces.hasNext()) {
                push(out, pieces.next());
              } else {
                onEnd();
              }
            }
          });
    }

    private void passOn() {
      while (pieces.hasNext()) {
        if (!writer.write(pieces.next())) {
          waited = true;
          return;
        }
      }
      end.invoke(Done.getInstance());
    }

    private void onEnd() {
      if (failure == null) {
        completeStage();
      } else {
        failStage(failure);
      }
    }

    @Override
    public void postStop() {
      ended.complete(null);
    }
  }
}
