package io.redoubt.enclave.agentapi;

import io.redoubt.family.FamilyKey;
import io.redoubt.http.RateLimiter;
import io.redoubt.http.SourceKey;
import io.redoubt.http.Strangers;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How much a source address and a token family may ask of the agent endpoint, in bounded memory
 * (G11). A source that presents tokens nobody knows runs out much sooner than one whose tokens are
 * genuine, since each guess costs a look-up.
 */
final class CallLimits {
  private final RateLimiter sources;
  private final RateLimiter families;
  private final Strangers strangers;
  private final int mostUnderWay;
  private final Turns turns;
  private final LongSupplier nanos;
  private final AtomicInteger underWay = new AtomicInteger();

  CallLimits(AgentApiConfig config, InstantSource clock) {
    this(config, clock, System::nanoTime);
  }

  /**
   * Nothing has been asked yet.
   *
   * @param nanos a monotonic clock
   */
  CallLimits(AgentApiConfig config, InstantSource clock, LongSupplier nanos) {
    this.sources =
        new RateLimiter(config.sourcePerSecond(), config.sourceBurst(), config.maxKeys(), clock);
    this.families =
        new RateLimiter(config.familyPerSecond(), config.familyBurst(), config.maxKeys(), clock);
    this.strangers =
        new Strangers(
            new RateLimiter(
                config.strangerPerSecond(), config.strangerBurst(), config.maxKeys(), clock),
            config.maxKeys(),
            clock);
    this.mostUnderWay = config.underWay();
    this.turns = new Turns(config.underWay(), config.longestWait(), nanos, new SplittableRandom());
    this.nanos = nanos;
  }

  /**
   * Lets a request in.
   *
   * @throws ProblemException with {@code rate-limited}
   */
  void admit(InetAddress source) {
    refuseWhere(sources.retryAfterSeconds(SourceKey.of(source)));
    strangers.admit(source);
  }

  /**
   * Lets a family's token be used.
   *
   * @throws ProblemException with {@code rate-limited}
   */
  void admit(FamilyKey family) {
    refuseWhere(families.retryAfterSeconds(family));
  }

  /**
   * Begins work on a token, if there is room for it.
   *
   * @throws ProblemException with {@code unavailable}, and nothing has begun
   */
  <T> CompletionStage<T> underWay(Supplier<CompletionStage<T>> work) {
    if (underWay.incrementAndGet() > mostUnderWay) {
      underWay.decrementAndGet();
      throw ProblemException.retryAfter(
          ErrorType.UNAVAILABLE,
          "This node has as much under way as it can finish in time.",
          turns.seconds());
    }
    long began = nanos.getAsLong();
    CompletionStage<T> begun;
    try {
      begun = work.get();
    } catch (RuntimeException e) {
      underWay.decrementAndGet();
      throw e;
    }
    return begun.whenComplete((_, _) -> {
      underWay.decrementAndGet();
      turns.held(nanos.getAsLong() - began);
    });
  }

  /** Notes that the source presented a token that nobody here knows. */
  void noteStranger(InetAddress source) {
    strangers.note(source);
  }

  private static void refuseWhere(OptionalInt wait) {
    if (wait.isPresent()) {
      throw ProblemException.retryAfter(
          ErrorType.RATE_LIMITED, "Too many requests from here.", wait.getAsInt());
    }
  }
}
