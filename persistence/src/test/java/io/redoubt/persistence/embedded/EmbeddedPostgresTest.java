package io.redoubt.persistence.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.persistence.postgres.DatabaseRole;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class EmbeddedPostgresTest {
  @TempDir(cleanup = CleanupMode.NEVER)
  Path parent;

  private Path directory;

  @BeforeEach
  void name() {
    directory = parent.resolve("postgres");
  }

  @AfterEach
  void clear() throws IOException {
    EmbeddedPostgres.stopOrphan(directory, TemporaryServer.programs());
    Trees.delete(parent);
  }

  @Test
  void itIsDurableClosedToOthersAndKeepsItsDataAcrossAStop() throws Exception {
    try (var server = EmbeddedPostgres.start(directory, 0);
        var connection = connect(server)) {
      assertThat(text(connection, "SHOW fsync")).isEqualTo("on");
      assertThat(text(connection, "SHOW synchronous_commit")).isEqualTo("on");
      assertThat(text(connection, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
      assertThat(text(connection, "SHOW server_encoding")).isEqualTo("UTF8");
      assertThat(text(connection, "SELECT datcollate FROM pg_database WHERE datname = 'redoubt'"))
          .isEqualTo("C");
      assertThatThrownBy(
              () -> DriverManager.getConnection(server.url(), "redoubt_enclave", "wrong"))
          .hasMessageContaining("password authentication failed");
      keep(connection, "kept");
    }
    assertThat(permissions(directory.resolve("secrets.json"))).isEqualTo("rw-------");
    assertThat(permissions(directory)).isEqualTo("rwx------");

    try (var server = EmbeddedPostgres.start(directory, 0);
        var connection = connect(server)) {
      assertThat(text(connection, "SELECT max(note) FROM notes")).isEqualTo("kept");
    }
    assertThat(EmbeddedPostgres.stopOrphan(directory)).isFalse();
  }

  @Test
  void aSecondServerInTheSameDirectoryIsRefused() {
    try (var _ = start()) {
      assertThatIllegalStateException()
          .isThrownBy(() -> start())
          .withMessageContaining("Another process runs PostgreSQL");
      assertThatIllegalStateException()
          .isThrownBy(() -> EmbeddedPostgres.stopOrphan(directory))
          .withMessageContaining("Another process runs PostgreSQL");
    }
  }

  @Test
  void aServerThatIsKilledComesBackByItselfWithEverythingCommitted() throws Exception {
    try (var server = start()) {
      var told = new AtomicLong();
      server.onRestart(told::set);
      long before = server.pid();
      try (var connection = connect(server)) {
        keep(connection, "committed");
      }

      ProcessHandle.of(before).orElseThrow().destroyForcibly();

      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .untilAsserted(() -> {
            try (var connection = connect(server)) {
              assertThat(text(connection, "SELECT max(note) FROM notes")).isEqualTo("committed");
            }
          });
      Awaitility.await().until(() -> told.get() != 0);
      assertThat(server.pid()).isEqualTo(told.get()).isNotEqualTo(before);
    }
  }

  @Test
  void afterAKillOfItsParentTheNextStartTakesOver() throws Exception {
    long orphan = orphan();
    assertThat(runs(orphan)).isTrue();

    try (var server = start();
        var connection = connect(server)) {
      assertThat(text(connection, "SELECT max(note) FROM notes")).isEqualTo("before the kill");
      assertThat(server.pid()).isNotEqualTo(orphan);
      assertThat(runs(orphan)).isFalse();
    }
  }

  @Test
  void anOrphanCanBeStoppedWithoutStartingAnother() throws Exception {
    long orphan = orphan();

    assertThat(EmbeddedPostgres.stopOrphan(directory, TemporaryServer.programs())).isTrue();

    assertThat(runs(orphan)).isFalse();
    assertThat(EmbeddedPostgres.stopOrphan(directory, TemporaryServer.programs())).isFalse();
  }

  @Test
  void aKillOfEverythingAndAReusedProcessNumberDoNotKeepItDown() throws Exception {
    long orphan = orphan();
    ProcessHandle.of(orphan).orElseThrow().destroyForcibly();
    Path pidFile = directory.resolve("data/postmaster.pid");
    Awaitility.await().until(() -> !runs(orphan));
    // The number is somebody else's now: ours, as it happens.
    var lines = Files.readAllLines(pidFile);
    lines.set(0, Long.toString(ProcessHandle.current().pid()));
    Files.write(pidFile, lines);

    try (var server = start();
        var connection = connect(server)) {
      assertThat(text(connection, "SELECT max(note) FROM notes")).isEqualTo("before the kill");
    }
  }

  @Test
  void aStartThatWasCutShortIsBegunAnew() throws Exception {
    Files.createDirectories(directory.resolve("data.new/base"));
    Files.writeString(directory.resolve("data.new/PG_VERSION"), "18");

    try (var server = start();
        var connection = connect(server)) {
      assertThat(text(connection, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void aTakenPortIsSaidInPlainWords() throws Exception {
    try (var taken = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      assertThatIllegalStateException()
          .isThrownBy(() -> start(taken.getLocalPort()))
          .withMessageContaining("Address already in use");
    }
    // And nothing stands in the way of the next start.
    start().close();
  }

  private EmbeddedPostgres start() {
    return start(0);
  }

  /** With the programs that all tests share: unpacking them takes longer than starting them. */
  private EmbeddedPostgres start(int port) {
    return EmbeddedPostgres.start(directory, TemporaryServer.programs(), port, true);
  }

  /** Runs a server in a JVM of its own, and kills that JVM without any warning. */
  private long orphan() throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                OrphanMaker.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var output =
        new BufferedReader(new InputStreamReader(jvm.getInputStream(), StandardCharsets.UTF_8))) {
      String line = output.readLine();
      while (line != null && !line.startsWith("pid ")) {
        line = output.readLine();
      }
      assertThat(line).isNotNull();
      return Long.parseLong(line.substring(4));
    } finally {
      jvm.destroyForcibly().waitFor();
    }
  }

  /** Not so for a process that has ended and that nobody has reaped yet. */
  private static boolean runs(long pid) {
    try {
      Path _ = Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "exe"));
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  static void keep(Connection connection, String note) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS notes (note text)");
    }
    try (var insert = connection.prepareStatement("INSERT INTO notes VALUES (?)")) {
      insert.setString(1, note);
      insert.execute();
    }
  }

  static Connection connect(EmbeddedPostgres server) throws SQLException {
    return DriverManager.getConnection(
        server.url(),
        DatabaseRole.MIGRATOR.user(),
        server.password(DatabaseRole.MIGRATOR).reveal());
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (var statement = connection.prepareStatement(sql);
        var rows = statement.executeQuery()) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
