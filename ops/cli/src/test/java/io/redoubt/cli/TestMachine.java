package io.redoubt.cli;

import io.redoubt.cli.command.Host;
import io.redoubt.cli.session.Session;
import io.redoubt.protocol.secret.Secret;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A machine of a test's own, with an empty home, on which commands are typed. */
public final class TestMachine {
  private final Path home;
  private final Path workingDirectory;
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> prompts = new ArrayList<>();
  private @Nullable String typed;
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

  /** From now on somebody is there, who types this when asked for a secret. */
  public TestMachine typing(String secret) {
    typed = secret;
    return this;
  }

  /** What that person was asked. */
  public List<String> prompts() {
    return List.copyOf(prompts);
  }

  private Optional<Secret> ask(String prompt) {
    prompts.add(prompt);
    return Optional.ofNullable(typed).map(Secret::of);
  }

  public Host host() {
    return new Host(
        environment,
        home,
        workingDirectory,
        new PrintWriter(out, true),
        new PrintWriter(err, true),
        typed != null,
        Clock.systemUTC(),
        this::ask);
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
