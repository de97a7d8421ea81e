package io.redoubt.proxy.authenticate;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.identity.SigningKeyDirectory;
import io.redoubt.protocol.jwt.VerificationKey;
import io.redoubt.protocol.problem.TemporarilyUnavailable;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's view of the enclave's signing keys. A key that is not in it costs one look-up in the
 * directory; a key that is not there either is not looked for again for a while, and all look-ups
 * together are bounded, so that invented keys cannot become a load on the database.
 */
public final class VerificationKeys {
  /** A SHA-256 thumbprint in base64url; anything else is no key of ours. */
  private static final int KID_LENGTH = 43;

  /** Nodes come and go, but never that many within one token lifetime. */
  private static final int MAX_KNOWN = 4096;

  private static final Logger LOG = LoggerFactory.getLogger(VerificationKeys.class);

  private record Known(VerificationKey key, long until) {}

  private final SigningKeyDirectory directory;
  private final AuthenticateConfig.KeyLookup config;
  private final InstantSource clock;
  private final Counter lookups;
  private final Counter refused;
  private final Remembered<String, Known> known = new Remembered<>(MAX_KNOWN);
  private final Remembered<String, Long> unknown;
  private final ConcurrentHashMap<String, CompletableFuture<Optional<VerificationKey>>> underWay =
      new ConcurrentHashMap<>();
  private long second;
  private int lookupsInSecond;

  public VerificationKeys(
      SigningKeyDirectory directory,
      AuthenticateConfig.KeyLookup config,
      InstantSource clock,
      MeterRegistry metrics) {
    this.directory = directory;
    this.config = config;
    this.clock = clock;
    this.unknown = new Remembered<>(config.unknownKeys());
    this.lookups = metrics.counter("redoubt.authenticate.key.lookups");
    this.refused = metrics.counter("redoubt.authenticate.key.lookups.refused");
  }

  /** Takes in a key that is known to be genuine, such as the node's own. */
  public void learn(VerificationKey key) {
    known.put(key.kid(), new Known(key, clock.millis() + config.knownFor().toMillis()));
    unknown.forget(key.kid());
  }

  /**
   * The key of that id.
   *
   * @return fails where it cannot be looked up just now
   */
  public CompletionStage<Optional<VerificationKey>> find(String kid) {
    long now = clock.millis();
    var here = known.get(kid);
    if (here != null && now < here.until) {
      return CompletableFuture.completedFuture(Optional.of(here.key));
    }
    if (!isThumbprint(kid)) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    var absentUntil = unknown.get(kid);
    if (absentUntil != null && now < absentUntil) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    var shared = underWay.get(kid);
    if (shared != null) {
      return shared;
    }
    if (!mayLookUp(now / 1000)) {
      refused.increment();
      return CompletableFuture.failedFuture(new KeyLookupException("too many look-ups of keys"));
    }
    return lookUp(kid);
  }

  private CompletionStage<Optional<VerificationKey>> lookUp(String kid) {
    var result = new CompletableFuture<Optional<VerificationKey>>();
    var shared = underWay.putIfAbsent(kid, result);
    if (shared != null) {
      return shared;
    }
    lookups.increment();
    var _ =
        directory
            .find(kid, clock.instant())
            .toCompletableFuture()
            .copy()
            .orTimeout(config.timeout().toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete((found, failure) -> {
              if (failure == null) {
                found.ifPresentOrElse(
                    this::learn,
                    () -> unknown.put(kid, clock.millis() + config.unknownFor().toMillis()));
                result.complete(found);
              } else {
                LOG.warn("A signing key could not be looked up: {}", cause(failure).toString());
                result.completeExceptionally(new KeyLookupException("the directory is away"));
              }
              underWay.remove(kid, result);
            });
    return result;
  }

  private static boolean isThumbprint(String kid) {
    return kid.length() == KID_LENGTH
        && kid.chars()
            .allMatch(c ->
                (c >= 'A' && c <= 'Z')
                    || (c >= 'a' && c <= 'z')
                    || (c >= '0' && c <= '9')
                    || c == '-'
                    || c == '_');
  }

  private synchronized boolean mayLookUp(long now) {
    if (now != second) {
      second = now;
      lookupsInSecond = 0;
    }
    return ++lookupsInSecond <= config.perSecond();
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** The directory did not answer, or must not be asked just now. */
  static final class KeyLookupException extends RuntimeException implements TemporarilyUnavailable {
    private static final long serialVersionUID = 1L;

    KeyLookupException(String message) {
      super(message, null, false, false);
    }
  }
}
