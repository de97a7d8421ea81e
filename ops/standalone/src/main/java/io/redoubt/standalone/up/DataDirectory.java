package io.redoubt.standalone.up;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.settings.PrivateFiles;
import io.redoubt.cli.settings.RuntimeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What is where in the directory that {@code up} keeps its state in. */
record DataDirectory(Path path) {
  /** Makes it where there is none; nobody but its owner can look inside. */
  static DataDirectory openOrCreate(Path path) {
    var directory = new DataDirectory(path);
    try {
      PrivateFiles.directory(path);
      PrivateFiles.directory(directory.keys());
      PrivateFiles.directory(directory.logs());
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, path + " cannot be made: " + e.getMessage(), e);
    }
    return directory;
  }

  Path lock() {
    return path.resolve("lock");
  }

  Path keys() {
    return path.resolve("keys");
  }

  Path logs() {
    return path.resolve("logs");
  }

  Path postgres() {
    return path.resolve("postgres");
  }

  Path tls() {
    return path.resolve("tls");
  }

  /** There once the first operator has been shown. */
  Path greeted() {
    return path.resolve("greeted");
  }

  /** What the processes say that is no log line: start-up trouble and crashes of the JVM. */
  Path console() {
    return logs().resolve("console.log");
  }

  void forgetRuntime() {
    try {
      Files.deleteIfExists(path.resolve(RuntimeFile.NAME));
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILED, path.resolve(RuntimeFile.NAME) + " cannot be removed.", e);
    }
  }
}
