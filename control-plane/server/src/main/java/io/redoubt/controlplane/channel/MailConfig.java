package io.redoubt.controlplane.channel;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Section {@code redoubt.control-plane.channels.mail}; every key is explained in {@code
 * reference.conf}.
 *
 * @param caFile authorities that are believed besides the platform's own; empty: none
 */
public record MailConfig(Optional<Path> caFile) {
  static final String CA_FILE = "redoubt.control-plane.channels.mail.ca-file";

  static MailConfig from(Config config) {
    String file = config.getString("ca-file");
    return new MailConfig(file.isBlank() ? Optional.empty() : Optional.of(Path.of(file)));
  }
}
