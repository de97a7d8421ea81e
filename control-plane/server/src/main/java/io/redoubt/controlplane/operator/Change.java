package io.redoubt.controlplane.operator;

import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.AgentId;
import io.redoubt.protocol.id.AuditId;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * A change under way: one transaction of one organization, who makes it, and when. What it does and
 * the audit record of it are committed together or not at all.
 */
public final class Change implements Transaction {
  private final Handle handle;
  private final Operator operator;
  private final Clock clock;
  private final Instant now;
  private final @Nullable String traceId;
  private final Trail trail;

  public Change(
      Handle handle, Operator operator, Clock clock, @Nullable String traceId, Trail trail) {
    this.handle = handle;
    this.operator = operator;
    this.clock = clock;
    this.now = now(clock);
    this.traceId = traceId;
    this.trail = trail;
  }

  /** The time as the database keeps it: to the microsecond. */
  static Instant now(Clock clock) {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }

  @Override
  public Handle handle() {
    return handle;
  }

  public Operator operator() {
    return operator;
  }

  @Override
  public OrganizationId organization() {
    return operator.organization();
  }

  public Clock clock() {
    return clock;
  }

  /** One instant for the whole change. */
  public Instant now() {
    return now;
  }

  /**
   * Work on another organization's rows in the same transaction, for those few changes that the
   * platform's administrators make across organizations.
   */
  public <T> T elsewhere(OrganizationId other, Function<Change, T> work) {
    enter(other);
    var there =
        new Operator(
            other,
            operator.subject(),
            operator.client(),
            operator.permissions(),
            operator.authenticatedAt());
    T result = work.apply(new Change(handle, there, clock, traceId, trail));
    enter(organization());
    return result;
  }

  private void enter(OrganizationId other) {
    handle
        .createQuery("SELECT set_config('redoubt.organization', :organization, true)")
        .bind("organization", other.uuid().toString())
        .mapTo(String.class)
        .one();
  }

  /**
   * Makes changes that touch more than one row of the organization wait for each other, so that
   * none acts on what another is about to change. Insertions of other rows go on meanwhile.
   */
  public void lockOrganization() {
    handle
        .createQuery("SELECT id FROM control.organization WHERE id = :id FOR NO KEY UPDATE")
        .bind("id", organization().uuid())
        .mapTo(UUID.class)
        .one();
  }

  /** Records what was done, such as {@code member:create}, and to what. */
  public void audited(String operation, Object resource) {
    audited(operation, resource, null, null);
  }

  /** Records what was done to an agent. */
  public void auditedAgent(String operation, AgentId agent, String owner, @Nullable String detail) {
    record(
        operation,
        Verdict.PERMIT,
        agent.toString(),
        detail,
        builder -> builder.agent(agent, owner));
  }

  /** Records what was done, and why or how. */
  public void audited(
      String operation, Object resource, @Nullable String detail, @Nullable AgentId agent) {
    record(
        operation,
        Verdict.PERMIT,
        resource.toString(),
        detail,
        builder -> agent == null ? builder : builder.agent(agent, null));
  }

  /** Records what was not done, and why not. */
  public void auditedRefusal(String operation, Object resource, String why) {
    record(operation, Verdict.DENY, resource.toString(), why, builder -> builder);
  }

  /**
   * Records what was done about a request for approval, unless a record of that identifier is there
   * already.
   *
   * @param more says what else is known of it
   */
  public void auditedOnce(
      AuditId id, String operation, Verdict verdict, UnaryOperator<AuditBuilder> more) {
    var builder =
        new AuditBuilder(id, now, organization(), Plane.APPROVAL, operation, verdict)
            .trace(traceId);
    trail.recordOnce(handle, more.apply(builder.byOperator(operator.subject())).build());
  }

  private void record(
      String operation,
      Verdict verdict,
      String resource,
      @Nullable String detail,
      UnaryOperator<AuditBuilder> more) {
    var builder =
        new AuditBuilder(
                ActionId.next(clock).auditId(),
                now,
                organization(),
                Plane.ADMIN,
                operation,
                verdict)
            .resource(resource)
            .detail(detail)
            .trace(traceId);
    if (!operator.isSystem()) {
      builder.byOperator(operator.subject());
    }
    trail.record(handle, more.apply(builder).build());
  }
}
