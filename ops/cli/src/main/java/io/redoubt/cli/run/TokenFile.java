package io.redoubt.cli.run;

import io.redoubt.cli.settings.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The access token of the moment in a file, for programs that read it each time they need it. */
final class TokenFile implements AutoCloseable {
  private final Path directory;
  private final Path file;

  TokenFile() throws IOException {
    // A directory of its own, mode 0700: nobody else can put a link where the file will be.
    directory = Files.createTempDirectory("redoubt-run-");
    file = directory.resolve("access-token");
  }

  Path path() {
    return file;
  }

  void write(String accessToken) throws IOException {
    PrivateFiles.write(file, accessToken);
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
      Files.deleteIfExists(directory);
    } catch (IOException _) {
      // The token in it expires within minutes.
    }
  }
}
