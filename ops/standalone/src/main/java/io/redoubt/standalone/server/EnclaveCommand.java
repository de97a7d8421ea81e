package io.redoubt.standalone.server;

import io.redoubt.cli.enclave.EnclaveDelete;
import io.redoubt.cli.enclave.EnclaveEnroll;
import io.redoubt.cli.enclave.EnclaveList;
import io.redoubt.standalone.logging.Logging;
import io.redoubt.standalone.settings.Settings;
import io.redoubt.standalone.telemetry.Telemetry;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Runs one node of an enclave; its settings come from HOCON, the environment and -D. */
@Command(
    name = "enclave",
    subcommands = {EnclaveList.class, EnclaveEnroll.class, EnclaveDelete.class},
    description = {
      "List, enroll and delete enclaves; without a further word: run one node of one, for real"
          + " deployments.",
      "Settings of a node: the keys below redoubt.enclave and redoubt.tls, in the environment"
          + " (REDOUBT_…) or in the file that REDOUBT_JAVA_OPTS=-Dconfig.file=… names."
    })
public final class EnclaveCommand implements Callable<Integer> {
  @Override
  public Integer call() throws Exception {
    Logging.toStandardOutput();
    try (Telemetry telemetry = Telemetry.start("redoubt-enclave", System.getenv())) {
      return EnclaveRun.untilStopped(Settings.load(), telemetry);
    }
  }
}
