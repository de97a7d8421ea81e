package io.redoubt.persistence.journal;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of writing events; section {@code redoubt.enclave.journal}.
 *
 * @param queue events that may wait, 1 to 1,000,000
 * @param batch events in a transaction, 1 to 2,000
 * @param writers transactions under way, 1 to 8
 * @param gather how long an event waits for others while a transaction is under way, to 100 ms
 * @param writeTimeout after which a write without an answer has failed, 1 to 60 s
 */
record JournalLimits(int queue, int batch, int writers, Duration gather, Duration writeTimeout) {

  JournalLimits {
    require("queue", queue, 1, 1_000_000);
    require("batch", batch, 1, 2_000);
    require("writers", writers, 1, 8);
    require("gather", gather.toMillis(), 0, 100);
    require("write-timeout", writeTimeout.toMillis(), 1_000, 60_000);
  }

  static JournalLimits from(Config journal) {
    return new JournalLimits(
        journal.getInt("queue"),
        journal.getInt("batch"),
        journal.getInt("writers"),
        journal.getDuration("gather"),
        journal.getDuration("write-timeout"));
  }

  private static void require(String key, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "redoubt.enclave.journal.%s must be %d to %d".formatted(key, least, most));
    }
  }
}
