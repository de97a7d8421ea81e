package io.redoubt.standalone.up;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.standalone.logging.Logging;
import io.redoubt.standalone.server.EnclaveRun;
import io.redoubt.standalone.settings.Settings;
import io.redoubt.standalone.telemetry.Telemetry;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The process of one node, as {@link NodeProcesses} starts it. */
@Command(name = NodeCommand.NAME, hidden = true, description = "Used by `up --nodes`.")
final class NodeCommand implements Callable<Integer> {
  static final String NAME = "node";

  @Parameters(paramLabel = "DIR", description = "The node's own directory.")
  Path directory = Path.of(".");

  @Parameters(paramLabel = "LOGS", description = "Where its log goes.")
  Path logs = Path.of(".");

  @Override
  public Integer call() throws Exception {
    var node = new NodeDirectory(directory.toAbsolutePath().normalize());
    try (InstanceLock _ =
        InstanceLock.tryTake(node.lock())
            .orElseThrow(
                () -> new CommandFailure(ExitCode.FAILED, node.name() + " is running already."))) {
      Logging.toFiles(logs, node.name());
      Config own = ConfigFactory.parseFile(node.localSettings().toFile());
      Settings.requireKnown(own);
      // What was set for this node wins over the environment, which is everybody's.
      Config config =
          ConfigFactory.systemProperties()
              .withFallback(own)
              .withFallback(ConfigFactory.parseFile(node.settings().toFile()))
              .withFallback(Settings.load())
              .resolve();
      try (Telemetry telemetry = Telemetry.start("redoubt-" + node.name(), System.getenv())) {
        return EnclaveRun.untilStopped(config, telemetry);
      }
    }
  }
}
