package io.redoubt.enclave.agentapi;

import io.redoubt.family.FamilyKey;
import io.redoubt.http.RateLimiter;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * How much a source address and a token family may ask of the agent endpoint, in bounded memory
 * (G11). A source that presents tokens nobody knows runs out much sooner than one whose tokens are
 * genuine, since each guess costs a look-up. IPv6 sources count by their /64, which is what one
 * host can call its own.
 */
final class CallLimits {
  private static final int IPV6_NETWORK_BYTES = 8;

  private final RateLimiter sources;
  private final RateLimiter strangers;
  private final RateLimiter families;
  private final Map<Object, Long> shutOut;
  private final InstantSource clock;

  CallLimits(AgentApiConfig config, InstantSource clock) {
    this.clock = clock;
    this.sources =
        new RateLimiter(config.sourcePerSecond(), config.sourceBurst(), config.maxKeys(), clock);
    this.strangers =
        new RateLimiter(
            config.strangerPerSecond(), config.strangerBurst(), config.maxKeys(), clock);
    this.families =
        new RateLimiter(config.familyPerSecond(), config.familyBurst(), config.maxKeys(), clock);
    this.shutOut =
        new LinkedHashMap<>() {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Object, Long> eldest) {
            return size() > config.maxKeys();
          }
        };
  }

  /**
   * Lets a request in.
   *
   * @throws ProblemException with {@code rate-limited}
   */
  void admit(InetAddress source) {
    Object key = keyOf(source);
    refuseWhere(sources.retryAfterSeconds(key));
    synchronized (shutOut) {
      if (shutOut.isEmpty()) {
        return;
      }
      @Nullable Long until = shutOut.get(key);
      if (until == null) {
        return;
      }
      long left = until - clock.millis();
      if (left > 0) {
        refuseWhere(OptionalInt.of((int) Math.ceilDiv(left, 1000)));
      }
      shutOut.remove(key);
    }
  }

  /**
   * Lets a family's token be used.
   *
   * @throws ProblemException with {@code rate-limited}
   */
  void admit(FamilyKey family) {
    refuseWhere(families.retryAfterSeconds(family));
  }

  /** Notes that the source presented a token that nobody here knows. */
  void noteStranger(InetAddress source) {
    Object key = keyOf(source);
    OptionalInt wait = strangers.retryAfterSeconds(key);
    if (wait.isPresent()) {
      synchronized (shutOut) {
        shutOut.put(key, clock.millis() + wait.getAsInt() * 1000L);
      }
    }
  }

  private static void refuseWhere(OptionalInt wait) {
    if (wait.isPresent()) {
      throw ProblemException.retryAfter(
          ErrorType.RATE_LIMITED, "Too many requests from here.", wait.getAsInt());
    }
  }

  private static Object keyOf(InetAddress source) {
    return source instanceof Inet6Address
        ? java.nio.ByteBuffer.wrap(Arrays.copyOf(source.getAddress(), IPV6_NETWORK_BYTES))
        : source;
  }
}
