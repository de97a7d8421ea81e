package io.redoubt.standalone.up;

import com.typesafe.config.Config;
import io.redoubt.persistence.embedded.EmbeddedPostgres;
import io.redoubt.persistence.migrate.Migrations;
import io.redoubt.persistence.postgres.DatabaseRole;
import io.redoubt.protocol.secret.Secret;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The database: one that is looked after here, or somebody else's. */
final class Databases implements AutoCloseable {
  private final String url;
  private final @Nullable EmbeddedPostgres embedded;
  private final Config settings;

  private Databases(String url, @Nullable EmbeddedPostgres embedded, Config settings) {
    this.url = url;
    this.embedded = embedded;
    this.settings = settings;
  }

  static Databases open(Plan plan, Config settings) {
    if (plan.databaseUrl().isPresent()) {
      return new Databases(plan.databaseUrl().get(), null, settings);
    }
    var embedded = EmbeddedPostgres.start(plan.data().postgres(), plan.ports().postgres());
    return new Databases(embedded.url(), embedded, settings);
  }

  /** Brings the schema up to date. */
  void migrate() {
    Migrations.migrate(url, user(DatabaseRole.MIGRATOR), password(DatabaseRole.MIGRATOR));
  }

  String url() {
    return url;
  }

  String user(DatabaseRole role) {
    return embedded == null ? settings.getString(section(role) + ".user") : role.user();
  }

  Secret password(DatabaseRole role) {
    return embedded == null
        ? Secret.of(settings.getString(section(role) + ".password"))
        : embedded.password(role);
  }

  /** Process id of the server that is looked after here. */
  Optional<Long> pid() {
    return Optional.ofNullable(embedded).map(EmbeddedPostgres::pid);
  }

  void onRestart(LongConsumer newPid) {
    if (embedded != null) {
      embedded.onRestart(newPid);
    }
  }

  private static String section(DatabaseRole role) {
    return switch (role) {
      case MIGRATOR -> "redoubt.migrator.database";
      case CONTROL -> "redoubt.control-plane.database";
      case ENCLAVE -> "redoubt.enclave.database";
    };
  }

  @Override
  public void close() {
    if (embedded != null) {
      embedded.close();
    }
  }
}
