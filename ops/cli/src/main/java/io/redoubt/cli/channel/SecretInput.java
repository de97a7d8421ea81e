package io.redoubt.cli.channel;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.secret.Disclosed;
import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where secrets come from. Never an option: a command line is seen by every process of the machine.
 */
final class SecretInput {
  private SecretInput() {}

  static Disclosed read(Session session, @Nullable Path file, String variable, String what) {
    if (file != null) {
      try {
        return Disclosed.of(Files.readString(file, StandardCharsets.UTF_8).strip());
      } catch (IOException e) {
        throw CommandFailure.usage("The " + what + " in " + file + " cannot be read.");
      }
    }
    return Disclosed.of(
        session.host().variable(variable).orElseGet(() -> ask(session, variable, what)));
  }

  private static String ask(Session session, String variable, String what) {
    @Nullable Console console = session.host().interactive() ? System.console() : null;
    char @Nullable [] typed = console == null ? null : console.readPassword("The %s: ", what);
    if (typed == null || typed.length == 0) {
      throw CommandFailure.usage("The " + what + " is missing: set " + variable + ".");
    }
    return new String(typed);
  }
}
