package io.redoubt.bench;

import io.redoubt.bench.micro.Micro;
import io.redoubt.bench.scenario.Agents;
import io.redoubt.bench.scenario.All;
import io.redoubt.bench.scenario.Approvals;
import io.redoubt.bench.scenario.Decisions;
import io.redoubt.bench.scenario.Inspect;
import io.redoubt.bench.scenario.Isolate;
import io.redoubt.bench.scenario.ManyAgents;
import io.redoubt.bench.scenario.Peer;
import io.redoubt.bench.scenario.Proxy;
import io.redoubt.bench.scenario.Publish;
import io.redoubt.bench.scenario.Remote;
import io.redoubt.bench.scenario.Rotate;
import io.redoubt.bench.scenario.Scaling;
import io.redoubt.bench.scenario.Spend;
import io.redoubt.bench.scenario.Startup;
import io.redoubt.bench.scenario.Straight;
import io.redoubt.bench.scenario.Stream;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The bench's command line; {@code ops/bench/README.md} says how to read what it prints. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    scope = CommandLine.ScopeType.INHERIT,
    description = "Measures the packaged product over its real HTTP surface.",
    subcommands = {
      All.class,
      Rotate.class,
      Proxy.class,
      Stream.class,
      Spend.class,
      Startup.class,
      Agents.class,
      Decisions.class,
      Inspect.class,
      Peer.class,
      Remote.class,
      Isolate.class,
      Publish.class,
      ManyAgents.class,
      Approvals.class,
      Scaling.class,
      Straight.class,
      Micro.class
    })
public final class Bench implements Callable<Integer> {
  private static final int USAGE = 2;

  public static void main(String[] arguments) {
    var commandLine = new CommandLine(new Bench()).setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setExecutionExceptionHandler((failure, failed, _) -> {
      failed.getErr().println("bench: " + failure.getMessage());
      for (var cause = failure.getCause(); cause != null; cause = cause.getCause()) {
        failed.getErr().println("  because of " + cause);
      }
      if (System.getenv("BENCH_TRACE") != null) {
        failure.printStackTrace(failed.getErr());
      }
      return 1;
    });
    System.exit(commandLine.execute(arguments));
  }

  @Override
  public Integer call() {
    CommandLine.usage(this, System.err);
    return USAGE;
  }
}
