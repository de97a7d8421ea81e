package io.redoubt.cli.settings;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.Host;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The places settings come from, strongest first: flags, environment, file, what runs here. */
public final class SettingsSources {
  /**
   * What was said on the command line; what was not said is null.
   *
   * @param config another file than the person's own {@code config.toml}
   */
  public record Flags(
      @Nullable String url,
      @Nullable String clientId,
      @Nullable Path clientSecretFile,
      @Nullable String caFile,
      @Nullable String enclaveUrl,
      @Nullable Path dataDir,
      @Nullable Path config) {}

  private final Host host;
  private final Flags flags;

  public SettingsSources(Host host, Flags flags) {
    this.host = host;
    this.flags = flags;
  }

  /** The person's settings file. */
  public Path configPath() {
    return Optional.ofNullable(flags.config())
        .or(() -> host.variable("REDOUBT_CONFIG").map(Path::of))
        .orElseGet(this::usualPath);
  }

  private Path usualPath() {
    return host.configDirectory().resolve("config.toml");
  }

  public Settings resolve() {
    Path path = configPath();
    if (!path.equals(usualPath()) && !Files.exists(path)) {
      throw CommandFailure.usage(path + " is not there.");
    }
    return resolve(ConfigFile.read(path));
  }

  /** As if nobody had ever logged in: what a login starts from. */
  public Settings resolveWithoutConfig() {
    return resolve(ConfigFile.EMPTY);
  }

  private Settings resolve(ConfigFile config) {
    var layers = new ArrayList<Layer>();
    add(
        layers,
        Layer.of(
            "the command line",
            true,
            flags.url(),
            flags.clientId(),
            flags.clientSecretFile() == null ? null : Layer.secretIn(flags.clientSecretFile()),
            flags.caFile(),
            flags.enclaveUrl(),
            flags.dataDir() == null ? null : flags.dataDir().toString()));
    add(
        layers,
        Layer.of(
            "the environment",
            true,
            variable("REDOUBT_URL"),
            variable("REDOUBT_CLIENT_ID"),
            environmentSecret(),
            variable("REDOUBT_CA_FILE"),
            variable("REDOUBT_ENCLAVE_URL"),
            variable("REDOUBT_DATA_DIR")));
    add(
        layers,
        Layer.of(
            configPath().toString(),
            false,
            config.url(),
            config.clientId(),
            config.clientSecret(),
            config.caFile(),
            config.enclaveUrl(),
            config.dataDir()));
    discovered().ifPresent(layers::add);
    return Settings.resolve(layers);
  }

  private @Nullable String variable(String name) {
    return host.variable(name).orElse(null);
  }

  private @Nullable String environmentSecret() {
    return host.variable("REDOUBT_CLIENT_SECRET")
        .or(() -> host.variable("REDOUBT_CLIENT_SECRET_FILE").map(Path::of).map(Layer::secretIn))
        .orElse(null);
  }

  /** The layer as written, and below it what the data directory that it names says. */
  private void add(List<Layer> layers, Layer layer) {
    layers.add(layer);
    if (layer.dataDirectory() == null) {
      return;
    }
    Path directory = host.workingDirectory().resolve(layer.dataDirectory());
    try {
      RuntimeFile.read(directory)
          .ifPresent(runtime -> layers.add(Layer.ofRuntime(directory, runtime)));
    } catch (IOException e) {
      throw CommandFailure.usage(directory + "/runtime.json cannot be read");
    }
  }

  private Optional<Layer> discovered() {
    try {
      Optional<Path> directory = RuntimeFile.find(host.workingDirectory());
      if (directory.isEmpty()) {
        return Optional.empty();
      }
      return RuntimeFile.read(directory.get())
          .map(runtime -> Layer.ofRuntime(directory.get(), runtime));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
