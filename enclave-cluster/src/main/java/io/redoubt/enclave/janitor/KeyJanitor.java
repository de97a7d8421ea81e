package io.redoubt.enclave.janitor;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.identity.SigningKeyDirectory;
import io.redoubt.payload.PayloadStore;
import io.redoubt.revocation.RevocationStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes signing keys that nothing depends on any more, revocations that cover nothing any more,
 * and payloads past their retention. A cluster singleton; what it misses it deletes the next time.
 */
public final class KeyJanitor {
  private static final Logger LOG = LoggerFactory.getLogger(KeyJanitor.class);

  /** Clocks of nodes differ; what has just expired here may be good for a moment elsewhere. */
  private static final Duration MARGIN = Duration.ofMinutes(1);

  private KeyJanitor() {}

  /** What the janitor is told. */
  public sealed interface Command {}

  private record CleanUp() implements Command {}

  /** The singleton's behavior. */
  public static Behavior<Command> create(
      JanitorConfig config,
      SigningKeyDirectory keys,
      RevocationStore revocations,
      PayloadStore payloads,
      InstantSource clock,
      MeterRegistry metrics) {
    return Behaviors.withTimers(timers -> {
      timers.startTimerWithFixedDelay(new CleanUp(), config.every());
      return Behaviors.receiveMessage(_ -> {
        Instant now = clock.instant();
        note("signing-keys", keys.forget(now.minus(MARGIN)), metrics);
        note("revocations", revocations.forget(now.minus(MARGIN)), metrics);
        note("payloads", payloads.purge(now), metrics);
        return Behaviors.same();
      });
    });
  }

  private static void note(String what, CompletionStage<Integer> work, MeterRegistry metrics) {
    work.whenComplete((count, failure) -> {
      if (failure == null) {
        metrics.counter("redoubt.janitor.deleted", "what", what).increment(count);
      } else {
        LOG.warn("Deleting {} past their time has to wait: {}", what, failure.toString());
      }
    });
  }
}
