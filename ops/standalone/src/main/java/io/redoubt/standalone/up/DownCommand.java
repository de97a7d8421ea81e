package io.redoubt.standalone.up;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.output.Progress;
import io.redoubt.cli.session.Session;
import io.redoubt.cli.settings.RuntimeFile;
import io.redoubt.persistence.embedded.EmbeddedPostgres;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Ends what {@code up} started, and waits until it has ended; parts may have died before. */
@Command(name = "down", description = "Stop what `up` started, and wait until it has stopped.")
public final class DownCommand implements Callable<Integer> {
  private static final Duration LOOK = Duration.ofMillis(100);

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "After so long it is ended by force (${DEFAULT-VALUE}).")
  int timeoutSeconds;

  private final Session session;

  public DownCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path path = session.dataDirectory();
    if (!Files.isDirectory(path)) {
      throw new CommandFailure(ExitCode.NOT_FOUND, "There is no installation in " + path + ".");
    }
    var data = new DataDirectory(path);
    Optional<RuntimeFile> runtime = told(path);
    boolean anything = false;
    try (var progress = session.progress()) {
      anything |= stopServers(data, runtime, progress);
      // Nodes with processes of their own outlive an `up` that died.
      anything |= NodeProcesses.stopLeftovers(data, Duration.ofSeconds(timeoutSeconds));
      progress.say("Stopping PostgreSQL");
      anything |= EmbeddedPostgres.stopOrphan(data.postgres());
    }
    data.forgetRuntime();
    session
        .output()
        .say(
            Json.LENIENT
                .createObjectNode()
                .put("stopped", anything)
                .put("data_dir", path.toAbsolutePath().toString()),
            anything ? "Stopped. Everything is kept in " + path + "." : "Nothing was running.");
    return ExitCode.DONE.number();
  }

  /** Only a help: what runs is known by its lock and by what the processes wrote themselves. */
  private Optional<RuntimeFile> told(Path path) {
    try {
      return RuntimeFile.read(path);
    } catch (IOException e) {
      session.remark(path.resolve(RuntimeFile.NAME) + " cannot be read.");
      return Optional.empty();
    }
  }

  private boolean stopServers(DataDirectory data, Optional<RuntimeFile> runtime, Progress progress)
      throws InterruptedException {
    if (isFree(data)) {
      return false;
    }
    Set<Long> processes = new LinkedHashSet<>();
    // Who holds the lock; what an earlier one wrote down may be another program's number by now.
    InstanceLock.holder(data.lock())
        .or(() -> runtime.map(RuntimeFile::controlPlanePid))
        .ifPresent(processes::add);
    if (processes.isEmpty()) {
      throw new CommandFailure(
          ExitCode.FAILED, "Something runs in " + data.path() + ", but it does not say what.");
    }
    progress.say("Draining");
    processes.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy));
    if (!await(() -> isFree(data) && processes.stream().noneMatch(DownCommand::isAlive))) {
      session.remark("it did not stop in time and is ended by force; the next `up` recovers.");
      processes.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
      await(() -> isFree(data));
    }
    return true;
  }

  private boolean await(BooleanSupplier done) throws InterruptedException {
    Instant limit = session.host().clock().instant().plusSeconds(timeoutSeconds);
    while (!done.getAsBoolean()) {
      if (session.host().clock().instant().isAfter(limit)) {
        return false;
      }
      Thread.sleep(LOOK);
    }
    return true;
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static boolean isFree(DataDirectory data) {
    Optional<InstanceLock> lock = InstanceLock.tryTake(data.lock());
    lock.ifPresent(InstanceLock::close);
    return lock.isPresent();
  }
}
