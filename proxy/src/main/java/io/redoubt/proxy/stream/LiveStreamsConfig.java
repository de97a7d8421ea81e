package io.redoubt.proxy.stream;

import com.typesafe.config.Config;

/**
 * {@code redoubt.proxy.streams}: how much may be under way on this node at a time.
 *
 * @param perAgent of one agent; more is answered with 429
 * @param total of all agents; more is answered with 503
 */
public record LiveStreamsConfig(int perAgent, int total) {
  static final String PATH = "redoubt.proxy.streams";

  public LiveStreamsConfig {
    if (perAgent < 1) {
      throw new IllegalArgumentException(PATH + ".per-agent must be at least 1");
    }
    if (total < perAgent) {
      throw new IllegalArgumentException(PATH + ".total must be at least per-agent");
    }
  }

  /** Reads the section from a whole configuration. */
  public static LiveStreamsConfig from(Config root) {
    var config = root.getConfig(PATH);
    return new LiveStreamsConfig(config.getInt("per-agent"), config.getInt("total"));
  }
}
