package io.redoubt.cli.login;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.session.Session;
import io.redoubt.cli.settings.ConfigFile;
import io.redoubt.cli.settings.RuntimeFile;
import io.redoubt.cli.settings.Settings;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.secret.Secret;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/**
 * Remembers where the control plane is and who is calling, after trying it. For an installation on
 * this machine it remembers only where that keeps its state, since the secret there changes at each
 * start.
 */
@Command(
    name = "login",
    description = {
      "Remember where the control plane is and who is calling.",
      "Without options: the installation that `redoubt up` runs here."
    })
public final class LoginCommand implements Callable<Integer> {
  private final Session session;

  LoginCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    Settings settings = complete(session.sources().resolveWithoutConfig());
    try (var progress = session.progress()) {
      progress.say("Asking " + settings.url());
      session.operator(settings).get("/api/v1/iam/self");
    }
    Path file = session.sources().configPath();
    try {
      remembered(settings, ConfigFile.read(file).output()).write(file);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, file + " cannot be written.", e);
    }
    session
        .output()
        .say(
            Json.LENIENT
                .createObjectNode()
                .put("url", String.valueOf(settings.url()))
                .put("client_id", settings.clientId())
                .put("config", file.toString()),
            "Logged in to " + settings.url() + " as " + settings.clientId() + " (" + file + ").");
    return 0;
  }

  private static ConfigFile remembered(Settings settings, @Nullable String output) {
    @Nullable Path directory = settings.dataDirectory();
    if (directory != null
        && directory.resolve(RuntimeFile.NAME).toString().equals(settings.secretSource())) {
      return new ConfigFile(
          null, null, null, null, null, directory.toAbsolutePath().normalize().toString(), output);
    }
    Secret secret = settings.clientSecret();
    return new ConfigFile(
        String.valueOf(settings.url()),
        settings.clientId(),
        secret == null ? null : secret.reveal(),
        settings.caFile() == null ? null : settings.caFile().toAbsolutePath().toString(),
        settings.enclaveUrl() == null ? null : settings.enclaveUrl().toString(),
        null,
        output);
  }

  /** Asks a person for what is missing. */
  private Settings complete(Settings found) {
    found.requireUrl();
    if (found.clientId() != null && found.clientSecret() != null) {
      return found;
    }
    @Nullable Console console = session.host().interactive() ? System.console() : null;
    if (console == null) {
      throw CommandFailure.usage(
          "Give --client-id and --client-secret-file, or REDOUBT_CLIENT_ID and"
              + " REDOUBT_CLIENT_SECRET.");
    }
    @Nullable String clientId =
        found.clientId() != null ? found.clientId() : console.readLine("Client id: ");
    char @Nullable [] secret = console.readPassword("Client secret: ");
    if (clientId == null || clientId.isBlank() || secret == null || secret.length == 0) {
      throw CommandFailure.usage("Nobody was named.");
    }
    return new Settings(
        found.url(),
        clientId.strip(),
        Secret.of(new String(secret)),
        found.caFile(),
        found.enclaveUrl(),
        found.dataDirectory(),
        "what was typed");
  }
}
