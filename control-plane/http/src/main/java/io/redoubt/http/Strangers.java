package io.redoubt.http;

import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Sources that present credentials nobody here knows. Each guess costs a look-up, so a source that
 * guesses on has to wait, before anything is looked up for it; in bounded memory (G11).
 */
public final class Strangers {
  private final RateLimiter guesses;
  private final Map<Object, Long> shutOut;
  private final InstantSource clock;

  /**
   * None yet.
   *
   * @param guesses how many each source has
   * @param maxSources that are told apart
   */
  public Strangers(RateLimiter guesses, int maxSources, InstantSource clock) {
    this.guesses = guesses;
    this.clock = clock;
    this.shutOut =
        new LinkedHashMap<>() {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Object, Long> eldest) {
            return size() > maxSources;
          }
        };
  }

  /**
   * Lets a request in.
   *
   * @throws ProblemException with {@code rate-limited}
   */
  public void admit(InetAddress source) {
    synchronized (shutOut) {
      if (shutOut.isEmpty()) {
        return;
      }
      Object key = SourceKey.of(source);
      @Nullable Long until = shutOut.get(key);
      if (until == null) {
        return;
      }
      long left = until - clock.millis();
      if (left > 0) {
        throw ProblemException.retryAfter(
            ErrorType.RATE_LIMITED, "Too many requests from here.", (int) Math.ceilDiv(left, 1000));
      }
      shutOut.remove(key);
    }
  }

  /** Notes that the source presented a credential that nobody here knows. */
  public void note(InetAddress source) {
    Object key = SourceKey.of(source);
    OptionalInt wait = guesses.retryAfterSeconds(key);
    if (wait.isPresent()) {
      synchronized (shutOut) {
        shutOut.put(key, clock.millis() + wait.getAsInt() * 1000L);
      }
    }
  }
}
