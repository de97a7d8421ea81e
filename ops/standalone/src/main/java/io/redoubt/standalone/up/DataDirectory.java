package io.redoubt.standalone.up;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.settings.PrivateFiles;
import io.redoubt.cli.settings.RuntimeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

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

  /** Of the authority that vouches for nodes among themselves. */
  Path clusterTls() {
    return path.resolve("cluster-tls");
  }

  private Path nodes() {
    return path.resolve("nodes");
  }

  /** What belongs to a node with a process of its own. */
  NodeDirectory node(String name) {
    NodeDirectory.openOrCreate(nodes());
    return NodeDirectory.openOrCreate(nodes().resolve(name));
  }

  /** Those of all nodes that ever ran here. */
  List<NodeDirectory> nodeDirectories() {
    if (!Files.isDirectory(nodes())) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(nodes())) {
      return all.filter(Files::isDirectory).map(NodeDirectory::new).toList();
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, nodes() + " cannot be read.", e);
    }
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
