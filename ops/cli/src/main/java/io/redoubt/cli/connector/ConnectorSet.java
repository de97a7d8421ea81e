package io.redoubt.cli.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.session.InputFile;
import io.redoubt.cli.session.SecretInput;
import io.redoubt.cli.session.Session;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes or replaces a connector. Its secret is written once and never shown again. */
@Command(
    name = "set",
    description = {
      "Make or replace a connector.",
      "Where it has a credential, its secret is read from REDOUBT_CONNECTOR_SECRET, from"
          + " --secret-file, or asked for."
    })
final class ConnectorSet implements Callable<Integer> {
  private static final String SECRET = "secret";

  @Parameters(paramLabel = "NAME", description = "What people and policies call it.")
  String name = "";

  @Option(
      names = "--file",
      required = true,
      paramLabel = "FILE",
      description = {
        "JSON: base_url, operations, and what else is to be said of it, but not the secret.",
        "- is standard input."
      })
  Path file = Path.of("-");

  @Option(
      names = "--secret-file",
      paramLabel = "FILE",
      description = "File with the secret; - is standard input.")
  @Nullable Path secretFile;

  private final Session session;

  ConnectorSet(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().put(ConnectorCommand.path(name), body());
    session.output().say(answer, "Connector " + name + " is set.");
    return 0;
  }

  private JsonNode body() {
    if (file.equals(secretFile)) {
      throw CommandFailure.usage("The connector and its secret are read from different files.");
    }
    if (!(InputFile.readJson(session, file) instanceof ObjectNode body)) {
      throw CommandFailure.usage(file + " holds no JSON object.");
    }
    if (body.get("credential") instanceof ObjectNode credential) {
      if (credential.has(SECRET)) {
        throw CommandFailure.usage(
            "The secret does not belong into " + file + ": it is read by itself.");
      }
      var secret =
          SecretInput.read(session, secretFile, "REDOUBT_CONNECTOR_SECRET", "secret of " + name);
      credential.put(SECRET, secret.reveal());
    } else if (secretFile != null) {
      throw CommandFailure.usage(
          file + " says in no credential how the secret is to be presented.");
    }
    return body;
  }
}
