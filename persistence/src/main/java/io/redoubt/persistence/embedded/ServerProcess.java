package io.redoubt.persistence.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs PostgreSQL's own programs on one data directory. PostgreSQL refuses to run as root, so for
 * root it runs in a user namespace where it has no name and no privilege; its files stay root's.
 */
final class ServerProcess {
  private static final long PROGRAM_SECONDS = 90;
  private static final long LOG_BYTES = 8L << 20;
  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

  private final Path home;
  private final Path directory;
  private final Path data;
  private final Path log;

  ServerProcess(Path home, Path directory) {
    this.home = home;
    this.directory = directory;
    this.data = directory.resolve("data");
    this.log = directory.resolve("postgres.log");
  }

  /**
   * Makes the cluster, unless there is one; a half-made one is thrown away first.
   *
   * @param durable off for tests only
   */
  void initialize(String admin, String password, boolean durable) throws IOException {
    if (Files.exists(data.resolve("PG_VERSION"))) {
      return;
    }
    Path unfinished = directory.resolve("data.new");
    Path passwordFile = directory.resolve("admin.new");
    Trees.delete(unfinished);
    Files.deleteIfExists(passwordFile);
    Files.createFile(
        passwordFile,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.writeString(passwordFile, password + "\n");
      var command =
          new ArrayList<>(
              List.of(
                  program("initdb"),
                  "--pgdata=" + unfinished,
                  "--username=" + admin,
                  "--pwfile=" + passwordFile,
                  "--auth=scram-sha-256",
                  "--encoding=UTF8",
                  "--locale=C",
                  "--data-checksums"));
      if (!durable) {
        command.addAll(List.of("--no-sync", "--set=" + ServerSettings.QUICK_PASSWORDS + "=1"));
      }
      run(command);
    } finally {
      Files.deleteIfExists(passwordFile);
    }
    Files.move(unfinished, data, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Starts the server and returns its process id when it takes connections. */
  long start() throws IOException {
    endOrphans();
    keepLogShort();
    run(
        List.of(
            program("pg_ctl"),
            "start",
            "--pgdata=" + data,
            "--log=" + log,
            "--wait",
            "--timeout=60",
            "--silent"));
    Optional<Long> pid = postmaster();
    if (pid.isEmpty()) {
      throw new IOException("PostgreSQL ended at once: " + logTail());
    }
    return pid.get();
  }

  private void keepLogShort() throws IOException {
    if (Files.exists(log) && Files.size(log) > LOG_BYTES) {
      Files.move(log, directory.resolve("postgres.log.1"), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Stops the server: what is committed stays, what is open is rolled back. */
  void stop() throws IOException {
    if (postmaster().isPresent()) {
      run(
          List.of(
              program("pg_ctl"),
              "stop",
              "--pgdata=" + data,
              "--mode=fast",
              "--wait",
              "--timeout=30",
              "--silent"));
    }
    endOrphans();
  }

  /** Ends the server without asking it, for data that nobody needs any more. */
  void kill() {
    processes().forEach(ProcessHandle::destroyForcibly);
    awaitGone(5);
  }

  /**
   * Ends whatever a crash left running in the data directory: a server whose parent died, or
   * sessions whose server died. The directory's lock says that it is nobody else's.
   */
  private void endOrphans() throws IOException {
    Optional<ProcessHandle> orphan = postmaster().flatMap(ProcessHandle::of);
    if (orphan.isPresent()) {
      run(
          List.of(
              program("pg_ctl"),
              "stop",
              "--pgdata=" + data,
              "--mode=fast",
              "--wait",
              "--timeout=20",
              "--silent"));
    }
    // Sessions end by themselves soon after their server; one that does not would keep it down.
    if (!awaitGone(5)) {
      kill();
    }
    // Its number may be another program's by now, and then the server would refuse to start.
    Files.deleteIfExists(data.resolve("postmaster.pid"));
  }

  /**
   * Waits until nothing runs in the data directory. Looks for itself: who is told of an exit learns
   * of it only when somebody has reaped the process, which an orphan may wait for.
   */
  private boolean awaitGone(int seconds) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!processes().isEmpty()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      try {
        Thread.sleep(LOOK_AGAIN);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  /** The running server, by the file it keeps, if that is still true. */
  Optional<Long> postmaster() {
    Path file = data.resolve("postmaster.pid");
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      long pid = Long.parseLong(Files.readAllLines(file).getFirst().strip());
      return isOurs(pid) ? Optional.of(pid) : Optional.empty();
    } catch (IOException | NumberFormatException | NoSuchElementException _) {
      return Optional.empty();
    }
  }

  /** Everything that runs in the data directory: PostgreSQL makes it each process's own. */
  private List<ProcessHandle> processes() {
    try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
      return all.filter(process -> isOurs(process.pid())).toList();
    }
  }

  /** Whether that process is a PostgreSQL that runs in the data directory. */
  boolean isOurs(long pid) {
    Path process = Path.of("/proc", Long.toString(pid));
    try {
      // The program's name too: a person's shell may stand in the directory.
      return Files.readSymbolicLink(process.resolve("exe")).toString().contains("/bin/postgres")
          && Files.readSymbolicLink(process.resolve("cwd")).equals(data.toRealPath());
    } catch (IOException | SecurityException _) {
      return false;
    }
  }

  private String program(String name) {
    return home.resolve("bin").resolve(name).toString();
  }

  private void run(List<String> command) throws IOException {
    var whole = new ArrayList<String>();
    if (isRoot()) {
      whole.addAll(List.of("unshare", "--user"));
    }
    whole.addAll(command);
    Path output = directory.resolve("program.log");
    var builder = new ProcessBuilder(whole);
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    builder.environment().put("LC_ALL", "C");
    builder.directory(directory.toFile());
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    Process process = builder.start();
    process.getOutputStream().close();
    try {
      if (!process.waitFor(PROGRAM_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command.getFirst() + " did not end in time: " + logTail());
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    if (process.exitValue() != 0) {
      String hint =
          isRoot()
              ? " (PostgreSQL does not run as root, and here it needs `unshare --user` to work;"
                  + " run Redoubt as an ordinary user, or use a server of your own by its URL)"
              : "";
      throw new IOException(
          command.getFirst()
              + " failed"
              + hint
              + ": "
              + Files.readString(output, StandardCharsets.UTF_8).strip()
              + " "
              + logTail());
    }
  }

  private String logTail() throws IOException {
    if (!Files.exists(log)) {
      return "";
    }
    List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
    return String.join(" | ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
  }

  private static boolean isRoot() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid && uid == 0;
  }
}
