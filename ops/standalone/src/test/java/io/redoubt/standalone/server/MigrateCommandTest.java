package io.redoubt.standalone.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.redoubt.cli.RedoubtCli;
import io.redoubt.cli.command.Host;
import io.redoubt.cli.session.Session;
import io.redoubt.persistence.embedded.TemporaryDatabase;
import io.redoubt.persistence.postgres.DatabaseRole;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MigrateCommandTest {
  private static final String PASSWORD = "redoubt.migrator.database.password";

  @TempDir Path home;

  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  @AfterEach
  void forget() {
    System.clearProperty(PASSWORD);
    ConfigFactory.invalidateCaches();
  }

  @Test
  void aSchemaIsBroughtUpToDateAndThenIs() {
    try (var database = TemporaryDatabase.createEmpty()) {
      knowing(database.password(DatabaseRole.MIGRATOR).reveal());

      assertThat(migrate(database.url())).isZero();
      assertThat(out.toString()).containsPattern("^[1-9][0-9]* migrations applied\\.");

      assertThat(migrate(database.url())).isZero();
      assertThat(out.toString()).isEqualToIgnoringNewLines("The schema is up to date.");
    }
  }

  @Test
  void whoeverIsNotTheMigratorIsToldSoWithoutAStackTrace() {
    try (var database = TemporaryDatabase.createEmpty()) {
      knowing("a guess");

      assertThat(migrate(database.url())).isEqualTo(1);

      assertThat(out.toString()).isEmpty();
      assertThat(err.toString())
          .contains("The database cannot be reached", "password")
          .doesNotContain("a guess", "\tat ");
    }
  }

  @Test
  void aDatabaseThatIsAwayIsSaid() {
    knowing("a guess");

    // Nobody listens there.
    assertThat(migrate("jdbc:postgresql://127.0.0.1:1/redoubt")).isEqualTo(1);

    assertThat(err.toString()).contains("The database cannot be reached").doesNotContain("\tat ");
  }

  private static void knowing(String password) {
    System.setProperty(PASSWORD, password);
    ConfigFactory.invalidateCaches();
  }

  private int migrate(String url) {
    out = new StringWriter();
    err = new StringWriter();
    var session =
        new Session(
            new Host(
                Map.of(),
                home,
                home,
                new PrintWriter(out, true),
                new PrintWriter(err, true),
                false,
                Clock.systemUTC()));
    CommandLine line = RedoubtCli.commandLine(session);
    RedoubtCli.add(line, new MigrateCommand(session));
    return line.execute("migrate", "--database-url", url);
  }
}
