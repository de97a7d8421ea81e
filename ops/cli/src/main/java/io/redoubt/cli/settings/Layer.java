package io.redoubt.cli.settings;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.protocol.secret.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What one place says; what it does not say is null.
 *
 * @param name the place, as a person would call it
 * @param explicit whether it was said for this one invocation
 */
record Layer(
    String name,
    boolean explicit,
    @Nullable URI url,
    @Nullable String clientId,
    @Nullable Secret clientSecret,
    @Nullable Path caFile,
    @Nullable URI enclaveUrl,
    @Nullable Path dataDirectory) {

  /** One place as it is written there; a data directory stands for what its runtime file says. */
  static Layer of(
      String name,
      boolean explicit,
      @Nullable String url,
      @Nullable String clientId,
      @Nullable String clientSecret,
      @Nullable String caFile,
      @Nullable String enclaveUrl,
      @Nullable String dataDirectory) {
    return new Layer(
        name,
        explicit,
        url == null ? null : uri(name, url),
        clientId,
        clientSecret == null ? null : Secret.of(clientSecret),
        caFile == null ? null : Path.of(caFile),
        enclaveUrl == null ? null : uri(name, enclaveUrl),
        dataDirectory == null ? null : Path.of(dataDirectory));
  }

  static Layer ofRuntime(Path dataDirectory, RuntimeFile runtime) {
    return new Layer(
        dataDirectory.resolve(RuntimeFile.NAME).toString(),
        false,
        runtime.controlPlaneUrl(),
        runtime.operator().clientId(),
        Secret.of(runtime.operator().clientSecret()),
        runtime.tlsCaFile() == null ? null : Path.of(runtime.tlsCaFile()),
        runtime.enclaves().isEmpty() ? null : runtime.enclaves().getFirst().agentUrl(),
        dataDirectory);
  }

  /** The secret in a file that only its owner reads. */
  static String secretIn(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw CommandFailure.usage("the client secret in " + file + " cannot be read");
    }
  }

  private static URI uri(String name, String text) {
    try {
      URI uri = URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
      if (uri.getHost() == null
          || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
        throw CommandFailure.usage(text + " (from " + name + ") is not an http or https address");
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(text + " (from " + name + ") is not an address");
    }
  }
}
