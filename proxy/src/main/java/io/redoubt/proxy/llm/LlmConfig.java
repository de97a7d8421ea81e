package io.redoubt.proxy.llm;

import com.typesafe.config.Config;
import io.redoubt.proxy.decide.BodyMemory;
import io.redoubt.proxy.decide.OutcomeWriter;
import io.redoubt.proxy.decide.PayloadRecording;
import io.redoubt.proxy.decide.RequestBodies;
import io.redoubt.proxy.inspect.JsonInspection;
import java.time.Duration;
import java.util.List;

/**
 * {@code redoubt.proxy.llm}: the limits of the LLM plane.
 *
 * @param maxBodyBytes of a request
 * @param bodyMemory of requests from their first byte to the end of their calls
 * @param bodyDeadline from the first to the last byte of a request's body
 * @param clientStall how long a client may leave a reply unread
 * @param longestWait for an approval that a caller may ask for
 * @param inspection how much of a call is inspected
 * @param toolCalls how replies are held back until their tool calls are decided
 * @param payloadLimit bytes kept of one request or reply; the rest is cut off, and said so
 * @param payloadMemory bytes of requests and unfinished replies held for recording, all together
 * @param refusedPayloads how much is kept of requests that are refused
 * @param estimate what a call may take of a budget where nothing better is known
 * @param prices take precedence over the built-in price list
 */
public record LlmConfig(
    long maxBodyBytes,
    BodyMemory.Limits bodyMemory,
    Duration bodyDeadline,
    Duration clientStall,
    Duration longestWait,
    Inspection inspection,
    ToolCalls toolCalls,
    int payloadLimit,
    long payloadMemory,
    PayloadRecording.Refused refusedPayloads,
    ModelList modelList,
    OutcomeWriter.Retries outcomes,
    Estimate estimate,
    List<Price> prices) {

  static final String PATH = "redoubt.proxy.llm";

  public LlmConfig {
    require(maxBodyBytes >= 1024 && maxBodyBytes <= Integer.MAX_VALUE / 2, "max-body-bytes");
    require(bodyMemory.perAgent() >= maxBodyBytes, "body-memory.per-agent");
    require(bodyMemory.total() >= bodyMemory.perAgent(), "body-memory.total");
    require(bodyDeadline.isPositive(), "body-deadline");
    require(clientStall.isPositive(), "client-stall");
    require(!longestWait.isNegative(), "longest-wait");
    require(payloadLimit >= 0, "payload-limit");
    require(payloadMemory >= payloadLimit, "payload-memory");
    require(refusedPayloads.perSecond() >= 1, "refused-payloads.per-second");
    require(refusedPayloads.burst() >= 1, "refused-payloads.burst");
    require(refusedPayloads.maxBytes() >= 1, "refused-payloads.max-bytes");
    require(outcomes.attempts() >= 1, "outcomes.attempts");
    require(outcomes.backoff().isPositive(), "outcomes.backoff");
    require(outcomes.pending() >= 0, "outcomes.pending");
    prices = List.copyOf(prices);
  }

  /**
   * How much of a call is inspected; the record says what is not.
   *
   * @param maxBytes of the texts of one request or reply
   * @param maxNestedBytes of JSON inside of one text, which is read a second time
   * @param maxReplyBytes of a reply that is one document
   * @param replyMemory bytes of such documents that are not over yet, all together
   */
  public record Inspection(long maxBytes, int maxNestedBytes, int maxReplyBytes, long replyMemory) {
    public Inspection {
      require(maxBytes >= 1024, "inspection.max-bytes");
      require(maxNestedBytes >= 0, "inspection.max-nested-bytes");
      require(maxReplyBytes >= 1024, "inspection.max-reply-bytes");
      require(replyMemory >= 0, "inspection.reply-memory");
    }

    JsonInspection.Limits limits() {
      return new JsonInspection.Limits(maxBytes, maxNestedBytes);
    }
  }

  /**
   * How replies are held back until their tool calls are decided.
   *
   * @param maxHeld bytes of one reply; a reply that is one document is held as a whole
   * @param memory bytes of all replies together, beside the first 64 KiB of each
   * @param keepAlive how long a client hears nothing meanwhile
   * @param approvalWait how long a call is held that somebody is to approve
   */
  public record ToolCalls(int maxHeld, long memory, Duration keepAlive, Duration approvalWait) {
    public ToolCalls {
      require(maxHeld >= 64 * 1024, "tool-calls.max-held");
      require(memory >= 0, "tool-calls.memory");
      require(keepAlive.isPositive(), "tool-calls.keep-alive");
      require(!approvalWait.isNegative(), "tool-calls.approval-wait");
    }
  }

  /**
   * How the model lists of providers are asked for.
   *
   * @param cacheFor how long a list is good
   * @param cacheEntries how many lists are kept
   * @param timeout of one question
   * @param maxBytes of one answer
   */
  public record ModelList(Duration cacheFor, int cacheEntries, Duration timeout, int maxBytes) {
    public ModelList {
      require(cacheFor.isPositive(), "model-list.cache-for");
      require(cacheEntries >= 1, "model-list.cache-entries");
      require(timeout.isPositive(), "model-list.timeout");
      require(maxBytes >= 1024, "model-list.max-bytes");
    }
  }

  /**
   * What bounds a call before it is made.
   *
   * @param bytesPerToken of a request's body: with 1 no request is larger than it was taken for
   * @param maxInputTokens of a model that says nothing of it
   * @param maxOutputTokens of a reply that nobody limits, of such a model
   */
  public record Estimate(int bytesPerToken, long maxInputTokens, long maxOutputTokens) {
    public Estimate {
      require(bytesPerToken >= 1 && bytesPerToken <= 8, "estimate.bytes-per-token");
      require(maxInputTokens >= 1, "estimate.max-input-tokens");
      require(maxOutputTokens >= 1, "estimate.max-output-tokens");
    }
  }

  RequestBodies.Limits bodies() {
    return new RequestBodies.Limits(maxBodyBytes, bodyMemory, bodyDeadline);
  }

  /** What is kept of what is said, on every plane. */
  public PayloadRecording.Limits payloads() {
    return new PayloadRecording.Limits(payloadLimit, payloadMemory, refusedPayloads);
  }

  /** Reads the section from a whole configuration. */
  public static LlmConfig from(Config root) {
    var config = root.getConfig(PATH);
    var modelList = config.getConfig("model-list");
    var outcomes = config.getConfig("outcomes");
    return new LlmConfig(
        config.getBytes("max-body-bytes"),
        new BodyMemory.Limits(
            config.getBytes("body-memory.per-agent"), config.getBytes("body-memory.total")),
        config.getDuration("body-deadline"),
        config.getDuration("client-stall"),
        config.getDuration("longest-wait"),
        new Inspection(
            config.getBytes("inspection.max-bytes"),
            Math.toIntExact(config.getBytes("inspection.max-nested-bytes")),
            Math.toIntExact(config.getBytes("inspection.max-reply-bytes")),
            config.getBytes("inspection.reply-memory")),
        new ToolCalls(
            Math.toIntExact(config.getBytes("tool-calls.max-held")),
            config.getBytes("tool-calls.memory"),
            config.getDuration("tool-calls.keep-alive"),
            config.getDuration("tool-calls.approval-wait")),
        Math.toIntExact(config.getBytes("payload-limit")),
        config.getBytes("payload-memory"),
        new PayloadRecording.Refused(
            config.getInt("refused-payloads.per-second"),
            config.getInt("refused-payloads.burst"),
            Math.toIntExact(config.getBytes("refused-payloads.max-bytes"))),
        new ModelList(
            modelList.getDuration("cache-for"),
            modelList.getInt("cache-entries"),
            modelList.getDuration("timeout"),
            Math.toIntExact(modelList.getBytes("max-bytes"))),
        new OutcomeWriter.Retries(
            outcomes.getInt("attempts"),
            outcomes.getDuration("backoff"),
            outcomes.getInt("pending")),
        new Estimate(
            config.getInt("estimate.bytes-per-token"),
            config.getLong("estimate.max-input-tokens"),
            config.getLong("estimate.max-output-tokens")),
        config.getConfigList("prices").stream().map(Price::from).toList());
  }

  private static void require(boolean holds, String key) {
    if (!holds) {
      throw new IllegalArgumentException(PATH + "." + key + " is out of its range");
    }
  }
}
