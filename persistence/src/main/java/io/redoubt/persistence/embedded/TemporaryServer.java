package io.redoubt.persistence.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/**
 * The one server of a JVM's tests, gone when the JVM ends; clears up after JVMs that were killed.
 */
final class TemporaryServer {
  private static final String PREFIX = "server-";

  private TemporaryServer() {}

  private static final class Holder {
    static final EmbeddedPostgres SHARED = start();
  }

  static EmbeddedPostgres shared() {
    return Holder.SHARED;
  }

  /** Where the unpacked programs are kept from one run to the next. */
  static Path programs() {
    return parent().resolve("programs");
  }

  private static Path parent() {
    return Path.of(
        System.getProperty("java.io.tmpdir"),
        "redoubt-test-postgres-" + System.getProperty("user.name"));
  }

  private static EmbeddedPostgres start() {
    try {
      Path parent = parent();
      Files.createDirectories(parent);
      Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwx------"));
      Path programs = programs();
      clearUp(parent, programs);
      Path directory = Files.createTempDirectory(parent, PREFIX);
      var server = EmbeddedPostgres.start(directory, programs, 0, false);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(() -> {
                server.abandon();
                delete(directory);
              }));
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException("no PostgreSQL for tests", e);
    }
  }

  /** A directory whose lock is free belongs to nobody who lives. */
  private static void clearUp(Path parent, Path programs) throws IOException {
    List<Path> directories;
    try (Stream<Path> all = Files.list(parent)) {
      directories = all.filter(p -> p.getFileName().toString().startsWith(PREFIX)).toList();
    }
    for (Path directory : directories) {
      if (!Files.exists(directory.resolve("lock"))) {
        continue; // just being made
      }
      var lock = DirectoryLock.tryTake(directory);
      if (lock.isPresent()) {
        new ServerProcess(programs, directory).kill();
        delete(directory);
        lock.get().close();
      }
    }
  }

  private static void delete(Path directory) {
    try {
      Trees.delete(directory);
    } catch (IOException _) {
      // the next run clears it up
    }
  }
}
