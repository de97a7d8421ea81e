package io.redoubt.standalone.up;

import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.command.Host;
import io.redoubt.cli.settings.RuntimeFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts this program once more, in the background, and stays until that one is ready: it says so
 * by closing its standard output, on which until then it speaks through us.
 */
final class Detached {
  /** Tells the other one that nobody watches it. */
  static final String OPTION = "--in-background";

  private static final int TAIL_LINES = 20;

  private final Host host;
  private final DataDirectory data;

  Detached(Host host, DataDirectory data) {
    this.host = host;
    this.data = data;
  }

  /** Returns 0 when the other one is ready, or its exit code when it gave up. */
  int start(List<String> arguments) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    // A session of its own: the terminal may close, and its interrupt is not for the servers.
    Path setsid = Path.of("/usr/bin/setsid");
    if (Files.isExecutable(setsid)) {
      command.add(setsid.toString());
    }
    command.add(launcher());
    command.addAll(arguments);
    Path console = data.console();
    Process process =
        new ProcessBuilder(command)
            .directory(host.workingDirectory().toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectError(ProcessBuilder.Redirect.to(console.toFile()))
            .start();
    try (var said =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), Charset.defaultCharset()))) {
      for (String line = said.readLine(); line != null; line = said.readLine()) {
        host.out().println(line);
        host.out().flush();
      }
    }
    boolean ready =
        RuntimeFile.read(data.path())
            .map(runtime -> runtime.controlPlanePid() == process.pid())
            .orElse(false);
    if (ready) {
      return ExitCode.DONE.number();
    }
    int code = process.waitFor();
    List<String> trouble = Files.readAllLines(console);
    trouble
        .subList(Math.max(0, trouble.size() - TAIL_LINES), trouble.size())
        .forEach(host.err()::println);
    host.err().flush();
    return code == 0 ? ExitCode.FAILED.number() : code;
  }

  /** What the launcher says about itself; only it knows how the JVM is to be tuned. */
  static String launcher() {
    String launcher = System.getProperty("redoubt.launcher");
    if (launcher == null) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "--detach and --nodes work only from the packaged program, bin/redoubt.");
    }
    return launcher;
  }
}
