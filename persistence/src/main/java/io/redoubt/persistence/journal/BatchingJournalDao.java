package io.redoubt.persistence.journal;

import java.util.ArrayList;
import org.apache.pekko.persistence.jdbc.config.JournalConfig;
import org.apache.pekko.persistence.jdbc.journal.dao.DefaultJournalDao;
import org.apache.pekko.persistence.jdbc.journal.dao.JournalTables.JournalPekkoSerializationRow;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.stream.Materializer;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.collection.immutable.Set;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;
import scala.runtime.BoxedUnit;
import slick.jdbc.JdbcBackend;
import slick.jdbc.JdbcProfile;

/**
 * Reads as pekko-persistence-jdbc does and writes by itself: the events of all entities in one
 * statement and one round trip, and a batch with a wrong row split until that row is alone, so that
 * it fails its own entity and no other. There are no tags; who polls the journal does so by
 * transaction.
 */
public final class BatchingJournalDao extends DefaultJournalDao {
  private final JournalWriter writer;

  /** Called by the plugin. */
  public BatchingJournalDao(
      JdbcBackend.JdbcDatabaseDef database,
      JdbcProfile profile,
      JournalConfig config,
      Serialization serialization,
      ExecutionContext executor,
      Materializer materializer) {
    super(database, profile, config, serialization, executor, materializer);
    this.writer = JournalWriter.ID.get(materializer.system());
  }

  @Override
  public Future<BoxedUnit> queueWriteJournalRows(
      Seq<Tuple2<JournalPekkoSerializationRow, Set<String>>> rows) {
    var write = new ArrayList<JournalPekkoSerializationRow>(rows.size());
    for (var row : CollectionConverters.asJava(rows)) {
      if (!row._2().isEmpty()) {
        throw new IllegalArgumentException("Redoubt's events have no tags");
      }
      write.add(row._1());
    }
    return write.isEmpty()
        ? Future.successful(BoxedUnit.UNIT)
        : FutureConverters.asScala(writer.write(new EventWrite(write)));
  }
}
