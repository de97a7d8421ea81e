package io.redoubt.enclave.janitor;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.approval.ApprovalBoard;
import io.redoubt.identity.SigningKeyDirectory;
import io.redoubt.payload.PayloadStore;
import io.redoubt.revocation.RevocationStore;
import io.redoubt.singleton.SupersededException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.japi.function.Function2;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes signing keys that nothing depends on any more, revocations that cover nothing any more,
 * and payloads and approvals past their retention. A cluster singleton; what it misses it deletes
 * the next time.
 */
public final class KeyJanitor {
  private static final Logger LOG = LoggerFactory.getLogger(KeyJanitor.class);

  /** Clocks of nodes differ; what has just expired here may be good for a moment elsewhere. */
  private static final Duration MARGIN = Duration.ofMinutes(1);

  private KeyJanitor() {}

  /** What the janitor is told. */
  public sealed interface Command {}

  private record CleanUp() implements Command {}

  private record Done(String what, int count) implements Command {}

  private record NotDone(String what, Throwable why) implements Command {}

  /** What it deletes from; written to in the name of the tenure. */
  public record Stores(
      SigningKeyDirectory keys,
      RevocationStore revocations,
      PayloadStore payloads,
      ApprovalBoard approvals) {}

  /**
   * The behavior of a node that holds the singleton.
   *
   * @param approvalsKept for how long requests for approval that are over can be looked at
   */
  public static Behavior<Command> create(
      JanitorConfig config,
      Stores stores,
      Duration approvalsKept,
      InstantSource clock,
      MeterRegistry metrics) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          timers.startTimerWithFixedDelay(new CleanUp(), config.every());
          return Behaviors.receiveMessage(message -> {
            switch (message) {
              case CleanUp _ -> {
                Instant now = clock.instant();
                Instant past = now.minus(MARGIN);
                context.pipeToSelf(stores.keys().forget(past), done("signing-keys"));
                context.pipeToSelf(stores.revocations().forget(past), done("revocations"));
                context.pipeToSelf(stores.payloads().purge(now), done("payloads"));
                context.pipeToSelf(
                    stores.approvals().purge(now.minus(approvalsKept)), done("approvals"));
              }
              case Done(var what, var count) ->
                  metrics.counter("redoubt.janitor.deleted", "what", what).increment(count);
              case NotDone(var what, var why) -> onNotDone(what, why);
            }
            return Behaviors.same();
          });
        }));
  }

  private static Function2<@Nullable Integer, @Nullable Throwable, Command> done(String what) {
    return (count, failure) ->
        failure == null && count != null
            ? new Done(what, count)
            : new NotDone(what, failure == null ? new IllegalStateException("no answer") : failure);
  }

  private static void onNotDone(String what, Throwable why) {
    if (SupersededException.isBehind(why)) {
      throw new SupersededException("another node has become the key janitor");
    }
    LOG.warn("Deleting {} past their time has to wait: {}", what, why.toString());
  }
}
