package io.redoubt.multinode.product;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * PostgreSQL's programs as the unit tests keep them from one run to the next: unpacking them takes
 * longer than starting them. Where there are none, a product unpacks its own, as it does for users
 * and for their tour.
 */
final class UnpackedPostgres {
  private static final Path KEPT =
      Path.of(
          System.getProperty("java.io.tmpdir"),
          "redoubt-test-postgres-" + System.getProperty("user.name"),
          "programs");

  private UnpackedPostgres() {}

  /** Puts links to them where a product that has never been started will look. */
  static void lay(Path directory) throws IOException {
    if (!Files.isDirectory(KEPT)) {
      return;
    }
    Path postgres = Files.createDirectories(directory.resolve("postgres"));
    for (Path version : versions()) {
      Files.createSymbolicLink(postgres.resolve(version.getFileName()), version);
    }
  }

  private static List<Path> versions() throws IOException {
    try (Stream<Path> all = Files.list(KEPT)) {
      return all.filter(each -> each.getFileName().toString().startsWith("postgres-")).toList();
    }
  }
}
