package io.redoubt.enclave.remoting;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Section {@code redoubt.enclave.cluster.tls}. All three files, or none.
 *
 * @param checkEvery how often the files are looked at for a change
 * @param handshakeLimit how long somebody may take to prove who it is
 * @param maxHandshakes who has not yet, at once; beyond that the oldest is cut
 */
public record RemotingTlsConfig(
    Optional<Path> certificateFile,
    Optional<Path> privateKeyFile,
    Optional<Path> caFile,
    Duration checkEvery,
    Duration handshakeLimit,
    int maxHandshakes) {
  private static final String PATH = "redoubt.enclave.cluster.tls";

  public RemotingTlsConfig {
    if (certificateFile.isPresent() != privateKeyFile.isPresent()
        || certificateFile.isPresent() != caFile.isPresent()) {
      throw new IllegalArgumentException(
          PATH
              + ": certificate-file, private-key-file and ca-file are given together or not at"
              + " all");
    }
    if (!checkEvery.isPositive()) {
      throw new IllegalArgumentException(PATH + ".check-every must be above zero");
    }
    if (!handshakeLimit.isPositive() || maxHandshakes < 1) {
      throw new IllegalArgumentException(
          PATH + ".handshake-limit and .max-handshakes must be above zero");
    }
  }

  public static RemotingTlsConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new RemotingTlsConfig(
        file(config, "certificate-file"),
        file(config, "private-key-file"),
        file(config, "ca-file"),
        config.getDuration("check-every"),
        config.getDuration("handshake-limit"),
        config.getInt("max-handshakes"));
  }

  private static Optional<Path> file(Config config, String key) {
    return Optional.of(config.getString(key)).filter(text -> !text.isEmpty()).map(Path::of);
  }

  public boolean enabled() {
    return certificateFile.isPresent();
  }

  /** The files of an enabled section. */
  NodeFiles files() {
    return new NodeFiles(
        certificateFile.orElseThrow(), privateKeyFile.orElseThrow(), caFile.orElseThrow());
  }
}
