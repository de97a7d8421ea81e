package io.redoubt.standalone.server;

import com.typesafe.config.ConfigException;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.persistence.postgres.DatabaseUnavailableException;
import io.redoubt.persistence.sealing.SealBrokenException;

/** Says to a person why a server did not start. */
public final class StartFailure {
  private StartFailure() {}

  /** Whether its sentence says what to do: where it was thrown helps nobody. */
  static boolean isForeseen(RuntimeException why) {
    return why instanceof SealBrokenException
        || why instanceof DatabaseUnavailableException
        || why instanceof ConfigException
        || why instanceof CommandFailure
        || (why instanceof IllegalArgumentException && isOurs(why));
  }

  /** What a library throws may be anybody's fault. */
  private static boolean isOurs(RuntimeException why) {
    var trace = why.getStackTrace();
    return trace.length > 0 && trace[0].getClassName().startsWith("io.redoubt.");
  }

  public static String sentence(RuntimeException why) {
    if (why instanceof SealBrokenException) {
      return "The master key does not open what the database holds: this database was set up with"
          + " another key file.";
    }
    return why.getMessage() == null ? why.toString() : why.getMessage();
  }
}
