package io.redoubt.persistence.journal;

import com.typesafe.config.Config;
import io.micrometer.core.instrument.Metrics;
import io.redoubt.persistence.batch.BatchLimits;
import io.redoubt.persistence.batch.BatchWriter;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.persistence.postgres.DatabaseConfig;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import scala.runtime.BoxedUnit;

/** The actor system's one writer of events, with connections of its own. */
public final class JournalWriter implements Extension {
  static final Id ID = new Id();

  private final BatchWriter<EventWrite, BoxedUnit> writer;

  private JournalWriter(Config redoubt) {
    var database = DatabaseConfig.from(redoubt.getConfig("database"));
    var limits = JournalLimits.from(redoubt.getConfig("journal"));
    this.writer =
        new BatchWriter<>(
            "journal",
            limits.writers(),
            new BatchLimits(
                limits.queue(), limits.batch(), limits.batch(), limits.gather(), limits.gather()),
            limits.writeTimeout(),
            (purpose, seconds) -> Database.dedicated(database, purpose, seconds),
            new JournalSql(),
            Metrics.globalRegistry);
  }

  CompletionStage<BoxedUnit> write(EventWrite write) {
    return writer.submit(write, write.rows().size(), true);
  }

  /** Whether the last attempt to write events failed, not longer ago than that. */
  public static boolean failedWithin(ClassicActorSystemProvider system, Duration span) {
    return ID.get(system).writer.failedWithin(span);
  }

  /** One for each actor system, gone with it. */
  static final class Id extends AbstractExtensionId<JournalWriter> {
    @Override
    public JournalWriter createExtension(ExtendedActorSystem system) {
      var extension = new JournalWriter(system.settings().config().getConfig("redoubt.enclave"));
      system.registerOnTermination(extension.writer::close);
      return extension;
    }
  }
}
