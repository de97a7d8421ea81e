package io.redoubt.proxy.llm;

import io.redoubt.agent.AgentKey;
import io.redoubt.http.RateLimiter;
import io.redoubt.organization.Organizations;
import io.redoubt.payload.PayloadStore;
import io.redoubt.payload.PayloadStore.Part;
import io.redoubt.payload.PayloadStore.Payload;
import io.redoubt.protocol.audit.Outcome;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.OrganizationSpec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.util.ByteString;

/**
 * Keeps requests and replies where the organization wants them kept. That a payload could not be
 * kept stops nothing, but is said in the record (G12).
 */
final class PayloadRecording {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** A client waits for it: its refusal is on record only then. */
  private static final Duration REFUSED_LIMIT = Duration.ofSeconds(5);

  private static final String NOT_KEPT = "payload-not-kept";

  /** Agents that are told apart: their names are not free to invent. */
  private static final int MAX_AGENTS = 10_000;

  private final PayloadStore store;
  private final Organizations organizations;
  private final LlmConfig config;
  private final ReplyRecorder.Memory memory;
  private final ReplyRecorder.Memory refused;
  private final RateLimiter refusals;
  private final LlmTelemetry telemetry;
  private final Deadlines deadlines;
  private final InstantSource clock;

  PayloadRecording(
      LlmPorts ports,
      LlmConfig config,
      LlmTelemetry telemetry,
      Deadlines deadlines,
      InstantSource clock) {
    this.store = ports.payloads();
    this.organizations = ports.organizations();
    this.config = config;
    this.memory = new ReplyRecorder.Memory(config.payloadMemory());
    this.refused = new ReplyRecorder.Memory(config.payloadMemory() / 2);
    this.refusals =
        new RateLimiter(
            config.refusedPayloads().perSecond(),
            config.refusedPayloads().burst(),
            MAX_AGENTS,
            clock);
    this.telemetry = telemetry;
    this.deadlines = deadlines;
    this.clock = clock;
  }

  /** What is known of an organization that wants payloads kept; empty: it does not. */
  Optional<OrganizationSpec> wantedBy(OrganizationId organization) {
    return organizations
        .find(organization)
        .filter(spec -> spec.payloads() == OrganizationSpec.Payloads.FULL);
  }

  ReplyRecorder replyRecorder() {
    return new ReplyRecorder(memory, config.payloadLimit());
  }

  /** Completes with whether it was kept; never fails. */
  CompletableFuture<Boolean> keepRequest(
      OrganizationSpec spec, AccessClaims agent, ActionId action, ByteString body) {
    return keepRequest(spec, agent, action, body, config.payloadLimit(), LIMIT);
  }

  private CompletableFuture<Boolean> keepRequest(
      OrganizationSpec spec,
      AccessClaims agent,
      ActionId action,
      ByteString body,
      int most,
      Duration limit) {
    boolean truncated = body.size() > most;
    var kept = body.take(most);
    // Sealed it is there a second time, and may wait for the database longer than its call lasts.
    if (!memory.take(kept.size())) {
      telemetry.payloadLost();
      return CompletableFuture.completedFuture(false);
    }
    return keep(
            payload(spec, agent, action, Part.REQUEST, "application/json", kept, truncated), limit)
        .whenComplete((_, _) -> memory.giveBack(kept.size()));
  }

  /** Where that is wanted; completes with whether nothing is missing, and never fails. */
  CompletableFuture<Boolean> keepWanted(AccessClaims agent, ActionId action, ByteString body) {
    return wantedBy(agent.organization())
        .map(spec -> keepRequest(spec, agent, action, body))
        .orElseGet(() -> CompletableFuture.completedFuture(true));
  }

  /**
   * The same for a call that is refused. Being refused costs an agent nothing, so that only so much
   * is kept of what it says then, and never in the place of what others are permitted (G11).
   */
  CompletableFuture<Boolean> keepRefused(AccessClaims agent, ActionId action, ByteString body) {
    var wanted = wantedBy(agent.organization());
    if (wanted.isEmpty()) {
      return CompletableFuture.completedFuture(true);
    }
    int most = Math.min(config.refusedPayloads().maxBytes(), config.payloadLimit());
    int bytes = Math.min(body.size(), most);
    var key = new AgentKey(agent.organization(), agent.agent());
    if (refusals.retryAfterSeconds(key).isPresent()) {
      telemetry.payloadBeyondRate();
      return CompletableFuture.completedFuture(false);
    }
    if (!refused.take(bytes)) {
      telemetry.payloadLost();
      return CompletableFuture.completedFuture(false);
    }
    return keepRequest(wanted.get(), agent, action, body, most, REFUSED_LIMIT)
        .whenComplete((_, _) -> refused.giveBack(bytes));
  }

  /** G12: a record that promises payloads says where they are missing. */
  static Outcome without(Outcome outcome) {
    String error = outcome.error() == null ? NOT_KEPT : outcome.error() + "," + NOT_KEPT;
    return new Outcome(
        outcome.status(), outcome.durationMs(), outcome.usage(), error, outcome.charged());
  }

  /** Completes with whether it was kept; never fails. */
  CompletableFuture<Boolean> keepReply(
      OrganizationSpec spec,
      AccessClaims agent,
      ActionId action,
      String mediaType,
      ReplyRecorder reply) {
    return keep(
            payload(spec, agent, action, Part.REPLY, mediaType, reply.kept(), reply.isTruncated()),
            LIMIT)
        .whenComplete((_, _) -> reply.release());
  }

  private Payload payload(
      OrganizationSpec spec,
      AccessClaims agent,
      ActionId action,
      Part part,
      String mediaType,
      ByteString body,
      boolean truncated) {
    if (truncated) {
      telemetry.payloadTruncated();
    }
    var now = clock.instant();
    return new Payload(
        agent.organization(),
        agent.agent(),
        action,
        part,
        mediaType,
        body,
        truncated,
        now,
        now.plus(Duration.ofDays(spec.payloadRetentionDays())));
  }

  private CompletableFuture<Boolean> keep(Payload payload, Duration limit) {
    CompletableFuture<Void> kept;
    try {
      kept = store.keep(payload).toCompletableFuture().copy();
    } catch (RuntimeException e) {
      kept = CompletableFuture.failedFuture(e);
    }
    return deadlines
        .within(limit, kept)
        .handle((_, failure) -> {
          if (failure != null) {
            telemetry.payloadLost();
            Causes.log("A payload could not be kept", failure);
          }
          return failure == null;
        });
  }
}
