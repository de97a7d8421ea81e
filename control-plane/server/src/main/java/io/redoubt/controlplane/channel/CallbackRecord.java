package io.redoubt.controlplane.channel;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.http.RateLimiter;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts what comes of calls from the servers of chats, and records those that do not count. */
final class CallbackRecord {
  private static final int AUDITED_PER_SECOND = 1;
  private static final int AUDITED_AT_ONCE = 60;
  private static final int REMEMBERED = 10_000;

  private final Database database;
  private final Trail trail;
  private final MeterRegistry metrics;
  private final RateLimiter shares;
  private final Clock clock;

  CallbackRecord(Database database, Trail trail, MeterRegistry metrics, Clock clock) {
    this.database = database;
    this.trail = trail;
    this.metrics = metrics;
    this.shares = new RateLimiter(AUDITED_PER_SECOND, AUDITED_AT_ONCE, REMEMBERED, clock);
    this.clock = clock;
  }

  /**
   * What may be recorded so many times a second at most: who floods the door does not flood the
   * record, nor keep out of it what others do.
   *
   * @param proven whether the call has shown whose it is, which few can: forge one can anybody
   */
  private record Share(
      Channel.Kind kind, OrganizationId organization, String outcome, boolean proven) {}

  /**
   * A call that proves nothing, for an app that several may have: it is in the record of each, and
   * counts once.
   */
  void refused(
      Channel.Kind kind,
      List<CallbackGate.Candidate> ofTheApp,
      String outcome,
      String why,
      String traceId) {
    count(kind, outcome);
    ofTheApp.forEach(each ->
        write(new Share(kind, each.organization(), outcome, false), null, null, why, traceId));
  }

  /** A call for an organization that does not count. */
  void refused(
      Channel.Kind kind,
      OrganizationId organization,
      String outcome,
      @Nullable String user,
      @Nullable ApprovalId id,
      @Nullable String why,
      String traceId) {
    count(kind, outcome);
    write(new Share(kind, organization, outcome, true), user, id, why, traceId);
  }

  private void write(
      Share share,
      @Nullable String user,
      @Nullable ApprovalId id,
      @Nullable String why,
      String traceId) {
    if (shares.retryAfterSeconds(share).isPresent()) {
      return;
    }
    var organization = share.organization;
    String chat = share.kind.wire();
    database.inOrganizationBlocking(
        organization,
        handle -> {
          trail.record(
              handle,
              new AuditBuilder(
                      ActionId.next(clock).auditId(),
                      now(),
                      organization,
                      Plane.ADMIN,
                      "callback:" + share.outcome,
                      Verdict.DENY)
                  .connector(chat)
                  .resource(user == null ? chat : chat + "/" + user)
                  .approval(id)
                  .detail(why)
                  .trace(traceId)
                  .build());
          return organization;
        });
  }

  /** Counts what came of a call. */
  void count(Channel.Kind kind, String outcome) {
    metrics
        .counter("redoubt.channel.callbacks", "channel", kind.wire(), "outcome", outcome)
        .increment();
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}
