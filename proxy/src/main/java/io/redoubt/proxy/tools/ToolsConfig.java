package io.redoubt.proxy.tools;

import com.typesafe.config.Config;
import io.redoubt.action.Arguments;
import io.redoubt.protocol.net.Cidr;
import io.redoubt.proxy.decide.BodyMemory;
import io.redoubt.proxy.decide.OutcomeWriter;
import io.redoubt.proxy.decide.RequestBodies;
import io.redoubt.proxy.inspect.JsonInspection;
import java.time.Duration;
import java.util.List;

/**
 * {@code redoubt.proxy.tools}: the limits of operations of connectors.
 *
 * @param maxBodyBytes of a request
 * @param bodyMemory of requests from their first byte to the end of their acts
 * @param bodyDeadline from the first to the last byte of a request's body
 * @param longestWait for an approval that a caller may ask for
 * @param inspection how much of an act is inspected
 * @param maxReplyBytes of what an API answers
 * @param replyMemory bytes of such answers, until they are with the agent: twice the greatest is
 *     set aside for each, since texts grow when they are quoted
 * @param deniedAddresses where no connection goes, beside those of {@code redoubt.proxy.upstream}
 */
public record ToolsConfig(
    long maxBodyBytes,
    BodyMemory.Limits bodyMemory,
    Duration bodyDeadline,
    Duration longestWait,
    Inspection inspection,
    int maxReplyBytes,
    BodyMemory.Limits replyMemory,
    List<Cidr> deniedAddresses,
    OutcomeWriter.Retries outcomes) {
  private static final String PATH = "redoubt.proxy.tools";

  /** Arguments beyond it are judged by nobody. */
  private static final long MOST_BODY = Arguments.MAX_BYTES;

  public ToolsConfig {
    require(maxBodyBytes >= 1024 && maxBodyBytes <= MOST_BODY, "max-body-bytes");
    require(bodyMemory.perAgent() >= maxBodyBytes, "body-memory.per-agent");
    require(bodyMemory.total() >= bodyMemory.perAgent(), "body-memory.total");
    require(bodyDeadline.isPositive(), "body-deadline");
    require(!longestWait.isNegative(), "longest-wait");
    require(maxReplyBytes >= 1024, "max-reply-bytes");
    require(maxReplyBytes <= Integer.MAX_VALUE / 4, "max-reply-bytes");
    require(replyMemory.perAgent() >= 2L * maxReplyBytes, "reply-memory.per-agent");
    require(replyMemory.total() >= replyMemory.perAgent(), "reply-memory.total");
    deniedAddresses = List.copyOf(deniedAddresses);
    require(outcomes.attempts() >= 1, "outcomes.attempts");
    require(outcomes.backoff().isPositive(), "outcomes.backoff");
    require(outcomes.pending() >= 0, "outcomes.pending");
  }

  /**
   * How much is inspected, of a request and of an answer; the record says what is not.
   *
   * @param maxBytes of all texts
   * @param maxNestedBytes of JSON inside of one text, which is read a second time
   */
  public record Inspection(long maxBytes, int maxNestedBytes) {
    public Inspection {
      require(maxBytes >= 1024, "inspection.max-bytes");
      require(maxNestedBytes >= 0, "inspection.max-nested-bytes");
    }

    JsonInspection.Limits limits() {
      return new JsonInspection.Limits(maxBytes, maxNestedBytes);
    }
  }

  /** What is set aside for one answer. */
  int roomOfReply() {
    return 2 * maxReplyBytes;
  }

  RequestBodies.Limits bodies() {
    return new RequestBodies.Limits(maxBodyBytes, bodyMemory, bodyDeadline);
  }

  /** Reads the section from a whole configuration. */
  public static ToolsConfig from(Config root) {
    var config = root.getConfig(PATH);
    return new ToolsConfig(
        config.getBytes("max-body-bytes"),
        new BodyMemory.Limits(
            config.getBytes("body-memory.per-agent"), config.getBytes("body-memory.total")),
        config.getDuration("body-deadline"),
        config.getDuration("longest-wait"),
        new Inspection(
            config.getBytes("inspection.max-bytes"),
            Math.toIntExact(config.getBytes("inspection.max-nested-bytes"))),
        Math.toIntExact(config.getBytes("max-reply-bytes")),
        new BodyMemory.Limits(
            config.getBytes("reply-memory.per-agent"), config.getBytes("reply-memory.total")),
        Cidr.parseAll(PATH + ".denied-addresses", config.getStringList("denied-addresses")),
        new OutcomeWriter.Retries(
            config.getInt("outcomes.attempts"),
            config.getDuration("outcomes.backoff"),
            config.getInt("outcomes.pending")));
  }

  private static void require(boolean holds, String key) {
    if (!holds) {
      throw new IllegalArgumentException(PATH + "." + key + " is out of its range");
    }
  }
}
