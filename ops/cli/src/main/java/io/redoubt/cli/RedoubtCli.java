package io.redoubt.cli;

import io.redoubt.cli.agent.AgentCommand;
import io.redoubt.cli.approvals.ApprovalsCommand;
import io.redoubt.cli.audit.AuditCommand;
import io.redoubt.cli.channel.ChannelCommand;
import io.redoubt.cli.cluster.ClusterCommand;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.command.Host;
import io.redoubt.cli.command.StandardOutput;
import io.redoubt.cli.connector.ConnectorCommand;
import io.redoubt.cli.doctor.DoctorCommand;
import io.redoubt.cli.enclave.EnclaveCommand;
import io.redoubt.cli.group.GroupCommand;
import io.redoubt.cli.login.LoginCommand;
import io.redoubt.cli.org.OrgCommand;
import io.redoubt.cli.policy.ContentPolicyCommand;
import io.redoubt.cli.policy.PolicyCommand;
import io.redoubt.cli.provider.ProviderCommand;
import io.redoubt.cli.rules.RulesCommand;
import io.redoubt.cli.run.RunCommand;
import io.redoubt.cli.session.GlobalOptions;
import io.redoubt.cli.session.Session;
import io.redoubt.cli.usage.UsageCommand;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;

/** The top of the command line. */
@Command(
    name = "redoubt",
    description = "Identity, decision, approval, record and kill for AI agents.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      LoginCommand.class,
      AgentCommand.class,
      RunCommand.class,
      ProviderCommand.class,
      ConnectorCommand.class,
      PolicyCommand.class,
      RulesCommand.class,
      ContentPolicyCommand.class,
      ApprovalsCommand.class,
      GroupCommand.class,
      ChannelCommand.class,
      AuditCommand.class,
      UsageCommand.class,
      OrgCommand.class,
      EnclaveCommand.class,
      ClusterCommand.class,
      DoctorCommand.class,
      CompletionCommand.class,
      VersionCommand.class
    })
public final class RedoubtCli {
  @Mixin final GlobalOptions options;

  private RedoubtCli(Session session) {
    this.options = session.options();
  }

  /** The commands that need nothing but a server somewhere. */
  public static CommandLine commandLine(Session session) {
    var line =
        new CommandLine(new RedoubtCli(session), new CommandFactory(session))
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setOut(session.host().out())
            .setErr(session.host().err())
            .setParameterExceptionHandler(RedoubtCli::misused)
            .setExecutionStrategy(parsed -> heard(session.host(), parsed))
            .setExecutionExceptionHandler((e, _, _) -> failed(session.host(), e));
    // Everything after the first word of the program is the program's own.
    Objects.requireNonNull(line.getSubcommands().get("run")).setStopAtPositional(true);
    addHelp(line);
    return line;
  }

  /** Which version this is. */
  public static String version() {
    return VersionCommand.version();
  }

  /** Adds a command to the top. */
  public static void add(CommandLine line, Object command) {
    var added = new CommandLine(command, line.getFactory());
    line.addSubcommand(added);
    added.setOut(line.getOut()).setErr(line.getErr());
    addHelp(added);
  }

  private static void addHelp(CommandLine line) {
    CommandSpec spec = line.getCommandSpec();
    if (spec.findOption("--help") == null) {
      spec.mixinStandardHelpOptions(true);
    }
    spec.versionProvider(new VersionCommand.Provider());
    line.getSubcommands().values().forEach(RedoubtCli::addHelp);
  }

  /** Done is what was heard, too: help, a version, an answer. */
  private static int heard(Host host, CommandLine.ParseResult parsed) {
    int code = new CommandLine.RunLast().execute(parsed);
    try {
      StandardOutput.requireWritten(host.out());
    } catch (CommandFailure e) {
      return failed(host, e);
    }
    return code;
  }

  private static int misused(CommandLine.ParameterException e, String[] arguments) {
    CommandLine line = e.getCommandLine();
    line.getErr().println("redoubt: " + e.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, line.getErr())) {
      line.getErr().print(line.getHelp().synopsisHeading() + line.getHelp().synopsis(0));
      line.getErr().print(line.getHelp().commandList());
      line.getErr().println("More with " + line.getCommandSpec().qualifiedName() + " --help.");
    }
    return ExitCode.USAGE.number();
  }

  private static int failed(Host host, Exception e) {
    if (e instanceof CommandFailure failure) {
      host.err().println("redoubt: " + failure.getMessage());
      return failure.exitCode().number();
    }
    if (e instanceof StandardOutput.ReaderGoneException) {
      return ExitCode.DONE.number();
    }
    if (host.variable("REDOUBT_DEBUG").isPresent()) {
      e.printStackTrace(host.err());
    } else {
      host.err()
          .println(
              "redoubt: something went wrong here: " + e + "\n  (REDOUBT_DEBUG=1 shows where)");
    }
    return ExitCode.FAILED.number();
  }

  public static void main(String[] arguments) {
    System.exit(commandLine(new Session(Host.system())).execute(arguments));
  }
}
