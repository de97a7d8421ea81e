package io.redoubt.cli.run;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Keeps an identity fresh in the background. It looks at the wall clock every few seconds rather
 * than sleeping until a deadline: a laptop that slept wakes with its deadline long past.
 */
final class Renewal implements AutoCloseable {
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

  private final Supplier<Optional<AgentIdentity>> another;
  private final Consumer<String> remarks;
  private final Consumer<String> publish;
  private final InstantSource clock;
  private final Thread thread;

  private volatile AgentIdentity identity;
  private Instant notBefore = Instant.EPOCH;
  private Duration pause = FIRST_PAUSE;
  private boolean lost;
  private boolean troubled;

  /**
   * Starts at once.
   *
   * @param another asks for a new identity where the old one is lost; empty: there is none to have
   * @param publish hands every new access token on
   */
  Renewal(
      AgentIdentity identity,
      Supplier<Optional<AgentIdentity>> another,
      Consumer<String> publish,
      Consumer<String> remarks,
      InstantSource clock) {
    this.identity = identity;
    this.another = another;
    this.remarks = remarks;
    this.clock = clock;
    this.publish = publish;
    this.thread = Thread.ofVirtual().name("renewal").unstarted(this::run);
    thread.start();
  }

  /** The access token to use now; renewed on the spot where it has expired. */
  String accessToken() {
    if (identity.isExpired()) {
      attempt();
    }
    return identity.accessToken();
  }

  private void run() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        Thread.sleep(LOOK);
      } catch (InterruptedException _) {
        return;
      }
      if (!clock.instant().isBefore(identity.renewAt())) {
        attempt();
      }
    }
  }

  private synchronized void attempt() {
    Instant now = clock.instant();
    if (lost || now.isBefore(notBefore) || now.isBefore(identity.renewAt())) {
      return;
    }
    switch (identity.exchange()) {
      case RENEWED -> renewed();
      case TRY_LATER -> {
        later(now);
        trouble("the identity is not renewed yet, trying again: " + identity.trouble());
      }
      case LOST -> replace(now);
    }
  }

  private void renewed() {
    pause = FIRST_PAUSE;
    notBefore = Instant.EPOCH;
    publish.accept(identity.accessToken());
    if (troubled) {
      remarks.accept("the identity is fresh again.");
      troubled = false;
    }
  }

  private void replace(Instant now) {
    String why = identity.trouble();
    Optional<AgentIdentity> fresh;
    try {
      fresh = another.get();
    } catch (RuntimeException e) {
      later(now);
      trouble("the identity is lost (" + why + "), and no new one is to be had: " + e.getMessage());
      return;
    }
    if (fresh.isEmpty()) {
      lost = true;
      remarks.accept("the identity is lost: " + why + ". The program's next calls will fail.");
      return;
    }
    identity = fresh.get();
    remarks.accept("the identity was lost (" + why + "); a new one took its place.");
    renewed();
  }

  private void later(Instant now) {
    long millis = pause.toMillis();
    notBefore = now.plusMillis(ThreadLocalRandom.current().nextLong(millis / 2, millis + 1));
    Duration doubled = pause.multipliedBy(2);
    pause = doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
  }

  /** Says it once, not at every attempt. */
  private void trouble(String what) {
    if (!troubled) {
      remarks.accept(what);
      troubled = true;
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
