package io.redoubt.cli.command;

import io.redoubt.protocol.secret.Secret;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The machine as the command line sees it; a test brings its own.
 *
 * @param interactive whether a person watches, so that progress and prompts make sense
 * @param prompt asks that person for a secret, which is not shown; nothing is typed, or nobody is
 *     there: empty
 */
public record Host(
    Map<String, String> environment,
    Path home,
    Path workingDirectory,
    PrintWriter out,
    PrintWriter err,
    boolean interactive,
    Clock clock,
    Function<String, Optional<Secret>> prompt) {

  public Host {
    environment = Map.copyOf(environment);
  }

  /** One where nobody types. */
  public Host(
      Map<String, String> environment,
      Path home,
      Path workingDirectory,
      PrintWriter out,
      PrintWriter err,
      boolean interactive,
      Clock clock) {
    this(environment, home, workingDirectory, out, err, interactive, clock, _ -> Optional.empty());
  }

  /** The machine this process runs on. */
  public static Host system() {
    return new Host(
        System.getenv(),
        // What the shell calls home: Java asks the user database, which a container may not have.
        Path.of(
            Optional.ofNullable(System.getenv("HOME"))
                .filter(home -> !home.isBlank())
                .orElseGet(() -> System.getProperty("user.home", "."))),
        Path.of("").toAbsolutePath(),
        new StandardOutput(new FileOutputStream(FileDescriptor.out)),
        new PrintWriter(System.err, true, Charset.defaultCharset()),
        Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false),
        Clock.systemUTC(),
        Host::typed);
  }

  private static Optional<Secret> typed(String prompt) {
    return Optional.ofNullable(System.console())
        .filter(Console::isTerminal)
        .flatMap(console -> Optional.ofNullable(console.readPassword("%s", prompt)))
        .filter(it -> it.length > 0)
        .map(it -> Secret.of(new String(it)));
  }

  /** A variable; one that is set to nothing counts as not set. */
  public Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  /** Directory of this program's settings (XDG Base Directory Specification). */
  public Path configDirectory() {
    return base("XDG_CONFIG_HOME", ".config");
  }

  /** Directory of what may be lost at any time. */
  public Path cacheDirectory() {
    return base("XDG_CACHE_HOME", ".cache");
  }

  private Path base(String variable, String fallback) {
    return variable(variable)
        .map(Path::of)
        .filter(Path::isAbsolute)
        .orElseGet(() -> home.resolve(fallback))
        .resolve("redoubt");
  }
}
