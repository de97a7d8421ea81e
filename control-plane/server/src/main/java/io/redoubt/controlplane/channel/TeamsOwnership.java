package io.redoubt.controlplane.channel;

import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import io.redoubt.protocol.secret.Secret;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;

/**
 * Makes sure that who names a bot has its secret. The ids of a bot and a tenant are no secrets, and
 * who has a channel for both hears all calls for them: without this, whoever names them first would
 * keep their owner out.
 */
final class TeamsOwnership {
  private static final int AT_ONCE = 8;
  private static final int RETRY_SECONDS = 5;

  private final TeamsTokens tokens;
  private final Semaphore room = new Semaphore(AT_ONCE);

  TeamsOwnership(TeamsTokens tokens) {
    this.tokens = tokens;
  }

  /** The same; fails with a {@link ProblemException} where Microsoft does not know the secret. */
  CompletionStage<Wanted> proven(Wanted wanted) {
    if (!room.tryAcquire()) {
      return CompletableFuture.failedFuture(
          ProblemException.retryAfter(ErrorType.RATE_LIMITED, "Too many at once; try again.", 1));
    }
    var answer = new CompletableFuture<Wanted>();
    Thread.ofVirtual()
        .name("redoubt-teams-secret")
        .start(() -> {
          try {
            answer.complete(provenNow(wanted));
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            answer.completeExceptionally(e);
          } catch (RuntimeException e) {
            answer.completeExceptionally(e);
          } finally {
            room.release();
          }
        });
    return answer;
  }

  private Wanted provenNow(Wanted wanted) throws InterruptedException {
    var settings = Json.LENIENT.convertValue(wanted.settings(), TeamsSettings.class);
    var secret = Secret.of(new String(wanted.secrets(), StandardCharsets.UTF_8));
    return switch (tokens.token(settings, secret)) {
      case Outcome.Done<Secret> _ -> wanted;
      case Outcome.Refused<Secret> _ ->
          throw ProblemException.invalid("/app_secret", "is not the bot's, Microsoft says");
      case Outcome.Later<Secret>(var why, var _, var _) ->
          throw ProblemException.retryAfter(
              ErrorType.UNAVAILABLE, "Microsoft's login: " + why + ".", RETRY_SECONDS);
    };
  }
}
