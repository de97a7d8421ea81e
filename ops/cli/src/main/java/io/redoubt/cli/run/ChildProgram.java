package io.redoubt.cli.run;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.command.Signals;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The program that runs as the agent: it has this terminal, and gets this process's signals. */
final class ChildProgram {
  private final Process process;

  private ChildProgram(Process process) {
    this.process = process;
  }

  static ChildProgram start(List<String> command, Map<String, String> environment, Path directory) {
    var builder = new ProcessBuilder(command).inheritIO().directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(new HashMap<>(environment));
    try {
      return new ChildProgram(builder.start());
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILED, command.getFirst() + " cannot be started: " + e.getMessage(), e);
    }
  }

  /**
   * Waits for the program's end.
   *
   * @param terminal whether the keyboard's interrupt reaches the program by itself
   * @return its exit code; 128 and the signal's number where a signal ended it
   */
  int await(boolean terminal) throws InterruptedException {
    Signals.on("TERM", this::pass);
    Signals.on("HUP", this::pass);
    // On a terminal both get the interrupt. What it means is for the program to say.
    Signals.on("INT", terminal ? _ -> {} : this::pass);
    return process.waitFor();
  }

  private void pass(String signal) {
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
