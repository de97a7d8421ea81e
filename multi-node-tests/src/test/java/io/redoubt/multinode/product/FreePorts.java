package io.redoubt.multinode.product;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/** Finds a port offset at which everything that the product binds is free. */
final class FreePorts {
  /** All stay below the ports that the system hands out by itself. */
  private static final int[] PORTS = {
    8443, 8444, 8445, 8446, 8447, 8558, 25432, 25520, // and of three more nodes
    8454, 8455, 8456, 8568, 25530, 8464, 8465, 8466, 8578, 25540, 8474, 8475, 8476, 8588, 25550
  };

  private static final int LOWEST = 1000;
  private static final int HIGHEST = 7000;

  /** By products that start at the same time. */
  private static final Set<Integer> TAKEN = ConcurrentHashMap.newKeySet();

  private FreePorts() {}

  static int offset() {
    return RandomGenerator.getDefault()
        .ints(100, LOWEST / 10, HIGHEST / 10)
        .map(tens -> tens * 10)
        .filter(offset -> free(offset) && TAKEN.add(offset))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no free ports"));
  }

  private static boolean free(int offset) {
    return IntStream.of(PORTS).allMatch(port -> bindable(port + offset));
  }

  private static boolean bindable(int port) {
    try (var socket = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return socket.isBound();
    } catch (IOException _) {
      return false;
    }
  }
}
