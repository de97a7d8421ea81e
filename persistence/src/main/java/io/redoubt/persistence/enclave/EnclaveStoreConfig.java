package io.redoubt.persistence.enclave;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of what an enclave keeps; section {@code redoubt.enclave.store}.
 *
 * @param writeTimeout after which a write without an answer has failed, 1 to 60 s
 * @param settleInterval how often lost intents are looked after, 1 s to 1 h
 * @param certainty after which a write without an answer has happened or never will, to 1 h
 * @param refreshInterval how often what is served from memory is read anew, 100 ms to 1 h
 */
public record EnclaveStoreConfig(
    AuditLimits audit,
    PayloadLimits payload,
    Duration writeTimeout,
    Duration settleInterval,
    Duration certainty,
    Duration refreshInterval) {

  /**
   * The audit log's limits.
   *
   * @param queue lines that may wait, 1 to 1,000,000
   * @param batch lines in a transaction, 1 to 2,000
   * @param writers transactions under way, 1 to 8
   * @param gather how long a line waits for others while a transaction is under way, to 100 ms
   * @param outcomeGather how long an outcome does, to 1 s
   * @param openIntents intents that wait for their outcome, 1 to 10,000,000
   */
  public record AuditLimits(
      int queue, int batch, int writers, Duration gather, Duration outcomeGather, int openIntents) {

    public AuditLimits {
      require("audit.queue", queue, 1, 1_000_000);
      require("audit.batch", batch, 1, 2_000);
      require("audit.writers", writers, 1, 8);
      require("audit.gather", gather.toMillis(), 0, 100);
      require("audit.outcome-gather", outcomeGather.toMillis(), 0, 1_000);
      require("audit.open-intents", openIntents, 1, 10_000_000);
    }
  }

  /**
   * The limits of recorded requests and replies.
   *
   * @param queueBytes that may wait, 1 MiB to 4 GiB
   * @param batch payloads in a transaction, 1 to 1,000
   * @param batchBytes bytes in a transaction, 64 KiB to 256 MiB
   * @param gather how long a payload waits for others, to 1 s
   */
  public record PayloadLimits(long queueBytes, int batch, long batchBytes, Duration gather) {

    public PayloadLimits {
      require("payload.queue-bytes", queueBytes, 1L << 20, 4L << 30);
      require("payload.batch", batch, 1, 1_000);
      require("payload.batch-bytes", batchBytes, 64L << 10, 256L << 20);
      require("payload.gather", gather.toMillis(), 0, 1_000);
    }
  }

  public EnclaveStoreConfig {
    require("write-timeout", writeTimeout.toMillis(), 1_000, 60_000);
    require("settle-interval", settleInterval.toMillis(), 1_000, 3_600_000);
    require("certainty", certainty.toMillis(), 0, 3_600_000);
    require("refresh-interval", refreshInterval.toMillis(), 100, 3_600_000);
  }

  /** Reads the section. */
  public static EnclaveStoreConfig from(Config store) {
    Config audit = store.getConfig("audit");
    Config payload = store.getConfig("payload");
    return new EnclaveStoreConfig(
        new AuditLimits(
            audit.getInt("queue"),
            audit.getInt("batch"),
            audit.getInt("writers"),
            audit.getDuration("gather"),
            audit.getDuration("outcome-gather"),
            audit.getInt("open-intents")),
        new PayloadLimits(
            payload.getBytes("queue-bytes"),
            payload.getInt("batch"),
            payload.getBytes("batch-bytes"),
            payload.getDuration("gather")),
        store.getDuration("write-timeout"),
        store.getDuration("settle-interval"),
        store.getDuration("certainty"),
        store.getDuration("refresh-interval"));
  }

  private static void require(String key, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "redoubt.enclave.store.%s must be %d to %d".formatted(key, least, most));
    }
  }
}
