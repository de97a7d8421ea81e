package io.redoubt.cli;

import io.redoubt.cli.command.Host;
import io.redoubt.cli.session.Session;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/** A machine of a test's own, with an empty home, on which commands are typed. */
public final class TestMachine {
  private final Path home;
  private final Path workingDirectory;
  private final Map<String, String> environment = new HashMap<>();
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  public TestMachine(Path home) {
    this.home = home;
    this.workingDirectory = home;
    environment.put("PATH", System.getenv("PATH"));
  }

  public TestMachine with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Logged in to a server by the environment. */
  public TestMachine loggedInTo(FakeServer server) {
    return with("REDOUBT_URL", server.url().toString())
        .with("REDOUBT_CLIENT_ID", "cli_1")
        .with("REDOUBT_CLIENT_SECRET", "a secret");
  }

  public Host host() {
    return new Host(
        environment,
        home,
        workingDirectory,
        new PrintWriter(out, true),
        new PrintWriter(err, true),
        false,
        Clock.systemUTC());
  }

  /** Types a command and returns its exit code. */
  public int type(String... words) {
    out = new StringWriter();
    err = new StringWriter();
    return RedoubtCli.commandLine(new Session(host())).execute(words);
  }

  public String out() {
    return out.toString();
  }

  public String err() {
    return err.toString();
  }
}
