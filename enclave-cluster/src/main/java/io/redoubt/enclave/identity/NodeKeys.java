package io.redoubt.enclave.identity;

import io.redoubt.identity.SigningKeyDirectory;
import io.redoubt.protocol.jwt.SigningKey;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's signing key. Its private half lives in memory only and dies with the node; its public
 * half is in the directory before it signs anything, and stays there for as long as a token that it
 * signed can be good.
 */
public final class NodeKeys {
  private static final Logger LOG = LoggerFactory.getLogger(NodeKeys.class);

  /** What a directory entry is good for, counted from its last renewal. */
  private static final Duration ENTRY_LIFETIME = AccessTokenIssuer.LIFETIME.multipliedBy(2);

  private record Held(SigningKey key, Instant madeAt, Instant notAfter) {}

  private final SigningKeyDirectory directory;
  private final String node;
  private final KeysConfig config;
  private final InstantSource clock;
  private final AtomicBoolean renewing = new AtomicBoolean();
  private volatile @Nullable Held held;

  public NodeKeys(
      SigningKeyDirectory directory, String node, KeysConfig config, InstantSource clock) {
    this.directory = directory;
    this.node = node;
    this.config = config;
    this.clock = clock;
  }

  /**
   * Prolongs the key's entry, or makes a new key where there is none or it has served its time. To
   * be called at start and then every {@link KeysConfig#renewEvery}.
   */
  public CompletionStage<Void> renew() {
    if (!renewing.compareAndSet(false, true)) {
      return CompletableFuture.completedFuture(null);
    }
    Instant now = clock.instant();
    Held before = held;
    SigningKey key;
    Instant madeAt;
    if (before != null && now.isBefore(before.madeAt().plus(config.rotateEvery()))) {
      key = before.key();
      madeAt = before.madeAt();
    } else {
      key = SigningKey.generate();
      madeAt = now;
    }
    Instant notAfter = now.plus(ENTRY_LIFETIME);
    return directory
        .publish(key.publicHalf(), node, notAfter)
        .whenComplete((_, failure) -> {
          if (failure == null) {
            held = new Held(key, madeAt, notAfter);
          } else {
            LOG.warn("The signing key's entry could not be renewed: {}", failure.toString());
          }
          renewing.set(false);
        });
  }

  /** Whether the node can sign a token now. */
  public boolean usable() {
    Held current = held;
    return current != null && outlivesAToken(current);
  }

  /**
   * The key to sign with.
   *
   * @throws ProblemException with {@code unavailable} where the entry in the directory would end
   *     before the token: nobody could verify it then
   */
  public SigningKey current() {
    Held current = held;
    if (current == null || !outlivesAToken(current)) {
      throw ProblemException.retryAfter(
          ErrorType.UNAVAILABLE, "No signing key is published right now.", 1);
    }
    return current.key();
  }

  private boolean outlivesAToken(Held current) {
    return !clock.instant().plus(AccessTokenIssuer.LIFETIME).isAfter(current.notAfter());
  }
}
