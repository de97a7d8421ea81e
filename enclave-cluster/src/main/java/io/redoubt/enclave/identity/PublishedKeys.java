package io.redoubt.enclave.identity;

import io.redoubt.identity.SigningKeyDirectory;
import io.redoubt.protocol.jwt.JwkSet;
import io.redoubt.protocol.jwt.VerificationKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The enclave's public keys, for whoever asks. Remembered for a moment, because asking needs no
 * credential and must not cost a query each; and for longer while the database is away.
 */
public final class PublishedKeys {
  private static final Duration FRESH = Duration.ofSeconds(2);

  private record Seen(JwkSet keys, Instant at) {}

  private final SigningKeyDirectory directory;
  private final InstantSource clock;
  private volatile @Nullable Seen seen;

  public PublishedKeys(SigningKeyDirectory directory, InstantSource clock) {
    this.directory = directory;
    this.clock = clock;
  }

  public CompletionStage<JwkSet> all() {
    Instant now = clock.instant();
    Seen last = seen;
    if (last != null && now.isBefore(last.at().plus(FRESH))) {
      return CompletableFuture.completedFuture(last.keys());
    }
    return directory
        .all(now)
        .thenApply(keys -> {
          var set = new JwkSet(keys.stream().map(VerificationKey::jwk).toList());
          seen = new Seen(set, now);
          return set;
        })
        .exceptionallyCompose(failure ->
            last != null
                ? CompletableFuture.completedFuture(last.keys())
                : CompletableFuture.failedFuture(failure));
  }
}
