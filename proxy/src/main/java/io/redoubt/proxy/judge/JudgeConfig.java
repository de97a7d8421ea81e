package io.redoubt.proxy.judge;

import com.typesafe.config.Config;
import io.redoubt.approval.JudgeAllowance;
import io.redoubt.proxy.inspect.JsonInspection;
import java.time.Duration;

/**
 * {@code redoubt.proxy.judge}: what asking models about requests for approval may take. What goes
 * beyond it is for people to decide.
 *
 * @param timeout of one question, if its tier leaves that much
 * @param maxUnderWay questions of one node at a time
 * @param maxRequestBytes of what is asked about: the call and the policies that ask
 * @param maxReplyBytes of the provider's answer
 * @param maxOutputTokens that the model may write
 * @param callsPerDay of one organization, by the calendar day in UTC
 * @param tokensPerDay likewise
 */
public record JudgeConfig(
    Duration timeout,
    int maxUnderWay,
    int maxRequestBytes,
    int maxReplyBytes,
    int maxOutputTokens,
    long callsPerDay,
    long tokensPerDay) {
  static final String PATH = "redoubt.proxy.judge";

  public JudgeConfig {
    require(timeout.isPositive(), "timeout");
    require(maxUnderWay >= 0, "max-under-way");
    require(maxRequestBytes >= 1024, "max-request-bytes");
    require(maxReplyBytes >= 1024, "max-reply-bytes");
    require(maxOutputTokens >= 100, "max-output-tokens");
    require(callsPerDay >= 0, "calls-per-day");
    require(tokensPerDay >= 0, "tokens-per-day");
  }

  /** Reads the section from a whole configuration. */
  public static JudgeConfig from(Config root) {
    var config = root.getConfig(PATH);
    return new JudgeConfig(
        config.getDuration("timeout"),
        config.getInt("max-under-way"),
        Math.toIntExact(config.getBytes("max-request-bytes")),
        Math.toIntExact(config.getBytes("max-reply-bytes")),
        config.getInt("max-output-tokens"),
        config.getLong("calls-per-day"),
        config.getLong("tokens-per-day"));
  }

  JudgeAllowance.Limits allowance() {
    return new JudgeAllowance.Limits(callsPerDay, tokensPerDay);
  }

  /** All of what is asked about is looked at. */
  JsonInspection.Limits inspection() {
    return new JsonInspection.Limits(maxRequestBytes, maxRequestBytes);
  }

  private static void require(boolean holds, String key) {
    if (!holds) {
      throw new IllegalArgumentException(PATH + "." + key + " is too small");
    }
  }
}
