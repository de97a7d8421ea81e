package io.redoubt.standalone.server;

import com.typesafe.config.Config;
import io.redoubt.standalone.tls.ServerIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/** TLS of a server that runs by itself, from {@code redoubt.tls}. */
final class ServerTls {
  private ServerTls() {}

  static Optional<SSLContext> from(Config config) throws IOException {
    String certificates = config.getString("redoubt.tls.certificate-file");
    String key = config.getString("redoubt.tls.private-key-file");
    if (certificates.isEmpty() != key.isEmpty()) {
      throw new IllegalStateException(
          "redoubt.tls.certificate-file and redoubt.tls.private-key-file are given together or not"
              + " at all.");
    }
    if (certificates.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(ServerIdentity.read(Path.of(certificates), Path.of(key)).sslContext());
  }
}
