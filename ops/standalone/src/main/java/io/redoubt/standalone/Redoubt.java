package io.redoubt.standalone;

import io.redoubt.cli.RedoubtCli;
import io.redoubt.cli.command.Host;
import io.redoubt.cli.session.Session;
import io.redoubt.standalone.server.ControlPlaneCommand;
import io.redoubt.standalone.server.EnclaveCommand;
import io.redoubt.standalone.server.MigrateCommand;
import io.redoubt.standalone.up.DownCommand;
import io.redoubt.standalone.up.UpCommand;
import picocli.CommandLine;

/** The packaged program: the command line of {@link RedoubtCli}, and the servers. */
public final class Redoubt {
  private Redoubt() {}

  /** Every command there is. */
  static CommandLine commandLine(Host host) {
    var session = new Session(host);
    CommandLine line = RedoubtCli.commandLine(session);
    RedoubtCli.add(line, new UpCommand(session));
    RedoubtCli.add(line, new DownCommand(session));
    RedoubtCli.add(line, new MigrateCommand(session));
    RedoubtCli.add(line, new ControlPlaneCommand());
    // One word for both: what to do with enclaves, and being a node of one.
    line.getCommandSpec().removeSubcommand("enclave");
    RedoubtCli.add(line, new EnclaveCommand());
    RedoubtCli.add(line, new Rehearsal());
    return line;
  }

  public static void main(String[] arguments) {
    System.exit(commandLine(Host.system()).execute(arguments));
  }
}
