package io.redoubt.enclave.membership;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where loopback addresses are the same ones: one network namespace of one boot of one machine. */
final class Machine {
  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path NETWORK = Path.of("/proc/self/ns/net");

  private Machine() {}

  /** Names the one that this process is on; empty where that cannot be told. */
  static Optional<String> own() {
    try {
      return Optional.of(Files.readString(BOOT).strip() + " " + Files.readSymbolicLink(NETWORK));
    } catch (IOException | UnsupportedOperationException | SecurityException _) {
      return Optional.empty();
    }
  }
}
