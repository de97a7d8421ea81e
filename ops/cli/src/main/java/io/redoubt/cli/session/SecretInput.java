package io.redoubt.cli.session;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.protocol.secret.Disclosed;
import io.redoubt.protocol.secret.Secret;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where secrets come from. Never an option: a command line is seen by every process of the machine.
 */
public final class SecretInput {
  private SecretInput() {}

  /**
   * The secret in the file, or else in the variable, or else as a person types it.
   *
   * @param what it is, for whoever is asked for it
   */
  public static Disclosed read(Session session, @Nullable Path file, String variable, String what) {
    return Disclosed.of(
        file == null
            ? session.host().variable(variable).orElseGet(() -> ask(session, variable, what))
            : InputFile.read(session, file).strip());
  }

  private static String ask(Session session, String variable, String what) {
    return session
        .host()
        .prompt()
        .apply("The " + what + ": ")
        .map(Secret::reveal)
        .orElseThrow(() ->
            CommandFailure.usage(
                "The " + what + " is missing: set " + variable + " or name a file with it."));
  }
}
