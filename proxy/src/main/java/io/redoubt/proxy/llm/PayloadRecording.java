package io.redoubt.proxy.llm;

import io.redoubt.organization.Organizations;
import io.redoubt.payload.PayloadStore;
import io.redoubt.payload.PayloadStore.Part;
import io.redoubt.payload.PayloadStore.Payload;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.jwt.AccessClaims;
import io.redoubt.protocol.link.OrganizationSpec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.util.ByteString;

/**
 * Keeps requests and replies where the organization wants them kept. That a payload could not be
 * kept stops nothing, but is said in the record (G12).
 */
final class PayloadRecording {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final PayloadStore store;
  private final Organizations organizations;
  private final LlmConfig config;
  private final ReplyRecorder.Memory memory;
  private final LlmTelemetry telemetry;
  private final InstantSource clock;

  PayloadRecording(LlmPorts ports, LlmConfig config, LlmTelemetry telemetry, InstantSource clock) {
    this.store = ports.payloads();
    this.organizations = ports.organizations();
    this.config = config;
    this.memory = new ReplyRecorder.Memory(config.payloadMemory());
    this.telemetry = telemetry;
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
    boolean truncated = body.size() > config.payloadLimit();
    var kept = body.take(config.payloadLimit());
    // Sealed it is there a second time, and may wait for the database longer than its call lasts.
    if (!memory.take(kept.size())) {
      telemetry.payloadLost();
      return CompletableFuture.completedFuture(false);
    }
    return keep(payload(spec, agent, action, Part.REQUEST, "application/json", kept, truncated))
        .whenComplete((_, _) -> memory.giveBack(kept.size()));
  }

  /** Completes with whether it was kept; never fails. */
  CompletableFuture<Boolean> keepReply(
      OrganizationSpec spec,
      AccessClaims agent,
      ActionId action,
      String mediaType,
      ReplyRecorder reply) {
    return keep(payload(
            spec, agent, action, Part.REPLY, mediaType, reply.kept(), reply.isTruncated()))
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

  private CompletableFuture<Boolean> keep(Payload payload) {
    CompletableFuture<Void> kept;
    try {
      kept = store.keep(payload).toCompletableFuture().copy();
    } catch (RuntimeException e) {
      kept = CompletableFuture.failedFuture(e);
    }
    return kept.orTimeout(LIMIT.toMillis(), TimeUnit.MILLISECONDS)
        .handle((_, failure) -> {
          if (failure != null) {
            telemetry.payloadLost();
            Causes.log("A payload could not be kept", failure);
          }
          return failure == null;
        });
  }
}
