package io.redoubt.protocol.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.net.IpLiteral;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A request with the verdict that an operator wants of it. It travels in the bundle with everything
 * that policies may ask of it, so that whoever holds the bundle can try it: a bundle that answers
 * otherwise is not run.
 *
 * @param name as documents are named
 * @param action such as {@code tool:call}
 * @param resource a model, a tool, {@code server/tool}, {@code connector/operation} or {@code
 *     host:port}, as the action demands
 * @param within provider of the model; null: none in particular
 * @param args of the call, a JSON object; empty: none
 * @param findings of the inspectors
 * @param risk the score
 * @param time when it happens, in milliseconds
 * @param sourceIp where the call comes from
 * @param tools that a request to a model declares; null: none
 * @param history what the agent has done before, in any order; empty: nothing
 */
@JsonPropertyOrder({
  "name",
  "verdict",
  "agent",
  "action",
  "resource",
  "within",
  "args",
  "findings",
  "risk",
  "time",
  "source_ip",
  "estimate",
  "approval",
  "tools",
  "history"
})
public record Canary(
    String name,
    Verdict verdict,
    Agent agent,
    String action,
    String resource,
    @Nullable String within,
    String args,
    List<String> findings,
    long risk,
    Instant time,
    String sourceIp,
    @Nullable Estimate estimate,
    @Nullable Approval approval,
    // What is not stated is not spelt: digests stay what they were before it could be.
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Tools tools,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Earlier> history) {
  /** Longest name of anything in it. */
  public static final int MAX_TEXT = 512;

  /** Longest arguments. */
  public static final int MAX_ARGS = 10_000;

  /** Most entries of each of its lists. */
  public static final int MAX_ENTRIES = 100;

  /** Most earlier actions, each as often as it was taken: agents are remembered no longer. */
  public static final int MAX_HISTORY = 100;

  /** How long ago an earlier action may be. */
  public static final long MAX_SECONDS_AGO = 366L * 24 * 60 * 60;

  /** Who acts, where it does not matter who. */
  public static final AgentId ANYBODY = new AgentId(new UUID(0x7000, 1L << 63));

  /** Who acts; need not exist. */
  @JsonPropertyOrder({"id", "name", "owner", "labels"})
  public record Agent(AgentId id, String name, @Nullable String owner, Map<String, String> labels) {
    public Agent {
      labels = Collections.unmodifiableMap(new TreeMap<>(labels));
      check(id != null && isText(name) && (owner == null || isText(owner)), "not an agent");
      check(
          labels.size() <= MAX_ENTRIES
              && labels.entrySet().stream()
                  .allMatch(each -> isText(each.getKey()) && isText(each.getValue())),
          "labels that are too many or too long");
    }
  }

  /**
   * What it is thought to cost.
   *
   * @param cents null: nobody knows the price
   */
  @JsonPropertyOrder({"tokens", "cents"})
  public record Estimate(long tokens, @Nullable Long cents) {}

  /** An approval that was granted for it. */
  @JsonPropertyOrder({"tier", "by", "at"})
  public record Approval(long tier, List<String> by, Instant at) {
    public Approval {
      by = sorted(by);
      at = at.truncatedTo(ChronoUnit.MILLIS);
    }
  }

  /** Tools that a request declares, and the kinds of those that run at the provider. */
  @JsonPropertyOrder({"names", "provider"})
  public record Tools(List<String> names, List<String> provider) {
    public Tools {
      names = sorted(names);
      provider = sorted(provider);
    }
  }

  /**
   * An action that the agent has taken, or was kept from, before.
   *
   * @param secondsAgo before the one that is judged
   * @param times how often, all at that moment
   */
  @JsonPropertyOrder({"action", "resource", "verdict", "seconds_ago", "times"})
  public record Earlier(
      String action, String resource, Verdict verdict, long secondsAgo, int times) {
    public Earlier {
      check(isText(action) && isText(resource) && verdict != null, "not an earlier action");
      check(secondsAgo >= 0 && secondsAgo <= MAX_SECONDS_AGO, "an action of another age");
      check(times >= 1 && times <= MAX_HISTORY, "an action that often");
    }
  }

  /** Which declares no tools, of an agent that has done nothing before. */
  public Canary(
      String name,
      Verdict verdict,
      Agent agent,
      String action,
      String resource,
      @Nullable String within,
      String args,
      List<String> findings,
      long risk,
      Instant time,
      String sourceIp,
      @Nullable Estimate estimate,
      @Nullable Approval approval) {
    this(
        name, verdict, agent, action, resource, within, args, findings, risk, time, sourceIp,
        estimate, approval, null, List.of());
  }

  @SuppressWarnings("ConstantValue") // where it is empty, it is not spelt
  public Canary {
    findings = sorted(findings);
    history = history == null ? List.of() : List.copyOf(history);
    time = time.truncatedTo(ChronoUnit.MILLIS);
    check(PolicyDocument.isName(name), "not the name of a canary");
    check(verdict != null && agent != null, "a canary without a verdict or an agent");
    check(isText(action) && isText(resource), "a canary that does nothing");
    check(within == null || isText(within), "a name that is too long");
    check(args.length() <= MAX_ARGS, "arguments that are too long");
    check(
        history.stream().mapToInt(Earlier::times).sum() <= MAX_HISTORY,
        "more earlier actions than are remembered");
    IpLiteral.parse(sourceIp);
  }

  private static List<String> sorted(List<String> texts) {
    check(
        texts.size() <= MAX_ENTRIES && texts.stream().allMatch(Canary::isText),
        "texts that are too many or too long");
    return texts.stream().distinct().sorted().toList();
  }

  private static boolean isText(@Nullable String text) {
    return text != null && text.length() <= MAX_TEXT;
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
