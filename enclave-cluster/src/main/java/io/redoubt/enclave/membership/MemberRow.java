package io.redoubt.enclave.membership;

import io.redoubt.protocol.id.EnclaveId;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * What a node says of itself in the database.
 *
 * @param session this run of its process
 * @param address {@code host:port}; empty until it is known
 * @param beats counts up for as long as it lives
 * @param silence since it last did
 * @param goesOn after so long a silence it stops by itself, as it says itself
 * @param machine where it is ({@link Machine}); empty where it cannot tell
 */
record MemberRow(
    String node,
    UUID session,
    EnclaveId enclave,
    Optional<String> address,
    State state,
    long beats,
    Duration silence,
    Duration goesOn,
    Optional<String> machine) {

  enum State {
    STARTING,
    FOUNDING,
    MEMBER;

    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    static State ofWire(String text) {
      return valueOf(text.toUpperCase(Locale.ROOT));
    }
  }

  /** A node at one moment: if it is seen again like this, it has done nothing meanwhile. */
  record Sighting(UUID session, long beats) {}

  Sighting sighting() {
    return new Sighting(session, beats);
  }

  /**
   * After so long a silence it has stopped for certain. The margin is for clocks that do not run
   * equally fast, as for a lease.
   */
  Duration stoppedAfter() {
    return goesOn.plus(goesOn.dividedBy(20));
  }

  /**
   * Whether it reached the database lately: at least three heartbeats fit into the time that it
   * goes on without one. One that did not may soon have no lease, and does no work now.
   */
  boolean isHeard() {
    return silence.compareTo(goesOn.dividedBy(3)) <= 0;
  }

  /** For people. */
  String describe() {
    return node + address.map(at -> " at " + at).orElse("");
  }
}
