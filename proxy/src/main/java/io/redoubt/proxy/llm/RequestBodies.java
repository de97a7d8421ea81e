package io.redoubt.proxy.llm;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;

/** Reads request bodies whole: bounded in size and in time, and JSON by their own account. */
final class RequestBodies {
  private final ActorSystem<?> system;
  private final LlmConfig config;

  RequestBodies(ActorSystem<?> system, LlmConfig config) {
    this.system = system;
    this.config = config;
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
    call.bodyIsTaken();
    if (entity instanceof HttpEntity.Strict strict) {
      return CompletableFuture.completedFuture(strict.getData());
    }
    return entity
        .withSizeLimit(config.maxBodyBytes())
        .toStrict(config.bodyDeadline().toMillis(), config.maxBodyBytes() + 1, system)
        .handle((strict, failure) -> {
          if (failure != null) {
            throw new Refusal.Raised(refusal(Causes.of(failure)));
          }
          return strict.getData();
        });
  }

  /**
   * Reads a body that nobody wants, within the same limits: a client that is still sending would
   * otherwise see a broken connection in the place of its answer.
   */
  CompletionStage<Void> drain(LlmCall call) {
    var entity = call.request().entity();
    if (call.isBodyTaken()
        || entity instanceof HttpEntity.Strict
        || call.request().getHeader("expect").isPresent()
        || entity.getContentLengthOption().orElse(0L) > config.maxBodyBytes()) {
      return CompletableFuture.completedFuture(null);
    }
    return entity
        .withSizeLimit(config.maxBodyBytes())
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
        && media.subType().equalsIgnoreCase("json");
  }

  private static boolean isEncoded(HttpRequest request) {
    return request
        .getHeader("content-encoding")
        .filter(header -> !header.value().equalsIgnoreCase("identity"))
        .isPresent();
  }

  private static Refusal refusal(Throwable failure) {
    if (failure instanceof TimeoutException) {
      return Refusal.BODY_TOO_SLOW;
    }
    return failure instanceof EntityStreamSizeException
        ? Refusal.BODY_TOO_LARGE
        : Refusal.BODY_MALFORMED;
  }
}
