package io.redoubt.persistence.journal;

import java.util.List;
import org.apache.pekko.persistence.jdbc.journal.dao.JournalTables.JournalPekkoSerializationRow;

/** What one entity writes at once: all of it or nothing. */
record EventWrite(List<JournalPekkoSerializationRow> rows) {}
