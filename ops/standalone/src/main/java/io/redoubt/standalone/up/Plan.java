package io.redoubt.standalone.up;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.persistence.embedded.EmbeddedPostgres;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What {@code up} was asked for.
 *
 * @param bind address that all servers listen on
 * @param databaseUrl of somebody else's PostgreSQL; empty: one of our own
 * @param nodes of the enclave, each in a process of its own; empty: one, in this process
 */
record Plan(
    DataDirectory data,
    Ports ports,
    InetAddress bind,
    boolean tls,
    boolean demo,
    Optional<String> databaseUrl,
    OptionalInt nodes) {
  static final int MAX_NODES = 9;

  private static final Duration LEFTOVERS_LIMIT = Duration.ofSeconds(30);

  Plan {
    if (!bind.isLoopbackAddress() && !tls) {
      throw CommandFailure.usage(
          "Listening on "
              + bind.getHostAddress()
              + " would send tokens over the network in the clear. Add --tls, or leave --bind out.");
    }
  }

  /** Says what is in the way before anything has begun; what an earlier crash left is not. */
  void requireFreePorts() {
    NodeProcesses.stopLeftovers(data, LEFTOVERS_LIMIT);
    if (databaseUrl.isEmpty()) {
      EmbeddedPostgres.stopOrphan(data.postgres());
    }
    ports.requireFree(bind, databaseUrl.isEmpty(), demo, nodes.orElse(1));
  }

  static OptionalInt nodes(@Nullable Integer asked) {
    if (asked == null) {
      return OptionalInt.empty();
    }
    if (asked < 1 || asked > MAX_NODES) {
      throw CommandFailure.usage("--nodes is 1 to " + MAX_NODES + ", not " + asked + ".");
    }
    return OptionalInt.of(asked);
  }

  static InetAddress address(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw CommandFailure.usage(text + " is not an address of this machine.");
    }
  }

  /** How callers on this machine write the address; a wildcard is nobody's. */
  String host() {
    if (bind.isAnyLocalAddress()) {
      return "127.0.0.1";
    }
    String literal = bind.getHostAddress();
    return literal.contains(":") ? "[" + literal + "]" : literal;
  }

  String scheme() {
    return tls ? "https" : "http";
  }

  String url(int port) {
    return scheme() + "://" + host() + ":" + port;
  }
}
