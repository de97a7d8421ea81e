package io.redoubt.enclave.membership;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Tells dead nodes from live ones by what is in the table. A silent one counts as dead when it has
 * been silent for so long that it has stopped by itself if it lives after all, and was watched from
 * here for longer than a live one needs to be heard: after an outage of the database all are
 * silent, and none is dead. On this machine there is a short cut: nobody listens at its address.
 * What another machine or container calls its loopback address says nothing here.
 */
final class DeathWatch {
  private static final int CONNECT_MILLIS = 500;

  private final FormingConfig config;
  private final Optional<String> machine;
  private final LongSupplier nanos;
  private final Map<MemberRow.Sighting, Long> firstSeen = new HashMap<>();

  /**
   * Begins to watch.
   *
   * @param machine the one that this process is on
   * @param nanos the monotonic clock
   */
  DeathWatch(FormingConfig config, Optional<String> machine, LongSupplier nanos) {
    this.config = config;
    this.machine = machine;
    this.nanos = nanos;
  }

  Set<MemberRow.Sighting> dead(List<MemberRow> rows) {
    long now = nanos.getAsLong();
    var seen = new HashSet<MemberRow.Sighting>();
    var dead = new HashSet<MemberRow.Sighting>();
    for (MemberRow row : rows) {
      MemberRow.Sighting sighting = row.sighting();
      seen.add(sighting);
      long since = firstSeen.computeIfAbsent(sighting, _ -> now);
      boolean silent =
          row.silence().compareTo(row.stoppedAfter()) > 0
              && now - since >= config.watch().toNanos();
      if (silent || (isHere(row) && row.address().map(DeathWatch::nobodyListens).orElse(false))) {
        dead.add(sighting);
      }
    }
    firstSeen.keySet().retainAll(seen);
    return dead;
  }

  private boolean isHere(MemberRow row) {
    return machine.isPresent() && machine.equals(row.machine());
  }

  /** Only where the address is this machine's own for certain. A process that is paused listens. */
  private static boolean nobodyListens(String address) {
    int colon = address.lastIndexOf(':');
    InetAddress host;
    try {
      host = InetAddress.ofLiteral(address.substring(0, colon));
    } catch (IllegalArgumentException _) {
      return false;
    }
    if (!host.isLoopbackAddress()) {
      return false;
    }
    try (var socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(host, Integer.parseInt(address.substring(colon + 1))),
          CONNECT_MILLIS);
      return false;
    } catch (ConnectException _) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
