package io.redoubt.proxy.decide;

import io.redoubt.agent.AgentKey;
import io.redoubt.http.BodyCollector;
import io.redoubt.protocol.jwt.AccessClaims;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** Reads request bodies whole: bounded in size and in time, and JSON by their own account. */
public final class RequestBodies {
  /**
   * The limits of bodies.
   *
   * @param maxBytes of one
   * @param memory of all, from their first byte to the end of their calls
   * @param deadline from the first to the last byte
   */
  public record Limits(long maxBytes, BodyMemory.Limits memory, Duration deadline) {}

  private final ActorSystem<?> system;
  private final Limits limits;
  private final BodyMemory memory;

  public RequestBodies(ActorSystem<?> system, Limits limits) {
    this.system = system;
    this.limits = limits;
    this.memory = new BodyMemory(limits.memory());
  }

  /** That of one request, of which nothing is read yet. */
  public Body of(HttpRequest request) {
    return new Body(request);
  }

  /** The body of one request, and what it takes of the memory. Not to be shared between threads. */
  public final class Body {
    private final HttpRequest request;
    private BodyMemory.@Nullable Share room;
    private boolean taken;

    private Body(HttpRequest request) {
      this.request = request;
    }

    /**
     * All of it; fails with {@link Refusal.Raised}.
     *
     * @param claims of whoever sends it; null: who that is shows only when it is read
     */
    public CompletionStage<ByteString> read(@Nullable AccessClaims claims) {
      var entity = request.entity();
      if (!isPlainJson(entity.getContentType()) || isEncoded(request)) {
        return CompletableFuture.failedFuture(new Refusal.Raised(Refusal.MEDIA_TYPE_UNSUPPORTED));
      }
      if (entity.getContentLengthOption().orElse(0L) > limits.maxBytes()) {
        return CompletableFuture.failedFuture(new Refusal.Raised(Refusal.BODY_TOO_LARGE));
      }
      var share =
          memory.share(claims == null ? null : new AgentKey(claims.organization(), claims.agent()));
      room = share;
      try {
        share.take(entity.getContentLengthOption().orElse(0L));
      } catch (Refusal.Raised e) {
        return CompletableFuture.failedFuture(e);
      }
      taken = true;
      if (entity instanceof HttpEntity.Strict strict) {
        return CompletableFuture.completedFuture(strict.getData());
      }
      return BodyCollector.collect(
              entity.getContentLengthOption().isPresent() ? entity : counted(entity, share),
              limits.maxBytes(),
              limits.deadline(),
              SystemMaterializer.get(system).materializer())
          .handle((body, failure) -> {
            if (failure != null) {
              throw new Refusal.Raised(refusal(Causes.of(failure)));
            }
            return body;
          });
    }

    /**
     * Reads a body that nobody wants, and drops it: a client that is still sending would otherwise
     * see a broken connection in the place of its answer. Within the same limits, but that an agent
     * whose body is too large is heard out up to twice the size; whoever sends more is told at
     * once, and may not hear it.
     *
     * @param byAgent whether it is an agent's
     */
    public CompletionStage<Void> drain(boolean byAgent) {
      var entity = request.entity();
      long most = byAgent ? 2 * limits.maxBytes() : limits.maxBytes();
      if (taken
          || entity instanceof HttpEntity.Strict
          || request.getHeader("expect").isPresent()
          || entity.getContentLengthOption().orElse(0L) > most) {
        return CompletableFuture.completedFuture(null);
      }
      return entity
          .withSizeLimit(most)
          .getDataBytes()
          .completionTimeout(limits.deadline())
          .runWith(Sink.ignore(), system)
          .toCompletableFuture()
          .orTimeout(limits.deadline().toMillis(), TimeUnit.MILLISECONDS)
          .handle((_, _) -> null);
    }

    /** Nobody needs it any more. May be called again. */
    public void giveBack() {
      if (room != null) {
        room.giveBack();
      }
    }
  }

  /** A body of unknown length takes what it turns out to need. */
  private static HttpEntity counted(RequestEntity entity, BodyMemory.Share room) {
    return HttpEntities.create(
        entity.getContentType(),
        entity
            .getDataBytes()
            .map(chunk -> {
              room.take(chunk.size());
              return chunk;
            }));
  }

  private static boolean isPlainJson(ContentType type) {
    var media = type.mediaType();
    return media.mainType().equalsIgnoreCase("application")
        && media.subType().equalsIgnoreCase("json")
        && type.getCharsetOption().map(c -> c.value().equalsIgnoreCase("utf-8")).orElse(true);
  }

  private static boolean isEncoded(HttpRequest request) {
    return request
        .getHeader("content-encoding")
        .filter(header -> !header.value().equalsIgnoreCase("identity"))
        .isPresent();
  }

  private static Refusal refusal(Throwable failure) {
    return switch (failure) {
      case Refusal.Raised raised -> raised.refusal();
      case TimeoutException _ -> Refusal.BODY_TOO_SLOW;
      case Throwable large when BodyCollector.isTooLarge(large) -> Refusal.BODY_TOO_LARGE;
      default -> Refusal.BODY_MALFORMED;
    };
  }
}
