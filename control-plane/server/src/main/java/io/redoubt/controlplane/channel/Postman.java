package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.redoubt.controlplane.approval.Approvals;
import io.redoubt.controlplane.operator.Transaction;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.approval.ApprovalView;
import io.redoubt.protocol.id.MemberId;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.proxy.inspect.Inspector;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says what is to be said. A channel is taken for a while by one process at a time, so no two speak
 * at once, and what one leaves undone another takes up. A channel that is away holds back none of
 * the others.
 */
final class Postman implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Postman.class);
  private static final int MOST_ORGANIZATIONS = 50;
  private static final int PURGED_AT_ONCE = 500;
  private static final Duration TEND_EVERY = Duration.ofSeconds(30);

  /** Callbacks are refused by their own time long before. */
  private static final Duration CALLBACKS_KEPT = Duration.ofHours(1);

  private final ChannelsConfig config;
  private final Database database;
  private final Channels channels;
  private final Notices notices;
  private final ShownArguments arguments;
  private final Askable askable;
  private final Map<Channel.Kind, Teller> tellers;
  private final Turns turns;
  private final Semaphore slots;
  private final Semaphore wake;
  private final Clock clock;
  private final AtomicLong waiting = new AtomicLong();
  private final Thread thread;
  private volatile boolean closed;

  /** What a step needs, read at once. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Ready(
      JsonNode settings,
      byte[] sealed,
      Notice notice,
      @Nullable ApprovalView view,
      @Nullable String agent,
      Map<String, String> people,
      List<String> askable,
      List<Inspector> inspectors) {}

  Postman(
      ChannelsConfig config,
      Database database,
      Channels channels,
      Notices notices,
      ShownArguments arguments,
      Askable askable,
      Map<Channel.Kind, Teller> tellers,
      MeterRegistry metrics,
      Clock clock) {
    this.config = config;
    this.database = database;
    this.channels = channels;
    this.notices = notices;
    this.arguments = arguments;
    this.askable = askable;
    this.tellers = Map.copyOf(tellers);
    this.turns = new Turns(config, database, clock);
    this.slots = new Semaphore(config.atOnce());
    this.wake = notices.wake();
    this.clock = clock;
    metrics.gauge("redoubt.channel.notices.waiting", waiting);
    this.thread = Thread.ofVirtual().name("redoubt-postman").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    long tended = System.nanoTime() - TEND_EVERY.toNanos();
    while (!closed) {
      try {
        if (System.nanoTime() - tended >= TEND_EVERY.toNanos()) {
          tended = System.nanoTime();
          tend();
        }
        giveUp();
        deliver();
        if (wake.tryAcquire(config.pollInterval().toMillis(), TimeUnit.MILLISECONDS)) {
          wake.drainPermits();
        }
      } catch (InterruptedException _) {
        return;
      } catch (RuntimeException e) {
        LOG.warn("Channels could not be served; trying again later: {}", e.toString());
        pause();
      }
    }
  }

  private void pause() {
    try {
      Thread.sleep(config.backOffMin());
    } catch (InterruptedException _) {
      closed = true;
    }
  }

  /** Takes as many channels as there are free hands. */
  private void deliver() {
    int free = slots.availablePermits();
    if (free == 0) {
      return;
    }
    for (var turn : turns.take(free)) {
      slots.acquireUninterruptibly();
      Thread.ofVirtual()
          .name("redoubt-channel")
          .start(() -> {
            try {
              serve(turn);
            } finally {
              slots.release();
              wake.release();
            }
          });
    }
  }

  /** For a part of the lease, so that the last call of it ends within. */
  private void serve(Turns.Turn turn) {
    long end =
        System.nanoTime()
            + config
                .lease()
                .minus(config.requestTimeout().multipliedBy(ChannelsConfig.MOST_CALLS))
                .dividedBy(2)
                .toNanos();
    try {
      boolean more = true;
      while (more && !closed && System.nanoTime() < end) {
        more = step(turn);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.warn(
          "Channel {} of {} could not be served; trying again later",
          turn.kind().wire(),
          turn.organization(),
          e);
      turns.holdAfter(turn);
    } finally {
      turns.release(turn);
    }
  }

  /** One call; whether there may be another. */
  private boolean step(Turns.Turn turn) throws InterruptedException {
    Optional<Ready> found =
        database.inOrganizationBlocking(turn.organization(), handle -> next(handle, turn));
    if (found.isEmpty()) {
      return false;
    }
    var ready = found.get();
    byte[] secrets = channels.openNow(turn.organization(), turn.kind(), ready.sealed());
    var job =
        new Teller.Job(
            ready.settings(),
            secrets,
            ready.notice(),
            shown(ready),
            () -> begin(turn, ready.notice()));
    Teller teller = tellers.get(turn.kind());
    Teller.Step step =
        teller == null
            ? new Teller.Ended("dead", "nobody knows how to speak there")
            : teller.step(job);
    return settle(turn, ready, step);
  }

  private void begin(Turns.Turn turn, Notice notice) {
    if (!turns.inTurn(
        turn, handle -> notices.begun(handle, turn.organization(), turn.kind(), notice))) {
      throw new IllegalStateException("the channel is another process's by now");
    }
  }

  private Optional<Ready> next(Handle handle, Turns.Turn turn) {
    var organization = turn.organization();
    return notices
        .next(handle, organization, turn.kind())
        .flatMap(notice ->
            handle
                .createQuery(
                    """
                    SELECT c.settings, c.sealed, a.document, g.name AS agent
                    FROM control.channel c
                    JOIN control.approval a
                      ON a.organization_id = c.organization_id AND a.id = :approval
                    JOIN control.agent g
                      ON g.organization_id = a.organization_id AND g.id = a.agent_id
                    WHERE c.organization_id = :organization AND c.kind = :kind
                      AND c.taken_by = :self AND c.deleted_at IS NULL
                    """)
                .bind("organization", organization.uuid())
                .bind("kind", turn.kind().wire())
                .bind("self", turns.self())
                .bind("approval", notice.approval().uuid())
                .map((row, _) -> {
                  var view =
                      Approvals.beside(
                          Transaction.of(organization, handle),
                          Rows.json(row, "document", ApprovalView.class));
                  boolean isWhisper = notice.whisper() != null;
                  return new Ready(
                      Rows.json(row, "settings", JsonNode.class),
                      row.getBytes("sealed"),
                      notice,
                      isWhisper ? null : view,
                      row.getString("agent"),
                      isWhisper ? Map.of() : people(handle, organization, view),
                      turn.kind() == Channel.Kind.EMAIL
                          ? askable.addresses(Transaction.of(organization, handle), view)
                          : List.of(),
                      isWhisper
                          ? List.of()
                          : arguments.inspectors(Transaction.of(organization, handle)));
                })
                .findOne());
  }

  private static Map<String, String> people(
      Handle handle, OrganizationId organization, ApprovalView view) {
    var names = new HashMap<String, String>();
    name(handle, organization, view.owner(), names);
    view.votes().forEach(vote -> name(handle, organization, vote.by(), names));
    Stream.of(Optional.ofNullable(view.editOf()), Optional.ofNullable(view.editedTo()))
        .flatMap(Optional::stream)
        .forEach(edit -> name(handle, organization, edit.by(), names));
    return names;
  }

  private static void name(
      Handle handle, OrganizationId organization, @Nullable String id, Map<String, String> names) {
    if (id == null || names.containsKey(id)) {
      return;
    }
    try {
      var member = MemberId.parse(id);
      handle
          .createQuery(
              """
              SELECT name FROM control.member WHERE organization_id = :organization AND id = :id
              """)
          .bind("organization", organization.uuid())
          .bind("id", member.uuid())
          .mapTo(String.class)
          .findOne()
          .ifPresent(name -> names.put(id, name));
    } catch (IllegalArgumentException _) {
      // A client, which goes by its identifier.
    }
  }

  private static @Nullable Shown shown(Ready ready) {
    var view = ready.view();
    if (view == null) {
      return null;
    }
    boolean hidden = ready.settings().path("arguments").asText().equals(ArgumentsShown.NONE.wire());
    String text = hidden ? null : ShownArguments.of(view, ready.inspectors()).orElse(null);
    String agent = ready.agent() == null ? view.agentId().toString() : ready.agent();
    boolean changeable = !hidden && ShownArguments.toChange(view, ready.inspectors()).isPresent();
    return new Shown(view, agent, ready.people(), ready.askable(), text, changeable);
  }

  /** Writes down what came of it; whether to go on in this channel. */
  private boolean settle(Turns.Turn turn, Ready ready, Teller.Step step) {
    var organization = turn.organization();
    var kind = turn.kind();
    return turns.inTurn(
            turn,
            handle -> {
              switch (step) {
                case Teller.Further(var notice, var where) -> {
                  turns.wentWell(handle, turn);
                  notices.progressed(handle, organization, kind, notice, null);
                  notified(handle, turn, ready, where);
                }
                case Teller.PassedOver(var notice, var why) -> {
                  turns.wentWell(handle, turn);
                  notices.progressed(handle, organization, kind, notice, null);
                  notices.undeliverable(handle, organization, kind, notice, why);
                }
                case Teller.Said(var notice, var where) -> {
                  turns.wentWell(handle, turn);
                  notices.progressed(handle, organization, kind, notice, null);
                  notified(handle, turn, ready, where);
                  notices.done(handle, organization, kind, notice);
                }
                case Teller.Held(var notice, var why, var pause) -> {
                  notices.progressed(handle, organization, kind, notice, why);
                  turns.hold(handle, turn, why, pause);
                }
                case Teller.Ended(var state, var why) ->
                    notices.ended(handle, organization, kind, ready.notice(), state, why);
              }
            })
        && !(step instanceof Teller.Held);
  }

  /** On record with what shows it, where people see it who did not before. */
  private void notified(Handle handle, Turns.Turn turn, Ready ready, @Nullable String where) {
    if (where != null && ready.view() != null) {
      notices.notified(handle, turn.organization(), turn.kind(), ready.view(), where);
    }
  }

  private void giveUp() {
    Instant now = now();
    List<OrganizationId> overdue =
        database.inTransactionBlocking(handle ->
            handle
                .createQuery("SELECT control.organizations_with_overdue_notices(:now, :limit)")
                .bind("now", now)
                .bind("limit", MOST_ORGANIZATIONS)
                .mapTo(UUID.class)
                .map(OrganizationId::new)
                .list());
    for (var organization : overdue) {
      int given =
          database.inOrganizationBlocking(
              organization, handle -> notices.giveUp(handle, organization));
      LOG.warn("{} notices of {} could not be said in time", given, organization);
    }
  }

  private void tend() {
    Instant now = now();
    int purged;
    do {
      purged =
          database.inTransactionBlocking(handle ->
              handle
                  .createQuery("SELECT control.purge_channels(:notices, :callbacks, :limit)")
                  .bind("notices", now.minus(config.keptFor()))
                  .bind("callbacks", now.minus(CALLBACKS_KEPT))
                  .bind("limit", PURGED_AT_ONCE)
                  .mapTo(Integer.class)
                  .one());
    } while (purged == PURGED_AT_ONCE && !closed);
    waiting.set(
        database.inTransactionBlocking(handle ->
            handle
                .createQuery("SELECT waiting FROM control.count_notices()")
                .mapTo(Long.class)
                .one()));
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }

  /** Lets calls under way end. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      boolean _ = thread.join(config.requestTimeout());
      boolean _ =
          slots.tryAcquire(
              config.atOnce(), config.requestTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
