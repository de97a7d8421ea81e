package io.redoubt.standalone.up;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.settings.PrivateFiles;
import java.io.IOException;
import java.nio.file.Path;

/** What a node that runs in a process of its own is given, in a directory of its own. */
record NodeDirectory(Path path) {
  static NodeDirectory openOrCreate(Path path) {
    try {
      PrivateFiles.directory(path);
      return new NodeDirectory(path);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, path + " cannot be made: " + e.getMessage(), e);
    }
  }

  String name() {
    return path.getFileName().toString();
  }

  /** Held by the node's process for as long as it lives. */
  Path lock() {
    return path.resolve("lock");
  }

  /** Its settings: with the API key and the database's password, so for its owner only. */
  Path settings() {
    return path.resolve("node.conf");
  }

  /** What somebody wants otherwise for this node alone; nobody but him writes it. */
  Path localSettings() {
    return path.resolve("local.conf");
  }

  /** For the other nodes, and the key to it. */
  Path certificate() {
    return path.resolve("node.pem");
  }

  Path privateKey() {
    return path.resolve("node-key.pem");
  }

  /** For callers, where TLS is spoken. */
  Path serverCertificate() {
    return path.resolve("server.pem");
  }

  Path serverKey() {
    return path.resolve("server-key.pem");
  }
}
