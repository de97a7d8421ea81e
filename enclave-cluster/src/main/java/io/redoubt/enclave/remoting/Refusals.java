package io.redoubt.enclave.remoting;

import java.time.Duration;
import org.slf4j.Logger;

/** Says who was refused, and not more often than anybody would read it. */
final class Refusals {
  private final Logger log;
  private final Duration pause;
  private long saidAt;
  private int unsaid;
  private boolean saidAny;

  Refusals(Logger log, Duration pause) {
    this.log = log;
    this.pause = pause;
  }

  synchronized void say(String why) {
    long now = System.nanoTime();
    if (saidAny && now - saidAt < pause.toNanos()) {
      unsaid++;
      return;
    }
    log.warn(
        "Refused a connection to the cluster port: {}{}",
        why,
        unsaid == 0 ? "" : " (and " + unsaid + " more since this was last said)");
    saidAny = true;
    saidAt = now;
    unsaid = 0;
  }
}
