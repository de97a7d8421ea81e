package io.redoubt.standalone.tour;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The vendors' SDKs from their registry, at the versions of the lock file. */
final class Sdks {
  private static final Path SOURCE = Path.of("src/test/sdk");
  private static final Path TARGET = Path.of("target/sdk");

  private Sdks() {}

  /** Installs them, unless that was done before; without Node.js the test is skipped. */
  static Path install() throws IOException, InterruptedException {
    if (!runs(List.of("node", "--version")) || !runs(List.of("npm", "--version"))) {
      String reason = "SKIPPED: the vendors' SDKs need node and npm, which are not installed here";
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    Files.createDirectories(TARGET);
    boolean same =
        Files.exists(TARGET.resolve("node_modules"))
            && Files.exists(TARGET.resolve("package-lock.json"))
            && Files.mismatch(
                    SOURCE.resolve("package-lock.json"), TARGET.resolve("package-lock.json"))
                < 0;
    for (String file : List.of("package.json", "package-lock.json", "tour.mjs")) {
      Files.copy(SOURCE.resolve(file), TARGET.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    if (!same) {
      var process =
          new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
              .directory(TARGET.toFile())
              .redirectErrorStream(true)
              .redirectOutput(TARGET.resolve("npm.log").toFile())
              .start();
      assertThat(process.waitFor(5, TimeUnit.MINUTES) && process.exitValue() == 0)
          .as("npm ci; what it said is in %s/npm.log", TARGET)
          .isTrue();
    }
    return TARGET.toAbsolutePath();
  }

  private static boolean runs(List<String> command) throws InterruptedException {
    try {
      var process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException _) {
      return false;
    }
  }
}
