package io.redoubt.persistence.embedded;

import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/** Starts a server, says which, and waits to be killed. */
final class OrphanMaker {
  private OrphanMaker() {}

  @SuppressWarnings("SystemOut") // it is how the test hears of it
  public static void main(String[] arguments) throws Exception {
    var server = EmbeddedPostgres.start(Path.of(arguments[0]), TemporaryServer.programs(), 0, true);
    try (var connection = EmbeddedPostgresTest.connect(server)) {
      EmbeddedPostgresTest.keep(connection, "before the kill");
    }
    System.out.println("pid " + server.pid());
    while (true) {
      LockSupport.park();
    }
  }
}
