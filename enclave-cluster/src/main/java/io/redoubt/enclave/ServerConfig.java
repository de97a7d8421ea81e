package io.redoubt.enclave;

import com.typesafe.config.Config;
import java.net.URI;
import java.util.Optional;

/**
 * One of the servers, such as section {@code redoubt.enclave.servers.agent}.
 *
 * @param port 0: any free one
 * @param publicUrl by which callers reach it; empty: the address it is bound to
 */
public record ServerConfig(String host, int port, Optional<URI> publicUrl) {
  public ServerConfig {
    if (host.isBlank()) {
      throw new IllegalArgumentException("redoubt.enclave.servers.*.host must be given");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("redoubt.enclave.servers.*.port must be 0 to 65535");
    }
  }

  static ServerConfig from(Config section) {
    String url = section.getString("public-url");
    return new ServerConfig(
        section.getString("host"),
        section.getInt("port"),
        url.isEmpty() ? Optional.empty() : Optional.of(URI.create(url)));
  }
}
