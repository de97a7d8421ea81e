package io.redoubt.standalone.up;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigResolveOptions;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.settings.PrivateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What a node that runs in a process of its own is given, in a directory of its own. */
record NodeDirectory(Path path) {
  private static final String LAUNCHER = "redoubt.up.launcher";

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

  /**
   * {@code bin/redoubt} of another build, where its own settings say that it is to be of that one.
   *
   * @throws IOException with a plain sentence where they cannot be read
   */
  Optional<String> launcher() throws IOException {
    try {
      // What it refers to otherwise is none of our business, and may not be known here.
      Config local =
          ConfigFactory.parseFile(localSettings().toFile())
              .resolve(ConfigResolveOptions.defaults().setAllowUnresolved(true));
      return local.hasPath(LAUNCHER) ? Optional.of(local.getString(LAUNCHER)) : Optional.empty();
    } catch (ConfigException e) {
      throw new IOException(localSettings() + ": " + e.getMessage(), e);
    }
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
