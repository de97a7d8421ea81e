package io.redoubt.standalone.server;

import com.typesafe.config.Config;
import io.redoubt.cli.command.CommandFailure;
import io.redoubt.cli.command.ExitCode;
import io.redoubt.cli.session.Session;
import io.redoubt.persistence.migrate.Migrations;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.secret.Secret;
import io.redoubt.standalone.settings.DatabaseUrl;
import io.redoubt.standalone.settings.Settings;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Brings a database's schema up to date, as the role that owns it. */
@Command(
    name = "migrate",
    description = {
      "Bring the schema of a database up to date.",
      "Settings: REDOUBT_DATABASE_URL, REDOUBT_MIGRATOR_DATABASE_USER and"
          + " REDOUBT_MIGRATOR_DATABASE_PASSWORD. `up` does this by itself."
    })
public final class MigrateCommand implements Callable<Integer> {
  @Option(
      names = "--database-url",
      paramLabel = "URL",
      description = "postgresql://HOST:PORT/DATABASE")
  @Nullable String databaseUrl;

  private final Session session;

  public MigrateCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    Config settings = Settings.load().getConfig("redoubt.migrator.database");
    try (var progress = session.progress()) {
      progress.say("Migrating");
      int applied =
          Migrations.migrate(
              databaseUrl == null ? settings.getString("url") : DatabaseUrl.read(databaseUrl),
              settings.getString("user"),
              Secret.of(settings.getString("password")));
      session
          .output()
          .say(
              Json.LENIENT.createObjectNode().put("applied", applied),
              applied == 0 ? "The schema is up to date." : applied + " migrations applied.");
      return ExitCode.DONE.number();
    } catch (IllegalStateException e) {
      throw new CommandFailure(ExitCode.FAILED, String.valueOf(e.getMessage()), e);
    }
  }
}
