package io.redoubt.proxy.llm;

import io.redoubt.agent.AgentKey;
import io.redoubt.http.BodyCollector;
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

/** Reads request bodies whole: bounded in size and in time, and JSON by their own account. */
final class RequestBodies {
  private final ActorSystem<?> system;
  private final LlmConfig config;
  private final BodyMemory memory;

  RequestBodies(ActorSystem<?> system, LlmConfig config) {
    this.system = system;
    this.config = config;
    this.memory = new BodyMemory(config.bodyMemory());
  }

  /** Fails with {@link Refusal.Raised}. */
  CompletionStage<ByteString> read(LlmCall call) {
    var request = call.request();
    var entity = request.entity();
    if (!isPlainJson(entity.getContentType()) || isEncoded(request)) {
      return CompletableFuture.failedFuture(new Refusal.Raised(Refusal.MEDIA_TYPE_UNSUPPORTED));
    }
    if (entity.getContentLengthOption().orElse(0L) > config.maxBodyBytes()) {
      return CompletableFuture.failedFuture(new Refusal.Raised(Refusal.BODY_TOO_LARGE));
    }
    var claims = call.claims();
    var room =
        memory.share(claims == null ? null : new AgentKey(claims.organization(), claims.agent()));
    call.takes(room);
    try {
      room.take(entity.getContentLengthOption().orElse(0L));
    } catch (Refusal.Raised e) {
      return CompletableFuture.failedFuture(e);
    }
    call.bodyIsTaken();
    if (entity instanceof HttpEntity.Strict strict) {
      return CompletableFuture.completedFuture(strict.getData());
    }
    return BodyCollector.collect(
            entity.getContentLengthOption().isPresent() ? entity : counted(entity, room),
            config.maxBodyBytes(),
            config.bodyDeadline(),
            SystemMaterializer.get(system).materializer())
        .handle((body, failure) -> {
          if (failure != null) {
            throw new Refusal.Raised(refusal(Causes.of(failure)));
          }
          return body;
        });
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

  /**
   * Reads a body that nobody wants, and drops it: a client that is still sending would otherwise
   * see a broken connection in the place of its answer. Within the same limits, but that an agent
   * whose body is too large is heard out up to twice the size; whoever sends more is told at once,
   * and may not hear it.
   */
  CompletionStage<Void> drain(LlmCall call) {
    var entity = call.request().entity();
    long most = call.claims() == null ? config.maxBodyBytes() : 2 * config.maxBodyBytes();
    if (call.isBodyTaken()
        || entity instanceof HttpEntity.Strict
        || call.request().getHeader("expect").isPresent()
        || entity.getContentLengthOption().orElse(0L) > most) {
      return CompletableFuture.completedFuture(null);
    }
    return entity
        .withSizeLimit(most)
        .getDataBytes()
        .completionTimeout(config.bodyDeadline())
        .runWith(Sink.ignore(), system)
        .toCompletableFuture()
        .orTimeout(config.bodyDeadline().toMillis(), TimeUnit.MILLISECONDS)
        .handle((_, _) -> null);
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
