package io.redoubt.controlplane.channel;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Section {@code redoubt.control-plane.channels}; every key is explained in {@code reference.conf}.
 *
 * @param httpHosts hosts, in lower case, that an API's address may name with plain {@code http}
 * @param privateHosts hosts, in lower case, that webhooks may reach although their addresses are
 *     private
 * @param requestTimeout for one call to a channel's API
 * @param lease how long a process has a channel for itself; what it says at a turn takes less
 * @param giveUpAfter when what could not be said is given up
 * @param maxWaiting of one channel
 * @param callbacksPerSecond from one channel, sustained
 */
public record ChannelsConfig(
    List<String> httpHosts,
    List<String> privateHosts,
    Duration pollInterval,
    int atOnce,
    Duration requestTimeout,
    Duration lease,
    Duration backOffMin,
    Duration backOffMax,
    Duration giveUpAfter,
    int maxWaiting,
    Duration keptFor,
    int callbacksPerSecond,
    int callbacksBurst,
    TeamsConfig teams,
    MailConfig mail) {
  private static final String PATH = "redoubt.control-plane.channels";

  /** Calls that one notice may take. */
  static final int MOST_CALLS = 4;

  public ChannelsConfig {
    httpHosts = httpHosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList();
    privateHosts = privateHosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList();
    require(pollInterval.isPositive(), "poll-interval must be greater than zero");
    require(atOnce > 0, "at-once must be greater than zero");
    require(requestTimeout.isPositive(), "request-timeout must be greater than zero");
    require(
        lease.compareTo(requestTimeout.multipliedBy(2L * MOST_CALLS)) > 0,
        "lease must be longer than " + 2 * MOST_CALLS + " times request-timeout");
    require(backOffMin.isPositive(), "back-off-min must be greater than zero");
    require(backOffMax.compareTo(backOffMin) >= 0, "back-off-max must not be below back-off-min");
    require(giveUpAfter.isPositive(), "give-up-after must be greater than zero");
    require(maxWaiting > 0, "max-waiting must be greater than zero");
    require(keptFor.isPositive(), "kept-for must be greater than zero");
    require(callbacksPerSecond > 0, "callbacks-per-second must be greater than zero");
    require(callbacksBurst > 0, "callbacks-burst must be greater than zero");
  }

  public static ChannelsConfig from(Config root) {
    Config config = root.getConfig(PATH);
    return new ChannelsConfig(
        config.getStringList("http-hosts"),
        config.getStringList("private-hosts"),
        config.getDuration("poll-interval"),
        config.getInt("at-once"),
        config.getDuration("request-timeout"),
        config.getDuration("lease"),
        config.getDuration("back-off-min"),
        config.getDuration("back-off-max"),
        config.getDuration("give-up-after"),
        config.getInt("max-waiting"),
        config.getDuration("kept-for"),
        config.getInt("callbacks-per-second"),
        config.getInt("callbacks-burst"),
        TeamsConfig.from(config.getConfig("teams"), PATH + ".teams"),
        MailConfig.from(config.getConfig("mail")));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(PATH + "." + otherwise);
    }
  }
}
