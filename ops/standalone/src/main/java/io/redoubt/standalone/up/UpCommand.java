package io.redoubt.standalone.up;

import io.redoubt.cli.RedoubtCli;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.command.Signals;
import io.redoubt.cli.session.Session;
import io.redoubt.standalone.logging.Logging;
import io.redoubt.standalone.server.StartFailure;
import io.redoubt.standalone.settings.DatabaseUrl;
import io.redoubt.standalone.telemetry.Telemetry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs everything on this machine, in one process, until it is told to stop. */
@Command(
    name = "up",
    subcommands = NodeCommand.class,
    description = {
      "Run everything on this machine: control plane, enclave and database.",
      "State is kept in .redoubt, or where --data-dir says."
    })
public final class UpCommand implements Callable<Integer> {
  @Option(
      names = "--demo",
      description = "Add simulated model providers, so that everything can be tried without a key.")
  boolean demo;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = {
        "Run the enclave as N nodes, each in a process of its own, instead of in this one.",
        "The ports of each further node are 10 higher."
      })
  @Nullable Integer nodes;

  @Option(
      names = "--port-offset",
      paramLabel = "N",
      defaultValue = "0",
      description = "Added to every port (${DEFAULT-VALUE}).")
  int portOffset;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Address to listen on (${DEFAULT-VALUE}); another than loopback needs --tls.")
  String bind = "127.0.0.1";

  @Option(
      names = "--database-url",
      paramLabel = "URL",
      description = "PostgreSQL of your own instead of the embedded one.")
  @Nullable String databaseUrl;

  @Option(names = "--tls", description = "Speak TLS, with a certificate authority of its own.")
  boolean tls;

  @Option(names = "--detach", description = "Go to the background, and return when all is ready.")
  boolean detach;

  /** Set by {@link Detached} for the process it starts. */
  @Option(names = Detached.OPTION, hidden = true)
  boolean detached;

  private final Session session;

  public UpCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    OptionalInt separate = Plan.nodes(nodes);
    var data = DataDirectory.openOrCreate(session.dataDirectory());
    var plan =
        new Plan(
            data,
            Ports.of(portOffset),
            Plan.address(bind),
            tls,
            demo,
            Optional.ofNullable(databaseUrl).map(DatabaseUrl::read),
            separate);
    if (detach) {
      try (InstanceLock _ = takeLock(data)) {
        plan.requireFreePorts();
      }
      return detach(data);
    }
    try (InstanceLock _ = takeLock(data)) {
      plan.requireFreePorts();
      return run(plan);
    }
  }

  private int detach(DataDirectory data) throws IOException, InterruptedException {
    try (var progress = session.progress()) {
      progress.say("Starting; what it says is in " + data.console());
      return new Detached(session.host(), data).start(arguments());
    }
  }

  private static InstanceLock takeLock(DataDirectory data) {
    return InstanceLock.tryTake(data.lock())
        .orElseThrow(() ->
            new CommandFailure(
                ExitCode.FAILED,
                "Redoubt is already running in "
                    + data.path()
                    + InstanceLock.holder(data.lock())
                        .map(pid -> " (process " + pid + ")")
                        .orElse("")
                    + ". `redoubt down` stops it."));
  }

  private int run(Plan plan) throws IOException, InterruptedException {
    var stop = new CountDownLatch(1);
    var broken = new AtomicBoolean();
    Signals.on("TERM", _ -> stop.countDown());
    Signals.on("INT", _ -> stop.countDown());
    // A terminal that goes away takes its programs along; in the background there is none.
    Signals.on("HUP", _ -> stop.countDown());
    Logging.toFiles(plan.data().logs(), "redoubt");
    plan.data().forgetRuntime();
    boolean first = !Files.exists(plan.data().greeted());
    try (Telemetry telemetry = Telemetry.start("redoubt", session.host().environment());
        Installation installation = start(plan, telemetry)) {
      var log = LoggerFactory.getLogger(UpCommand.class);
      installation
          .whenBroken()
          .thenRun(() -> {
            broken.set(stop.getCount() > 0);
            stop.countDown();
          });
      Path config = session.sources().configPath();
      new Summary(session.host(), plan, config).print(installation.runtime(), first);
      Files.write(plan.data().greeted(), new byte[0]);
      log.info("Everything is ready");
      // Tells whoever started this in the background that all is said.
      System.out.close();
      if (detached) {
        Logging.filesOnly();
      }
      stop.await();
      log.info("Stopping");
    }
    if (broken.get()) {
      session.remark("the enclave has left its cluster and is stopped; `redoubt up` starts anew.");
    }
    return (broken.get() ? ExitCode.FAILED : ExitCode.DONE).number();
  }

  private Installation start(Plan plan, Telemetry telemetry) {
    try (var progress = session.progress()) {
      return Installation.start(
          plan, RedoubtCli.version(), telemetry, session.host().clock(), progress);
    } catch (RuntimeException e) {
      LoggerFactory.getLogger(UpCommand.class).info("Cannot start", e);
      throw new CommandFailure(
          ExitCode.FAILED,
          "It did not start. "
              + StartFailure.sentence(e)
              + "\n  More is in "
              + plan.data().logs()
              + ".",
          e);
    }
  }

  /** What was typed, for the process that goes to the background. */
  private List<String> arguments() {
    var arguments =
        new ArrayList<>(
            List.of(
                "up",
                Detached.OPTION,
                "--data-dir",
                session.dataDirectory().toString(),
                "--port-offset",
                Integer.toString(portOffset),
                "--bind",
                bind));
    if (demo) {
      arguments.add("--demo");
    }
    if (tls) {
      arguments.add("--tls");
    }
    if (nodes != null) {
      arguments.addAll(List.of("--nodes", Integer.toString(nodes)));
    }
    if (databaseUrl != null) {
      arguments.addAll(List.of("--database-url", databaseUrl));
    }
    return arguments;
  }
}
