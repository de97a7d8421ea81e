package io.redoubt.standalone.server;

import com.typesafe.config.Config;
import io.redoubt.enclave.Enclave;
import io.redoubt.enclave.EnclaveConfig;
import io.redoubt.enclave.EnclaveEnvironment;
import io.redoubt.standalone.telemetry.Telemetry;
import java.time.Clock;

/** One node of an enclave, from its settings to its end. */
public final class EnclaveRun {
  private EnclaveRun() {}

  /** Runs the node until the process is told to stop, or the node ends by itself. */
  public static int untilStopped(Config config, Telemetry telemetry) throws Exception {
    return ServerRun.untilStopped(ended -> {
      Enclave node =
          Enclave.start(
              EnclaveConfig.from(config),
              new EnclaveEnvironment(
                  telemetry.metrics(),
                  telemetry.metrics()::scrape,
                  telemetry.tracer("redoubt-enclave"),
                  Clock.systemUTC(),
                  System::nanoTime,
                  ServerTls.from(config)));
      node.whenTerminated().thenRun(ended);
      return node;
    });
  }
}
