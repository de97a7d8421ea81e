package io.redoubt.standalone.server;

import io.redoubt.persistence.sealing.SealBrokenException;

/** Says to a person why a server did not start. */
public final class StartFailure {
  private StartFailure() {}

  public static String sentence(RuntimeException why) {
    if (why instanceof SealBrokenException) {
      return "The master key does not open what the database holds: this database was set up with"
          + " another key file.";
    }
    return why.getMessage() == null ? why.toString() : why.getMessage();
  }
}
