package io.redoubt.proxy.decide;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
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
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.util.ByteString;

/**
 * Keeps requests and replies where the organization wants them kept. That a payload could not be
 * kept stops nothing, but is said in the record (G12).
 */
public final class PayloadRecording {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** A client waits for it: its refusal is on record only then. */
  private static final Duration REFUSED_LIMIT = Duration.ofSeconds(5);

  private static final String NOT_KEPT = "payload-not-kept";

  /** Agents that are told apart: their names are not free to invent. */
  private static final int MAX_AGENTS = 10_000;

  private final PayloadStore store;
  private final Organizations organizations;
  private final Limits limits;
  private final ReplyRecorder.Memory memory;
  private final ReplyRecorder.Memory refused;
  private final RateLimiter refusals;
  private final Deadlines deadlines;
  private final InstantSource clock;
  private final Counter lost;
  private final Counter beyondRate;
  private final Counter cutShort;

  /**
   * What is kept, of what fits.
   *
   * @param most bytes kept of one request or reply; the rest is cut off, and said so
   * @param memory bytes of requests and unfinished replies held for it, all together
   * @param refused what is kept of requests that are refused
   */
  public record Limits(int most, long memory, Refused refused) {}

  /**
   * Requests of one agent that are kept although they were refused.
   *
   * @param perSecond sustained
   * @param burst and at once
   * @param maxBytes of each
   */
  public record Refused(int perSecond, int burst, int maxBytes) {}

  public PayloadRecording(
      ActorSystem<?> system,
      PayloadStore store,
      Organizations organizations,
      Limits limits,
      MeterRegistry metrics,
      InstantSource clock) {
    this.store = store;
    this.organizations = organizations;
    this.limits = limits;
    this.memory = new ReplyRecorder.Memory(limits.memory());
    this.refused = new ReplyRecorder.Memory(limits.memory() / 2);
    this.refusals =
        new RateLimiter(limits.refused().perSecond(), limits.refused().burst(), MAX_AGENTS, clock);
    this.deadlines = new Deadlines(system);
    this.clock = clock;
    this.lost = metrics.counter("redoubt.llm.payloads.lost");
    this.beyondRate = metrics.counter("redoubt.llm.payloads.beyond.rate");
    this.cutShort = metrics.counter("redoubt.llm.payloads.truncated");
  }

  /** What is known of an organization that wants payloads kept; empty: it does not. */
  public Optional<OrganizationSpec> wantedBy(OrganizationId organization) {
    return organizations
        .find(organization)
        .filter(spec -> spec.payloads() == OrganizationSpec.Payloads.FULL);
  }

  public ReplyRecorder replyRecorder() {
    return new ReplyRecorder(memory, limits.most());
  }

  /** Completes with whether it was kept; never fails. */
  public CompletableFuture<Boolean> keepRequest(
      OrganizationSpec spec, AccessClaims agent, ActionId action, ByteString body) {
    return keepRequest(spec, agent, action, body, limits.most(), LIMIT);
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
      lost.increment();
      return CompletableFuture.completedFuture(false);
    }
    return keep(
            payload(spec, agent, action, Part.REQUEST, "application/json", kept, truncated), limit)
        .whenComplete((_, _) -> memory.giveBack(kept.size()));
  }

  /** Where that is wanted; completes with whether nothing is missing, and never fails. */
  public CompletableFuture<Boolean> keepWanted(
      AccessClaims agent, ActionId action, ByteString body) {
    return wantedBy(agent.organization())
        .map(spec -> keepRequest(spec, agent, action, body))
        .orElseGet(() -> CompletableFuture.completedFuture(true));
  }

  /**
   * The same for a call that is refused. Being refused costs an agent nothing, so that only so much
   * is kept of what it says then, and never in the place of what others are permitted (G11).
   */
  public CompletableFuture<Boolean> keepRefused(
      AccessClaims agent, ActionId action, ByteString body) {
    var wanted = wantedBy(agent.organization());
    if (wanted.isEmpty()) {
      return CompletableFuture.completedFuture(true);
    }
    int most = Math.min(limits.refused().maxBytes(), limits.most());
    int bytes = Math.min(body.size(), most);
    var key = new AgentKey(agent.organization(), agent.agent());
    if (refusals.retryAfterSeconds(key).isPresent()) {
      // Lost, and on purpose: it is refused more often than what it says then is kept.
      beyondRate.increment();
      lost.increment();
      return CompletableFuture.completedFuture(false);
    }
    if (!refused.take(bytes)) {
      lost.increment();
      return CompletableFuture.completedFuture(false);
    }
    return keepRequest(wanted.get(), agent, action, body, most, REFUSED_LIMIT)
        .whenComplete((_, _) -> refused.giveBack(bytes));
  }

  /** G12: a record that promises payloads says where they are missing. */
  public static Outcome without(Outcome outcome) {
    String error = outcome.error() == null ? NOT_KEPT : outcome.error() + "," + NOT_KEPT;
    return new Outcome(
        outcome.status(), outcome.durationMs(), outcome.usage(), error, outcome.charged());
  }

  /** Completes with whether it was kept; never fails. */
  public CompletableFuture<Boolean> keepReply(
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
      cutShort.increment();
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
            lost.increment();
            Causes.log("A payload could not be kept", failure);
          }
          return failure == null;
        });
  }
}
