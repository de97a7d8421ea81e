package io.redoubt.persistence.journal;

import io.redoubt.persistence.batch.BatchSql;
import io.redoubt.persistence.batch.SqlArrays;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import org.apache.pekko.persistence.jdbc.journal.dao.JournalTables.JournalPekkoSerializationRow;
import org.jspecify.annotations.Nullable;
import scala.runtime.BoxedUnit;

/** Inserts the events of many entities. */
final class JournalSql implements BatchSql<EventWrite, BoxedUnit> {
  @Override
  public String text() {
    return """
    INSERT INTO enclave.event_journal
      (persistence_id, sequence_number, writer, write_timestamp, adapter_manifest,
       event_ser_id, event_ser_manifest, event_payload,
       meta_ser_id, meta_ser_manifest, meta_payload)
    SELECT * FROM unnest(?::text[], ?::bigint[], ?::text[], ?::bigint[], ?::text[],
                         ?::integer[], ?::text[], ?::bytea[],
                         ?::integer[], ?::text[], ?::bytea[])
    """;
  }

  /**
   * Never: a key that is taken is the fence against a stale twin, and whose row it is cannot be
   * told apart here. The entity finds out when it recovers.
   */
  @Override
  public boolean mayBeRepeated() {
    return false;
  }

  @Override
  public List<BoxedUnit> write(
      PreparedStatement statement, List<EventWrite> writes, boolean repeated) throws SQLException {
    var rows = writes.stream().flatMap(write -> write.rows().stream()).toList();
    int size = rows.size();
    var persistenceIds = new String[size];
    var sequenceNumbers = new long[size];
    var writers = new String[size];
    var timestamps = new long[size];
    var adapterManifests = new String[size];
    var serializers = new int[size];
    var manifests = new String[size];
    var payloads = new byte[size][];
    var metaSerializers = new @Nullable Integer[size];
    var metaManifests = new @Nullable String[size];
    var metaPayloads = new byte @Nullable [size][];
    for (int i = 0; i < size; i++) {
      JournalPekkoSerializationRow row = rows.get(i);
      persistenceIds[i] = row.persistenceId();
      sequenceNumbers[i] = row.sequenceNumber();
      writers[i] = row.writer();
      timestamps[i] = row.writeTimestamp();
      adapterManifests[i] = row.adapterManifest();
      serializers[i] = row.eventSerId();
      manifests[i] = row.eventSerManifest();
      payloads[i] = row.eventPayload();
      if (row.metaSerId().isDefined()) {
        metaSerializers[i] = (Integer) row.metaSerId().get();
        metaManifests[i] = row.metaSerManifest().get();
        metaPayloads[i] = row.metaPayload().get();
      }
    }
    SqlArrays.text(statement, 1, persistenceIds);
    statement.setObject(2, sequenceNumbers);
    SqlArrays.text(statement, 3, writers);
    statement.setObject(4, timestamps);
    SqlArrays.text(statement, 5, adapterManifests);
    statement.setObject(6, serializers);
    SqlArrays.text(statement, 7, manifests);
    SqlArrays.bytes(statement, 8, payloads);
    statement.setArray(9, statement.getConnection().createArrayOf("int4", metaSerializers));
    SqlArrays.text(statement, 10, metaManifests);
    SqlArrays.bytes(statement, 11, metaPayloads);
    int inserted = statement.executeUpdate();
    if (inserted != size) {
      throw new IllegalStateException("wrote " + inserted + " of " + size + " events");
    }
    return Collections.nCopies(writes.size(), BoxedUnit.UNIT);
  }
}
