package io.redoubt.cli;

import io.redoubt.cli.session.Session;
import io.redoubt.protocol.json.Json;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** Says which version this is. */
@Command(name = "version", description = "Show the version.")
final class VersionCommand implements Callable<Integer> {
  /** For {@code --version}. */
  static final class Provider implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"redoubt " + version()};
    }
  }

  private final Session session;

  VersionCommand(Session session) {
    this.session = session;
  }

  /** As the build wrote it into the jar. */
  static String version() {
    return Optional.ofNullable(VersionCommand.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  @Override
  public Integer call() {
    session
        .output()
        .say(
            Json.LENIENT
                .createObjectNode()
                .put("version", version())
                .put("java", Runtime.version().toString()),
            "redoubt " + version());
    return 0;
  }
}
