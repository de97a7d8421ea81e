package io.redoubt.controlplane.channel;

import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.controlplane.approval.Steps;
import io.redoubt.controlplane.operator.Trail;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.audit.AuditBuilder;
import io.redoubt.protocol.audit.Plane;
import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import io.redoubt.protocol.id.ApprovalId;
import io.redoubt.protocol.id.OrganizationId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What is to be said in channels, durably: written down in the transaction that takes in the step,
 * and one row for each request and channel, so that many steps while a channel is away become one.
 */
public final class Notices implements Steps {
  /** A word to one person is of no use to them much later. */
  private static final Duration WHISPERS_LIVE = Duration.ofMinutes(10);

  private static final int MOST_OVERDUE = 100;

  /** Where what was said can be put right; a second mail or webhook would only be one more. */
  private static final List<Channel.Kind> CHATS = List.of(Channel.Kind.SLACK, Channel.Kind.TEAMS);

  private final ChannelsConfig config;
  private final Trail trail;
  private final MeterRegistry metrics;
  private final Clock clock;
  private final Semaphore wake = new Semaphore(0);

  public Notices(ChannelsConfig config, Trail trail, MeterRegistry metrics, Clock clock) {
    this.config = config;
    this.trail = trail;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** Released when there is something to be said; a hint, since other processes write too. */
  Semaphore wake() {
    return wake;
  }

  /** Every channel of the organization is to show it; those beyond their limit will not. */
  @Override
  public void taken(Handle handle, OrganizationId organization, ApprovalView view) {
    Instant now = now();
    boolean told = Words.isTold(view);
    int noted =
        handle
            .createUpdate(
                """
                INSERT INTO control.notice AS n
                  (organization_id, kind, id, approval_id, wanted, state, due_at, give_up_at,
                   asked_at, changed_at)
                SELECT c.organization_id, c.kind, :id, :id, :version, 'waiting', :now, :giveUp, :now,
                  :now
                FROM control.channel c
                WHERE c.organization_id = :organization AND c.deleted_at IS NULL
                  AND (EXISTS (SELECT FROM control.notice k
                               WHERE k.organization_id = c.organization_id AND k.kind = c.kind
                                 AND k.id = :id)
                    OR :told AND :most > (
                      SELECT count(*) FROM (
                        SELECT FROM control.notice w
                        WHERE w.organization_id = c.organization_id AND w.kind = c.kind
                          AND w.state = 'waiting' LIMIT :most) AS waiting))
                ON CONFLICT (organization_id, kind, id) DO UPDATE
                SET wanted = excluded.wanted, state = 'waiting', due_at = excluded.due_at,
                  give_up_at = excluded.give_up_at, changed_at = excluded.changed_at
                WHERE n.wanted < excluded.wanted
                """)
            .bind("organization", organization.uuid())
            .bind("id", view.id().uuid())
            .bind("version", view.version())
            .bind("told", told)
            .bind("most", config.maxWaiting())
            .bind("now", now)
            .bind("giveUp", now.plus(config.giveUpAfter()))
            .execute();
    if (noted > 0) {
      handle.afterCommit(wake::release);
    } else if (told) {
      leftOut(handle, organization, view.id());
    }
  }

  /** Records channels that are too far behind to be asked for more. */
  private void leftOut(Handle handle, OrganizationId organization, ApprovalId id) {
    List<String> full =
        handle
            .createQuery(
                """
                SELECT c.kind FROM control.channel c
                WHERE c.organization_id = :organization AND c.deleted_at IS NULL
                  AND NOT EXISTS (SELECT FROM control.notice k
                                  WHERE k.organization_id = c.organization_id AND k.kind = c.kind
                                    AND k.id = :id)
                """)
            .bind("organization", organization.uuid())
            .bind("id", id.uuid())
            .mapTo(String.class)
            .list();
    for (String kind : full) {
      count(kind, "left-out");
      audit(handle, organization, kind, "notice:left-out", id, "too much waits for the channel");
    }
  }

  /**
   * Shows it once more as it stands: what is shown may be another thing than what is, and so may
   * what is being shown just now.
   */
  void again(Handle handle, OrganizationId organization, Channel.Kind kind, ApprovalId id) {
    again(handle, organization, List.of(kind), id);
  }

  @Override
  public void again(Handle handle, OrganizationId organization, ApprovalId id) {
    again(handle, organization, CHATS, id);
  }

  private void again(
      Handle handle, OrganizationId organization, List<Channel.Kind> kinds, ApprovalId id) {
    int noted =
        handle
            .createUpdate(
                """
                UPDATE control.notice
                SET shown = least(shown, wanted - 1), changes = changes + 1, state = 'waiting',
                  due_at = CASE state WHEN 'waiting' THEN due_at ELSE :now END,
                  give_up_at = CASE state WHEN 'waiting' THEN give_up_at ELSE :giveUp END,
                  changed_at = :now
                WHERE organization_id = :organization AND kind = ANY (:kinds) AND id = :id
                  AND (message IS NOT NULL OR state = 'waiting')
                """)
            .bind("organization", organization.uuid())
            .bindArray("kinds", String.class, kinds.stream().map(Channel.Kind::wire).toList())
            .bind("id", id.uuid())
            .bind("now", now())
            .bind("giveUp", now().plus(config.giveUpAfter()))
            .execute();
    if (noted > 0) {
      handle.afterCommit(wake::release);
    }
  }

  /** Tells one person something about a request that the organization has. */
  void whisper(
      Handle handle,
      OrganizationId organization,
      Channel.Kind kind,
      ApprovalId approval,
      Notice.Whisper whisper) {
    Instant now = now();
    handle
        .createUpdate(
            """
            INSERT INTO control.notice
              (organization_id, kind, id, approval_id, whisper, wanted, state, due_at, give_up_at,
               asked_at, changed_at)
            SELECT c.organization_id, c.kind, :id, a.id, CAST(:whisper AS jsonb), 1, 'waiting', :now,
              :giveUp, :now, :now
            FROM control.channel c
            JOIN control.approval a ON a.organization_id = c.organization_id AND a.id = :approval
            WHERE c.organization_id = :organization AND c.kind = :kind AND c.deleted_at IS NULL
              AND :most > (
                SELECT count(*) FROM (
                  SELECT FROM control.notice w
                  WHERE w.organization_id = c.organization_id AND w.kind = c.kind
                    AND w.state = 'waiting' LIMIT :most) AS waiting)
            """)
        .bind("organization", organization.uuid())
        .bind("kind", kind.wire())
        .bind("id", ApprovalId.next(clock).uuid())
        .bind("approval", approval.uuid())
        .bind("whisper", Rows.json(whisper))
        .bind("most", config.maxWaiting())
        .bind("now", now)
        .bind("giveUp", now.plus(WHISPERS_LIVE))
        .execute();
    handle.afterCommit(wake::release);
  }

  /** What is to be said next there; empty: nothing for now. */
  Optional<Notice> next(Handle handle, OrganizationId organization, Channel.Kind kind) {
    return handle
        .createQuery(
            """
            SELECT * FROM control.notice
            WHERE organization_id = :organization AND kind = :kind AND state = 'waiting'
              AND due_at <= :now
            ORDER BY due_at, id LIMIT 1
            """)
        .bind("organization", organization.uuid())
        .bind("kind", kind.wire())
        .bind("now", now())
        .map((row, _) -> read(row))
        .findOne();
  }

  /** From here on it may be shown, whatever becomes of this process. */
  void begun(Handle handle, OrganizationId organization, Channel.Kind kind, Notice notice) {
    handle
        .createUpdate(
            """
            UPDATE control.notice SET begun = true
            WHERE organization_id = :organization AND kind = :kind AND id = :id
            """)
        .bind("organization", organization.uuid())
        .bind("kind", kind.wire())
        .bind("id", notice.id())
        .execute();
  }

  /**
   * Keeps how far it came. What did not go well comes after all others, so that it holds up none.
   *
   * @param problem null: it went well
   */
  void progressed(
      Handle handle,
      OrganizationId organization,
      Channel.Kind kind,
      Notice notice,
      @Nullable String problem) {
    handle
        .createUpdate(
            """
            UPDATE control.notice
            SET shown = CASE changes WHEN :changes THEN :shown ELSE least(:shown, wanted - 1) END,
              standing = CAST(:standing AS jsonb),
              message = CAST(:place AS jsonb), begun = :begun, attempts = attempts + 1,
              problem = :problem, changed_at = :now,
              due_at = CASE WHEN CAST(:problem AS text) IS NULL THEN due_at ELSE :now END
            WHERE organization_id = :organization AND kind = :kind AND id = :id
            """)
        .bind("shown", notice.shown())
        .bind("changes", notice.changes())
        .bind("standing", notice.standing() == null ? null : Rows.json(notice.standing()))
        .bind("place", notice.place() == null ? null : Rows.json(notice.place()))
        .bind("begun", notice.begun())
        .bind("problem", problem)
        .bind("now", now())
        .bind("organization", organization.uuid())
        .bind("kind", kind.wire())
        .bind("id", notice.id())
        .execute();
  }

  /** Everything is said, unless more has come meanwhile. */
  void done(Handle handle, OrganizationId organization, Channel.Kind kind, Notice notice) {
    count(kind.wire(), "told");
    handle
        .createUpdate(
            """
            UPDATE control.notice SET state = 'told', attempts = 0, changed_at = :now
            WHERE organization_id = :organization AND kind = :kind AND id = :id
              AND wanted <= :wanted AND changes = :changes AND state = 'waiting'
            """)
        .bind("now", now())
        .bind("organization", organization.uuid())
        .bind("kind", kind.wire())
        .bind("id", notice.id())
        .bind("changes", notice.changes())
        .bind("wanted", Math.max(notice.shown(), notice.whisper() == null ? 0 : notice.wanted()))
        .execute();
  }

  /** It will not be said. */
  void ended(
      Handle handle,
      OrganizationId organization,
      Channel.Kind kind,
      Notice notice,
      String state,
      String why) {
    int ended =
        handle
            .createUpdate(
                """
                UPDATE control.notice SET state = :state, problem = :why, changed_at = :now
                WHERE organization_id = :organization AND kind = :kind AND id = :id
                  AND state = 'waiting'
                """)
            .bind("state", state)
            .bind("why", why)
            .bind("now", now())
            .bind("organization", organization.uuid())
            .bind("kind", kind.wire())
            .bind("id", notice.id())
            .execute();
    if (ended > 0) {
      count(kind.wire(), state);
      audit(handle, organization, kind.wire(), "notice:" + state, notice.approval(), why);
    }
  }

  /** One of those who were to be told never will be. */
  void undeliverable(
      Handle handle, OrganizationId organization, Channel.Kind kind, Notice notice, String why) {
    count(kind.wire(), "undeliverable");
    audit(handle, organization, kind.wire(), "notice:undeliverable", notice.approval(), why);
  }

  private record Overdue(String kind, ApprovalId approval, @Nullable String problem) {}

  /** Gives up some of what could not be said for too long, and records it. */
  int giveUp(Handle handle, OrganizationId organization) {
    List<Overdue> overdue =
        handle
            .createQuery(
                """
                UPDATE control.notice n SET state = 'dead', changed_at = :now
                WHERE n.organization_id = :organization AND (n.kind, n.id) IN (
                  SELECT o.kind, o.id FROM control.notice o
                  WHERE o.organization_id = :organization AND o.state = 'waiting'
                    AND o.give_up_at <= :now
                  ORDER BY o.give_up_at LIMIT :most FOR UPDATE SKIP LOCKED)
                RETURNING n.kind, n.approval_id,
                  coalesce(n.problem, (SELECT c.problem FROM control.channel c
                    WHERE c.organization_id = n.organization_id AND c.kind = n.kind)) AS problem
                """)
            .bind("organization", organization.uuid())
            .bind("now", now())
            .bind("most", MOST_OVERDUE)
            .map((row, _) ->
                new Overdue(
                    row.getString("kind"),
                    new ApprovalId(Rows.uuid(row, "approval_id")),
                    row.getString("problem")))
            .list();
    for (var each : overdue) {
      count(each.kind(), "dead");
      String why = "could not be said in time";
      audit(
          handle,
          organization,
          each.kind(),
          "notice:dead",
          each.approval(),
          each.problem() == null ? why : why + ": " + each.problem());
    }
    return overdue.size();
  }

  /** Records that people can see it, and where. */
  void notified(
      Handle handle,
      OrganizationId organization,
      Channel.Kind kind,
      ApprovalView view,
      String where) {
    trail.record(
        handle,
        record(organization, kind.wire(), "approval:notified", Verdict.PERMIT)
            .approval(view.id())
            .agent(view.agentId(), view.owner())
            .resource(where)
            .build());
  }

  private void audit(
      Handle handle,
      OrganizationId organization,
      String kind,
      String operation,
      ApprovalId approval,
      String why) {
    trail.record(
        handle,
        record(organization, kind, operation, Verdict.DENY)
            .approval(approval)
            .resource(approval.toString())
            .detail(why)
            .build());
  }

  private AuditBuilder record(
      OrganizationId organization, String kind, String operation, Verdict verdict) {
    return new AuditBuilder(
            ActionId.next(clock).auditId(), now(), organization, Plane.ADMIN, operation, verdict)
        .connector(kind);
  }

  private void count(String kind, String outcome) {
    metrics.counter("redoubt.channel.notices", "channel", kind, "outcome", outcome).increment();
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }

  private static Notice read(ResultSet row) throws SQLException {
    return new Notice(
        Rows.uuid(row, "id"),
        new ApprovalId(Rows.uuid(row, "approval_id")),
        row.getString("whisper") == null ? null : Rows.json(row, "whisper", Notice.Whisper.class),
        row.getInt("wanted"),
        row.getInt("shown"),
        row.getInt("changes"),
        row.getString("standing") == null ? null : Rows.json(row, "standing", Standing.class),
        row.getString("message") == null ? null : Rows.json(row, "message", Notice.Place.class),
        row.getBoolean("begun"),
        Rows.instant(row, "asked_at"));
  }
}
