package io.redoubt.controlplane.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.controlplane.operator.Checks;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.policy.Canary;
import io.redoubt.protocol.policy.PolicyDocument;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A canary without its name, as operators write it. What is left out is as harmless as can be:
 * nobody in particular asks, nothing was found, there is no risk.
 *
 * @param provider of a model
 * @param time when it happens; null: when it was written
 */
record CanaryBody(
    @Nullable Verdict verdict,
    @Nullable Who agent,
    @Nullable String action,
    @Nullable String resource,
    @Nullable String provider,
    @Nullable JsonNode args,
    @Nullable List<@Nullable String> findings,
    @Nullable Long risk,
    @Nullable Instant time,
    @Nullable String sourceIp,
    TestRequest.@Nullable Cost estimate,
    TestRequest.@Nullable Grant approval,
    TestRequest.@Nullable Tools tools,
    @Nullable List<TestRequest.@Nullable Earlier> history) {
  private static final String ANYBODY = "anybody";
  private static final String ANYWHERE = "127.0.0.1";

  /** The agent that asks: it need not exist. */
  record Who(
      @Nullable AgentId id,
      @Nullable String name,
      @Nullable String owner,
      @Nullable Map<String, @Nullable String> labels) {}

  /** As a canary of that name, or 422 with all that is wrong. */
  Canary checked(String name, Instant now) {
    var who = Optional.ofNullable(agent).orElse(new Who(null, null, null, null));
    var id = Optional.ofNullable(who.id()).orElse(Canary.ANYBODY);
    byte[] json = args == null ? new byte[0] : Json.write(args);
    var checks = new Checks();
    new TestRequest(
            id, action, resource, provider, args, findings, risk, time, sourceIp, estimate,
            approval, tools, history)
        .check(checks, "");
    checks
        .require(
            PolicyDocument.isName(name),
            "name",
            "has 1 to 63 lower-case letters, digits, dots, dashes and underscores")
        .require(verdict != null, "/verdict", "is needed: permit, escalate or deny")
        .text("/agent/name", who.name(), Canary.MAX_TEXT)
        .text("/agent/owner", who.owner(), Canary.MAX_TEXT)
        .require(areLabels(who.labels()), "/agent/labels", "are at most 100 short texts")
        .require(
            json.length <= Canary.MAX_ARGS, "/args", "has at most " + Canary.MAX_ARGS + " bytes")
        .done();
    return new Canary(
        name,
        Objects.requireNonNull(verdict),
        new Canary.Agent(
            id,
            Optional.ofNullable(who.name()).orElse(ANYBODY),
            who.owner(),
            Optional.ofNullable(who.labels()).map(CanaryBody::present).orElse(Map.of())),
        Objects.requireNonNull(action),
        Objects.requireNonNull(resource),
        provider,
        new String(json, StandardCharsets.UTF_8),
        Optional.ofNullable(findings).map(CanaryBody::present).orElse(List.of()),
        Optional.ofNullable(risk).orElse(0L),
        Optional.ofNullable(time).orElse(now),
        Optional.ofNullable(sourceIp).orElse(ANYWHERE),
        cost(),
        grant(),
        declared(),
        Optional.ofNullable(history).orElse(List.of()).stream()
            .map(Objects::requireNonNull)
            .map(TestRequest.Earlier::stated)
            .toList());
  }

  private static boolean areLabels(@Nullable Map<String, @Nullable String> labels) {
    return labels == null
        || (labels.size() <= Canary.MAX_ENTRIES
            && labels.entrySet().stream()
                .allMatch(each ->
                    each.getKey().length() <= Canary.MAX_TEXT
                        && each.getValue() != null
                        && each.getValue().length() <= Canary.MAX_TEXT));
  }

  private static Map<String, String> present(Map<String, @Nullable String> checked) {
    var labels = new TreeMap<String, String>();
    checked.forEach((key, value) -> labels.put(key, Objects.requireNonNull(value)));
    return labels;
  }

  private static List<String> present(List<@Nullable String> checked) {
    return checked.stream().map(Objects::requireNonNull).toList();
  }

  private Canary.@Nullable Estimate cost() {
    return estimate == null
        ? null
        : new Canary.Estimate(Objects.requireNonNull(estimate.tokens()), estimate.cents());
  }

  private Canary.@Nullable Tools declared() {
    return tools == null
        ? null
        : new Canary.Tools(
            Optional.ofNullable(tools.names()).map(CanaryBody::present).orElse(List.of()),
            Optional.ofNullable(tools.provider()).map(CanaryBody::present).orElse(List.of()));
  }

  private Canary.@Nullable Approval grant() {
    return approval == null
        ? null
        : new Canary.Approval(
            Objects.requireNonNull(approval.tier()),
            Optional.ofNullable(approval.by()).map(CanaryBody::present).orElse(List.of()),
            Objects.requireNonNull(approval.at()));
  }
}
