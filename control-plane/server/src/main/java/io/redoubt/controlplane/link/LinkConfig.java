package io.redoubt.controlplane.link;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Section {@code redoubt.control-plane.link}; every key is explained in {@code reference.conf}.
 *
 * @param pollInterval how often the log is looked at for what another process appended
 * @param batch most commands read at once
 */
public record LinkConfig(
    Duration pollInterval,
    Duration heartbeatInterval,
    Duration streamLifetime,
    int streamsPerEnclave,
    int batch,
    long maxBodyBytes) {
  private static final String PATH = "redoubt.control-plane.link";

  /** An enclave counts as listening for this many heartbeats after the last. */
  private static final int HEARTBEATS_TO_LIVE = 3;

  public LinkConfig {
    requirePositive("poll-interval", pollInterval.toMillis());
    requirePositive("heartbeat-interval", heartbeatInterval.toMillis());
    requirePositive("stream-lifetime", streamLifetime.toMillis());
    requirePositive("streams-per-enclave", streamsPerEnclave);
    requirePositive("batch", batch);
    requirePositive("max-body-bytes", maxBodyBytes);
  }

  public static LinkConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new LinkConfig(
        config.getDuration("poll-interval"),
        config.getDuration("heartbeat-interval"),
        config.getDuration("stream-lifetime"),
        config.getInt("streams-per-enclave"),
        config.getInt("batch"),
        config.getBytes("max-body-bytes"));
  }

  /** How long an enclave counts as listening after a heartbeat. */
  Duration listensFor() {
    return heartbeatInterval.multipliedBy(HEARTBEATS_TO_LIVE);
  }

  /** How long it still does after one of its streams has closed: another one beats in this time. */
  Duration listensAfterClose() {
    return heartbeatInterval.multipliedBy(3).dividedBy(2);
  }

  private static void requirePositive(String key, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(PATH + "." + key + " must be greater than zero");
    }
  }
}
