package io.redoubt.cli.session;

import io.redoubt.cli.api.HttpClients;
import io.redoubt.cli.api.OperatorApi;
import io.redoubt.cli.api.OperatorTokens;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.command.Host;
import io.redoubt.cli.output.Format;
import io.redoubt.cli.output.Output;
import io.redoubt.cli.output.Progress;
import io.redoubt.cli.settings.ConfigFile;
import io.redoubt.cli.settings.RuntimeFile;
import io.redoubt.cli.settings.Settings;
import io.redoubt.cli.settings.SettingsSources;
import io.redoubt.protocol.secret.Secret;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One invocation: its options, and what follows from them, made when it is first needed. */
public final class Session {
  private final Host host;
  private final GlobalOptions options = new GlobalOptions();
  private @Nullable Settings settings;
  private @Nullable OperatorApi operator;

  public Session(Host host) {
    this.host = host;
  }

  public Host host() {
    return host;
  }

  public GlobalOptions options() {
    return options;
  }

  public SettingsSources sources() {
    return new SettingsSources(host, options.flags());
  }

  public Settings settings() {
    if (settings == null) {
      settings = sources().resolve();
    }
    return settings;
  }

  /** The operator API for whoever is calling. */
  public OperatorApi operator() {
    if (operator == null) {
      operator = operator(settings());
    }
    return operator;
  }

  /** The operator API with other settings than the ones found. */
  public OperatorApi operator(Settings settings) {
    URI url = settings.requireUrl();
    var http = HttpClients.to(url, settings.caFile());
    return new OperatorApi(url, http, tokens(settings));
  }

  /** What a node of the enclave says to operators, with a token of the control plane's. */
  public OperatorApi enclaveNode(URI url) {
    return new OperatorApi(url, HttpClients.to(url, settings().caFile()), tokens(settings()));
  }

  /** An enclave itself, with a token of its own, for the time when the control plane is away. */
  public OperatorApi breakGlass() {
    URI url = settings().requireEnclaveUrl();
    var http = HttpClients.to(url, settings().caFile());
    return new OperatorApi(url, http, tokens(settings(), url, OperatorTokens.ENCLAVE));
  }

  /**
   * The same for somebody who has just said once more what proves who they are.
   *
   * @param typed the client's secret; a token that is kept is not used
   */
  public OperatorApi authenticatedAnew(Secret typed, boolean atEnclave) {
    var known = settings();
    var anew =
        new Settings(
            known.url(),
            known.clientId(),
            typed,
            known.caFile(),
            known.enclaveUrl(),
            known.dataDirectory(),
            "what was typed");
    URI url = atEnclave ? anew.requireEnclaveUrl() : anew.requireUrl();
    var tokens =
        tokens(anew, url, atEnclave ? OperatorTokens.ENCLAVE : OperatorTokens.CONTROL_PLANE);
    tokens.forget();
    return new OperatorApi(url, HttpClients.to(url, anew.caFile()), tokens);
  }

  private OperatorTokens tokens(Settings settings) {
    return tokens(settings, settings.requireUrl(), OperatorTokens.CONTROL_PLANE);
  }

  private OperatorTokens tokens(Settings settings, URI url, String path) {
    if (settings.clientId() == null || settings.clientSecret() == null) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "Nobody is logged in to "
              + url
              + ". Use `redoubt login`, or REDOUBT_CLIENT_ID and"
              + " REDOUBT_CLIENT_SECRET.");
    }
    return new OperatorTokens(
        url,
        path,
        HttpClients.to(url, settings.caFile()),
        settings.clientId(),
        settings.clientSecret(),
        host.cacheDirectory(),
        host.clock());
  }

  public Output output() {
    return new Output(host.out(), format());
  }

  private Format format() {
    if (options.output != null) {
      return options.output;
    }
    return host.variable("REDOUBT_OUTPUT")
        .or(() -> Optional.ofNullable(ConfigFile.read(sources().configPath()).output()))
        .map(Session::format)
        .orElse(Format.TABLE);
  }

  private static Format format(String text) {
    try {
      return Format.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("The output format is table or json, not " + text + ".");
    }
  }

  public Progress progress() {
    return new Progress(host.err(), host.interactive());
  }

  /** A remark that is no answer. */
  public void remark(String text) {
    host.err().println("redoubt: " + text);
    host.err().flush();
  }

  /** Where {@code up} and its like keep their state. */
  public Path dataDirectory() {
    return host.workingDirectory()
        .resolve(
            Optional.ofNullable(options.dataDir)
                .or(() -> host.variable("REDOUBT_DATA_DIR").map(Path::of))
                .orElse(Path.of(RuntimeFile.DEFAULT_DIRECTORY)))
        .normalize();
  }
}
