package io.redoubt.controlplane.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.policy.Canary;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A canary as operators see it: in the form in which they write it. */
record CanaryView(
    String name,
    Verdict verdict,
    Canary.Agent agent,
    String action,
    String resource,
    @Nullable String provider,
    @Nullable JsonNode args,
    List<String> findings,
    long risk,
    Instant time,
    String sourceIp,
    Canary.@Nullable Estimate estimate,
    Canary.@Nullable Approval approval,
    Canary.@Nullable Tools tools,
    List<Canary.Earlier> history) {

  static CanaryView of(Canary canary) {
    return new CanaryView(
        canary.name(),
        canary.verdict(),
        canary.agent(),
        canary.action(),
        canary.resource(),
        canary.within(),
        args(canary.args()),
        canary.findings(),
        canary.risk(),
        canary.time(),
        canary.sourceIp(),
        canary.estimate(),
        canary.approval(),
        canary.tools(),
        canary.history());
  }

  private static @Nullable JsonNode args(String text) {
    try {
      return text.isEmpty() ? null : Json.LENIENT.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("arguments that were written here", e);
    }
  }
}
