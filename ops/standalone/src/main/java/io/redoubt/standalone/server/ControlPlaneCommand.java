package io.redoubt.standalone.server;

import com.typesafe.config.Config;
import io.redoubt.standalone.logging.Logging;
import io.redoubt.standalone.settings.Settings;
import io.redoubt.standalone.telemetry.Telemetry;
import java.time.Clock;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Runs one control plane; its settings come from HOCON, the environment and -D. */
@Command(
    name = "control-plane",
    description = {
      "Run one control plane, for real deployments.",
      "Settings: the keys below redoubt.control-plane and redoubt.tls, in the environment"
          + " (REDOUBT_…) or in the file that REDOUBT_JAVA_OPTS=-Dconfig.file=… names."
    })
public final class ControlPlaneCommand implements Callable<Integer> {
  @Override
  public Integer call() throws Exception {
    Logging.toStandardOutput();
    try (Telemetry telemetry = Telemetry.start("redoubt-control-plane", System.getenv())) {
      return ServerRun.untilStopped(_ -> {
        Config config = Settings.load();
        return ControlPlaneProcess.start(
            config, ServerTls.from(config), telemetry, Clock.systemUTC());
      });
    }
  }
}
