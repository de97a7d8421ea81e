package io.redoubt.persistence.embedded;

import io.redoubt.persistence.postgres.DatabaseConfig;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.secret.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server that this process runs and looks after: it is started again when it dies, and
 * what an earlier process left behind is cleared up. Its data outlives both.
 */
public final class EmbeddedPostgres implements AutoCloseable {
  /** The database that Redoubt lives in. */
  public static final String DATABASE = "redoubt";

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(250);
  private static final Duration LOOK_SELDOM = Duration.ofSeconds(2);

  private final DirectoryLock lock;
  private final ServerProcess process;
  private final RoleSecrets secrets;
  private final int port;
  private volatile LongConsumer onRestart = _ -> {};
  private volatile long pid;
  private volatile boolean closed;

  private EmbeddedPostgres(
      DirectoryLock lock, ServerProcess process, RoleSecrets secrets, int port) {
    this.lock = lock;
    this.process = process;
    this.secrets = secrets;
    this.port = port;
  }

  /**
   * Starts the server, making its data directory where there is none.
   *
   * @param directory holds the data, the programs, the passwords (mode 0600) and the log
   * @param port on 127.0.0.1; 0: any free one
   * @throws IllegalStateException with a plain sentence where another process uses the directory or
   *     the server does not start
   */
  public static EmbeddedPostgres start(Path directory, int port) {
    return start(directory, directory, port, true);
  }

  /**
   * The server that all tests of this JVM share. It goes, with all its data, when the JVM ends; use
   * {@link TemporaryDatabase} to get a database on it.
   */
  public static EmbeddedPostgres temporary() {
    return TemporaryServer.shared();
  }

  static EmbeddedPostgres start(Path directory, Path programs, int port, boolean durable) {
    try {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
      Path real = directory.toRealPath();
      var lock = lock(real);
      try {
        var secrets = RoleSecrets.openOrCreate(real.resolve("secrets.json"));
        var process = new ServerProcess(Binaries.unpack(programs), real);
        int chosen = port == 0 ? freePort() : port;
        String admin = secrets.password(RoleSecrets.ADMIN).reveal();
        process.initialize(RoleSecrets.ADMIN, admin, durable);
        new ServerSettings(chosen, real, durable).write(real.resolve("data"));
        var server = new EmbeddedPostgres(lock, process, secrets, chosen);
        server.begin(durable);
        return server;
      } catch (IOException | SQLException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException | SQLException e) {
      throw new IllegalStateException("PostgreSQL does not start: " + e.getMessage(), e);
    }
  }

  private static DirectoryLock lock(Path directory) throws IOException {
    return DirectoryLock.tryTake(directory)
        .orElseThrow(() ->
            new IllegalStateException(
                "Another process runs PostgreSQL in " + directory + " already."));
  }

  private void begin(boolean durable) throws IOException, SQLException {
    launch();
    try {
      setUp(durable);
    } catch (SQLException | RuntimeException e) {
      process.stop();
      throw e;
    }
    Thread.ofVirtual().name("postgres-watch").start(this::lookAfter);
  }

  /**
   * Stops a server that outlived the process that looked after it.
   *
   * @return whether there was one
   * @throws IllegalStateException with a plain sentence where another process looks after it
   */
  public static boolean stopOrphan(Path directory) {
    return stopOrphan(directory, directory);
  }

  static boolean stopOrphan(Path directory, Path programs) {
    if (!Files.isDirectory(directory.resolve("data"))) {
      return false;
    }
    try {
      Path real = directory.toRealPath();
      try (var _ = lock(real)) {
        var process = new ServerProcess(Binaries.unpack(programs.toAbsolutePath()), real);
        boolean running = process.postmaster().isPresent();
        process.stop();
        return running;
      }
    } catch (IOException e) {
      throw new IllegalStateException("PostgreSQL does not stop: " + e.getMessage(), e);
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void launch() throws IOException {
    pid = process.start();
  }

  private void setUp(boolean durable) throws SQLException {
    try (var setup = new ServerSetup(this)) {
      setup.requireDurability(durable);
      setup.ensureRoles();
      setup.ensureDatabase(DATABASE);
    }
  }

  /** Starts the server again, on the same port, whenever it died although nobody asked it to. */
  private void lookAfter() {
    var pause = LOOK_AGAIN;
    @Nullable String told = null;
    try {
      while (!closed) {
        Thread.sleep(pause);
        @Nullable String trouble = closed ? null : startAgainIfDead(told == null);
        if (trouble == null) {
          pause = LOOK_AGAIN;
        } else {
          pause =
              pause.multipliedBy(2).compareTo(LOOK_SELDOM) < 0
                  ? pause.multipliedBy(2)
                  : LOOK_SELDOM;
          // Once for each cause: it may last for hours.
          if (!trouble.equals(told)) {
            LOG.error("PostgreSQL does not start again: {}", trouble);
          }
        }
        told = trouble;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Why the server is dead and stays so; null where it runs. */
  private synchronized @Nullable String startAgainIfDead(boolean isNews) {
    if (closed || process.isOurs(pid)) {
      return null;
    }
    if (isNews) {
      LOG.warn("PostgreSQL (process {}) has died; starting it again", pid);
    }
    try {
      launch();
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
    onRestart.accept(pid);
    return null;
  }

  /** Tells the new process id each time the server had to be started again. */
  public void onRestart(LongConsumer listener) {
    onRestart = listener;
  }

  /** JDBC address of {@link #DATABASE}. */
  public String url() {
    return url(DATABASE);
  }

  String url(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
  }

  public int port() {
    return port;
  }

  /** The server's process id; changes when it had to be started again. */
  public long pid() {
    return pid;
  }

  public Secret password(DatabaseRole role) {
    return secrets.password(role.user());
  }

  Secret adminPassword() {
    return secrets.password(RoleSecrets.ADMIN);
  }

  /** How a role reaches {@link #DATABASE}. */
  public DatabaseConfig config(DatabaseRole role, int poolSize) {
    return new DatabaseConfig(url(), role.user(), password(role), poolSize, Duration.ofSeconds(3));
  }

  /** Stops the server and waits until it has. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      try {
        process.stop();
      } catch (IOException e) {
        throw new UncheckedIOException("PostgreSQL does not stop", e);
      } finally {
        lock.close();
      }
    }
  }

  /** Ends the server at once, for data that nobody needs any more. */
  void abandon() {
    synchronized (this) {
      closed = true;
      process.kill();
      lock.close();
    }
  }
}
