package io.redoubt.controlplane.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.action.Arguments;
import io.redoubt.controlplane.agent.Agents;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.policy.Canaries;
import io.redoubt.policy.Facts;
import io.redoubt.policy.PolicyAction;
import io.redoubt.policy.PolicyRequest;
import io.redoubt.policy.PolicyResource;
import io.redoubt.policy.Subject;
import io.redoubt.protocol.audit.DeclaredTools;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.net.IpLiteral;
import io.redoubt.protocol.policy.Canary;
import java.net.InetAddress;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An action as an operator imagines it.
 *
 * @param agentId an agent of the organization, whose name, owner and labels count
 * @param action such as {@code mcp:call}
 * @param resource a model, a tool, {@code server/tool}, {@code connector/operation} or {@code
 *     host:port}, as the action demands
 * @param provider of the model
 * @param args of the call
 * @param findings of the inspectors
 * @param time when it happens; null: now
 * @param sourceIp where the call comes from; null: this machine
 * @param tools that a request to a model declares
 * @param history what the agent has done before; null: not known
 */
record TestRequest(
    @Nullable AgentId agentId,
    @Nullable String action,
    @Nullable String resource,
    @Nullable String provider,
    @Nullable JsonNode args,
    @Nullable List<@Nullable String> findings,
    @Nullable Long risk,
    @Nullable Instant time,
    @Nullable String sourceIp,
    @Nullable Cost estimate,
    @Nullable Grant approval,
    @Nullable Tools tools,
    @Nullable List<@Nullable Earlier> history) {
  private static final int MAX_TEXT = 512;

  /**
   * What it is thought to cost.
   *
   * @param cents null: nobody knows the price
   */
  record Cost(@Nullable Long tokens, @Nullable Long cents) {}

  /** An approval that was granted for it. */
  record Grant(@Nullable Long tier, @Nullable List<@Nullable String> by, @Nullable Instant at) {}

  /** Tools that it declares; what is left out: none. */
  record Tools(@Nullable List<@Nullable String> names, @Nullable List<@Nullable String> provider) {}

  /**
   * An action that the agent has taken before.
   *
   * @param verdict null: it was permitted
   * @param secondsAgo null: just now
   * @param times how often; null: once
   */
  record Earlier(
      @Nullable String action,
      @Nullable String resource,
      @Nullable Verdict verdict,
      @Nullable Long secondsAgo,
      @Nullable Integer times) {

    private void check(Checks checks, String at) {
      var known = Optional.ofNullable(action).flatMap(PolicyAction::of);
      var on = Optional.ofNullable(resource).filter(it -> !it.isBlank() && it.length() <= MAX_TEXT);
      checks
          .require(known.isPresent(), at + "/action", "is needed: an action that policies know")
          .require(
              on.isPresent()
                  && (known.isEmpty()
                      || PolicyResource.parse(known.get(), null, on.get()).isPresent()),
              at + "/resource",
              "is needed: what that action acts on")
          .require(
              secondsAgo == null || (secondsAgo >= 0 && secondsAgo <= Canary.MAX_SECONDS_AGO),
              at + "/seconds_ago",
              "is 0 to " + Canary.MAX_SECONDS_AGO)
          .require(
              times == null || (times >= 1 && times <= Canary.MAX_HISTORY),
              at + "/times",
              "is 1 to " + Canary.MAX_HISTORY);
    }

    private int often() {
      return times == null ? 1 : times;
    }

    /** As a canary has it. */
    Canary.Earlier stated() {
      return new Canary.Earlier(
          Objects.requireNonNull(action),
          Objects.requireNonNull(resource),
          verdict == null ? Verdict.PERMIT : verdict,
          secondsAgo == null ? 0 : secondsAgo,
          often());
    }
  }

  /** All of them, or 422. */
  static List<TestRequest> checked(List<@Nullable TestRequest> requests, int atMost) {
    var checks = new Checks();
    checks.require(requests.size() <= atMost, "/requests", "are at most " + atMost);
    for (int i = 0; i < Math.min(requests.size(), atMost); i++) {
      String at = "/requests/" + i;
      var request = requests.get(i);
      if (request == null) {
        checks.wrong(at, "must not be null");
      } else {
        request.check(checks, at);
      }
    }
    checks.done();
    return requests.stream().map(Objects::requireNonNull).toList();
  }

  /** Says what is wrong with it, at pointers below this one. */
  void check(Checks checks, String at) {
    checks
        .require(agentId != null, at + "/agent_id", "is needed")
        .require(
            action != null && PolicyAction.of(action).isPresent(),
            at + "/action",
            "is needed: an action that policies know, such as llm:generate or mcp:call")
        .require(
            resource != null && !resource.isBlank() && resource.length() <= MAX_TEXT,
            at + "/resource",
            "is needed: 1 to " + MAX_TEXT + " characters")
        .text(at + "/provider", provider, MAX_TEXT)
        .require(args == null || args.isObject(), at + "/args", "is an object")
        .list(at + "/findings", findings, 100, 100)
        .require(
            sourceIp == null || address(sourceIp).isPresent(),
            at + "/source_ip",
            "is an IP address")
        .require(
            estimate == null || estimate.tokens() != null,
            at + "/estimate",
            "has tokens, and cents where the price is known")
        .require(
            approval == null || (approval.tier() != null && approval.at() != null),
            at + "/approval",
            "has a tier, and a time");
    if (approval != null) {
      checks.list(at + "/approval/by", approval.by(), 100, 200);
    }
    if (tools != null) {
      checks
          .require(
              PolicyAction.LLM_GENERATE.id().equals(action),
              at + "/tools",
              "are declared by llm:generate alone")
          .list(at + "/tools/names", tools.names(), 100, DeclaredTools.LONGEST)
          .list(
              at + "/tools/provider",
              tools.provider(),
              DeclaredTools.MOST_KINDS,
              DeclaredTools.LONGEST);
    }
    if (history != null) {
      checkHistory(history, checks, at + "/history");
    }
    if (action != null && resource != null && PolicyAction.of(action).isPresent()) {
      checks.require(
          PolicyResource.parse(PolicyAction.of(action).get(), provider, resource).isPresent(),
          at + "/resource",
          "does not fit the action: server/tool, connector/operation or host:port");
    }
  }

  private static void checkHistory(List<@Nullable Earlier> history, Checks checks, String at) {
    long all = history.stream().filter(Objects::nonNull).mapToLong(Earlier::often).sum();
    checks.require(
        history.size() <= Canary.MAX_HISTORY && all <= Canary.MAX_HISTORY,
        at,
        "are at most " + Canary.MAX_HISTORY + " actions, each as often as it was taken");
    for (int i = 0; i < Math.min(history.size(), Canary.MAX_HISTORY); i++) {
      var earlier = history.get(i);
      if (earlier == null) {
        checks.wrong(at + "/" + i, "must not be null");
      } else {
        earlier.check(checks, at + "/" + i);
      }
    }
  }

  /** With what is known of the agent. Fails with 404 where the organization has no such agent. */
  PolicyRequest resolve(Transaction transaction, Agents agents, Instant now) {
    var id = Objects.requireNonNull(agentId);
    var agent = agents.spec(transaction, id);
    var subject =
        new Subject(id, transaction.organization(), agent.name(), agent.owner(), agent.labels());
    var known = PolicyAction.of(Objects.requireNonNull(action)).orElseThrow();
    var on = PolicyResource.parse(known, provider, Objects.requireNonNull(resource)).orElseThrow();
    return new PolicyRequest(subject, known, on, facts(now));
  }

  private Facts facts(Instant now) {
    var at = Optional.ofNullable(time).orElse(now);
    var facts = Facts.of(at, source());
    if (args != null) {
      facts = facts.withArgs(Arguments.parse(Json.write(args)));
    }
    if (findings != null) {
      facts = facts.withFindings(new HashSet<>(nonNull(findings)));
    }
    if (risk != null) {
      facts = facts.withRisk(risk);
    }
    if (history != null) {
      var stated = history.stream().map(Objects::requireNonNull).map(Earlier::stated).toList();
      facts = facts.withSession(Canaries.session(stated, at).orElseThrow());
    }
    if (tools != null) {
      facts = facts.withTools(new DeclaredTools(texts(tools.names()), texts(tools.provider())));
    }
    if (estimate != null) {
      facts =
          facts.withEstimate(
              new Facts.Estimate(Objects.requireNonNull(estimate.tokens()), estimate.cents()));
    }
    if (approval != null) {
      facts =
          facts.withApproval(
              new Facts.Approval(
                  Objects.requireNonNull(approval.tier()),
                  new HashSet<>(texts(approval.by())),
                  Objects.requireNonNull(approval.at())));
    }
    return facts;
  }

  private InetAddress source() {
    return Optional.ofNullable(sourceIp)
        .flatMap(TestRequest::address)
        .orElse(InetAddress.getLoopbackAddress());
  }

  private static Optional<InetAddress> address(String text) {
    try {
      return Optional.of(IpLiteral.parse(text));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static List<String> texts(@Nullable List<@Nullable String> checked) {
    return nonNull(Optional.ofNullable(checked).orElse(List.of()));
  }

  private static List<String> nonNull(List<@Nullable String> checked) {
    return checked.stream().map(Objects::requireNonNull).toList();
  }
}
