package io.redoubt.cli.run;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.command.Signals;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The program that runs as the agent: it has this terminal, and gets this process's signals. */
final class ChildProgram {
  private final boolean terminal;
  private final Deque<String> early = new ArrayDeque<>();
  private @Nullable Process process;

  /**
   * A program to be.
   *
   * @param terminal whether the keyboard's interrupt reaches the program by itself
   */
  ChildProgram(boolean terminal) {
    this.terminal = terminal;
  }

  /**
   * Runs the program to its end.
   *
   * @return its exit code; 128 and the signal's number where a signal ended it
   */
  int run(List<String> command, Map<String, String> environment, Path directory)
      throws InterruptedException {
    // Before there is a program: a signal in between is the program's all the same.
    Signals.on("TERM", this::signalled);
    Signals.on("HUP", this::signalled);
    // On a terminal both get the interrupt. What it means is for the program to say.
    Signals.on("INT", terminal ? _ -> {} : this::signalled);
    return start(command, environment, directory).waitFor();
  }

  private synchronized Process start(
      List<String> command, Map<String, String> environment, Path directory) {
    var builder = new ProcessBuilder(command).inheritIO().directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    try {
      Process started = builder.start();
      process = started;
      early.forEach(signal -> pass(started, signal));
      return started;
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILED, command.getFirst() + " cannot be started: " + e.getMessage(), e);
    }
  }

  private synchronized void signalled(String signal) {
    if (process == null) {
      early.add(signal);
    } else {
      pass(process, signal);
    }
  }

  private static void pass(Process process, String signal) {
    if (signal.equals("TERM")) {
      process.destroy();
      return;
    }
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException _) {
      process.destroy();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
