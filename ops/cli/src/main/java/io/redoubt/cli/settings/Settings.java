package io.redoubt.cli.settings;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.protocol.secret.Secret;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where the control plane is and who is calling.
 *
 * @param url of the control plane
 * @param caFile PEM file of the authorities to trust; null: the platform's
 * @param enclaveUrl the agent endpoint
 * @param dataDirectory of the installation on this machine that was found
 * @param secretSource the place that the client secret came from, as a person would call it
 */
public record Settings(
    @Nullable URI url,
    @Nullable String clientId,
    @Nullable Secret clientSecret,
    @Nullable Path caFile,
    @Nullable URI enclaveUrl,
    @Nullable Path dataDirectory,
    @Nullable String secretSource) {

  /**
   * The first layer that says something wins. Once a server is named, what is kept in files for
   * another server is passed over: a secret meant for one is never sent to another.
   */
  static Settings resolve(List<Layer> layers) {
    @Nullable URI url = first(layers, Layer::url);
    var trusted = new ArrayList<Layer>();
    boolean found = false;
    for (Layer layer : layers) {
      if (!found || layer.explicit() || Objects.equals(layer.url(), url)) {
        trusted.add(layer);
      }
      found = found || layer.url() != null;
    }
    @Nullable Layer client = null;
    for (Layer layer : trusted) {
      if (layer.clientSecret() != null) {
        client = layer;
        break;
      }
    }
    return new Settings(
        url,
        first(trusted, Layer::clientId),
        client == null ? null : client.clientSecret(),
        first(trusted, Layer::caFile),
        first(trusted, Layer::enclaveUrl),
        first(layers, Layer::dataDirectory),
        client == null ? null : client.name());
  }

  private static <T> @Nullable T first(List<Layer> layers, Function<Layer, @Nullable T> value) {
    for (Layer layer : layers) {
      @Nullable T said = value.apply(layer);
      if (said != null) {
        return said;
      }
    }
    return null;
  }

  /** The enclave's address, for what is asked of it and of nobody else. */
  public URI requireEnclaveUrl() {
    if (enclaveUrl == null) {
      throw CommandFailure.usage(
          "No enclave is known here: say where its agent endpoint is with --enclave-url or"
              + " REDOUBT_ENCLAVE_URL.");
    }
    return enclaveUrl;
  }

  /** The control plane's address, without which nothing can be asked. */
  public URI requireUrl() {
    if (url == null) {
      throw CommandFailure.usage(
          "No control plane is known here. Start one with `redoubt up`, or say where it is with"
              + " `redoubt login --url …`, --url or REDOUBT_URL.");
    }
    return url;
  }
}
