package io.redoubt.controlplane.channel;

import io.redoubt.controlplane.store.Rows;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which channels this process has for itself, for as long as its lease lasts, and for how long
 * those are left alone that failed.
 */
final class Turns {
  private static final Logger LOG = LoggerFactory.getLogger(Turns.class);
  private static final int MOST_DOUBLINGS = 20;

  private final ChannelsConfig config;
  private final Database database;
  private final Clock clock;
  private final UUID self = UUID.randomUUID();

  Turns(ChannelsConfig config, Database database, Clock clock) {
    this.config = config;
    this.database = database;
    this.clock = clock;
  }

  /** A channel that this process has for itself. */
  record Turn(OrganizationId organization, Channel.Kind kind) {}

  /** How this process is known in the table. */
  UUID self() {
    return self;
  }

  /** Takes so many channels at most where something is to be said. */
  List<Turn> take(int most) {
    Instant now = now();
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery(
                """
                SELECT organization_id, kind
                FROM control.take_channels(:self, :now, :until, :limit)
                """)
            .bind("self", self)
            .bind("now", now)
            .bind("until", now.plus(config.lease()))
            .bind("limit", most)
            .map((row, _) ->
                new Turn(
                    new OrganizationId(Rows.uuid(row, "organization_id")),
                    Channel.Kind.of(row.getString("kind"))))
            .list());
  }

  /**
   * Does it only while the channel is this process's own.
   *
   * @return whether it was
   */
  boolean inTurn(Turn turn, Consumer<Handle> work) {
    return database.inOrganizationBlocking(
        turn.organization(),
        handle -> {
          boolean own =
              handle
                  .createQuery(
                      """
                      SELECT true FROM control.channel
                      WHERE organization_id = :organization AND kind = :kind AND taken_by = :self
                      FOR NO KEY UPDATE
                      """)
                  .bind("organization", turn.organization().uuid())
                  .bind("kind", turn.kind().wire())
                  .bind("self", self)
                  .mapTo(Boolean.class)
                  .findOne()
                  .orElse(false);
          if (own) {
            work.accept(handle);
          }
          return own;
        });
  }

  /** Nothing keeps it back any more. */
  void wentWell(Handle handle, Turn turn) {
    handle
        .createUpdate(
            """
            UPDATE control.channel SET failures = 0, held_until = NULL, problem = NULL
            WHERE organization_id = :organization AND kind = :kind
              AND (failures > 0 OR held_until IS NOT NULL OR problem IS NOT NULL)
            """)
        .bind("organization", turn.organization().uuid())
        .bind("kind", turn.kind().wire())
        .execute();
  }

  /** As long as the other side asked for, or twice as long each time. */
  void hold(Handle handle, Turn turn, String why, Duration asked) {
    int failures =
        handle
            .createQuery(
                """
                SELECT failures FROM control.channel
                WHERE organization_id = :organization AND kind = :kind
                """)
            .bind("organization", turn.organization().uuid())
            .bind("kind", turn.kind().wire())
            .mapTo(Integer.class)
            .one();
    Duration pause = asked.isPositive() ? asked : backOff(failures);
    handle
        .createUpdate(
            """
            UPDATE control.channel
            SET failures = failures + 1, held_until = :until, problem = :why
            WHERE organization_id = :organization AND kind = :kind
            """)
        .bind("until", now().plus(pause))
        .bind("why", why)
        .bind("organization", turn.organization().uuid())
        .bind("kind", turn.kind().wire())
        .execute();
    LOG.info(
        "Channel {} of {} has to wait {}: {}", turn.kind().wire(), turn.organization(), pause, why);
  }

  private Duration backOff(int failures) {
    Duration whole = config.backOffMin().multipliedBy(1L << Math.min(failures, MOST_DOUBLINGS));
    Duration most = whole.compareTo(config.backOffMax()) > 0 ? config.backOffMax() : whole;
    // Between half and the whole, so that channels that lost the same server do not return as one.
    long half = Math.max(1, most.toMillis() / 2);
    return Duration.ofMillis(half + ThreadLocalRandom.current().nextLong(half + 1));
  }

  void release(Turn turn) {
    try {
      database.inOrganizationBlocking(
          turn.organization(),
          handle ->
              handle
                  .createUpdate(
                      """
                      UPDATE control.channel SET taken_by = NULL, taken_until = :now
                      WHERE organization_id = :organization AND kind = :kind AND taken_by = :self
                      """)
                  .bind("now", now())
                  .bind("organization", turn.organization().uuid())
                  .bind("kind", turn.kind().wire())
                  .bind("self", self)
                  .execute());
    } catch (RuntimeException e) {
      LOG.warn("A channel stays taken until its time is over", e);
    }
  }

  /** What fails here would fail again at once. */
  void holdAfter(Turn turn) {
    try {
      boolean _ = inTurn(turn, handle -> hold(handle, turn, "failed here", Duration.ZERO));
    } catch (RuntimeException e) {
      LOG.warn("A channel could not be held back; its turn ends with its lease", e);
    }
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}
