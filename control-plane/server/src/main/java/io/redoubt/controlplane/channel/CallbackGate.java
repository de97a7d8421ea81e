package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.http.RateLimiter;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** What every call from a chat must be once it is proven: recent, not too often, and new. */
final class CallbackGate {
  private static final Duration SKEW = Duration.ofMinutes(5);

  /** Organizations that may share an app; others than the first are there by mistake, or worse. */
  private static final int MOST_OF_AN_APP = 16;

  private static final int REMEMBERED = 10_000;

  private final Database database;
  private final CallbackRecord record;
  private final RateLimiter perChannel;
  private final Clock clock;

  CallbackGate(ChannelsConfig config, Database database, CallbackRecord record, Clock clock) {
    this.database = database;
    this.record = record;
    this.perChannel =
        new RateLimiter(config.callbacksPerSecond(), config.callbacksBurst(), REMEMBERED, clock);
    this.clock = clock;
  }

  /** A channel that a call may be meant for. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Candidate(OrganizationId organization, JsonNode settings, byte[] sealed) {}

  private record Sender(Channel.Kind kind, OrganizationId organization) {}

  /** Whose calls an app may make. Blocks. */
  List<Candidate> candidates(Channel.Kind kind, String app) {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery(
                """
                SELECT organization_id, settings, sealed
                FROM control.channels_of_app(:kind, :app, :limit)
                """)
            .bind("kind", kind.wire())
            .bind("app", app)
            .bind("limit", MOST_OF_AN_APP)
            .map((row, _) -> candidate(row))
            .list());
  }

  /** Whose it is by what tells the calls for one channel from all others. Blocks. */
  Optional<Candidate> owner(Channel.Kind kind, byte[] ownership) {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery(
                """
                SELECT organization_id, settings, sealed
                FROM control.channel_owned(:kind, :ownership)
                """)
            .bind("kind", kind.wire())
            .bind("ownership", ownership)
            .map((row, _) -> candidate(row))
            .findOne());
  }

  private static Candidate candidate(ResultSet row) throws SQLException {
    return new Candidate(
        new OrganizationId(Rows.uuid(row, "organization_id")),
        Rows.json(row, "settings", JsonNode.class),
        row.getBytes("sealed"));
  }

  /**
   * Lets pass what was said just now, within the channel's share. Blocks.
   *
   * @param said when, by the chat's clock
   * @throws ProblemException for anything else
   */
  void requireRecent(Channel.Kind kind, OrganizationId organization, Instant said, String traceId) {
    var age = Duration.between(said, clock.instant());
    if (age.abs().compareTo(SKEW) > 0) {
      record.refused(
          kind, organization, "late", null, null, "said " + age.toSeconds() + " s ago", traceId);
      throw ProblemException.of(ErrorType.CREDENTIAL_INVALID, "It is too old, or of the future.");
    }
    var wait = perChannel.retryAfterSeconds(new Sender(kind, organization));
    if (wait.isPresent()) {
      record.count(kind, "too-many");
      throw ProblemException.retryAfter(
          ErrorType.RATE_LIMITED, "Too many calls for this channel.", wait.getAsInt());
    }
  }

  /**
   * The same is heard once, by whichever process. Blocks.
   *
   * @param mark what tells the call from all others
   * @throws ProblemException where it was heard before
   */
  void requireNew(Channel.Kind kind, OrganizationId organization, byte[] mark, String traceId) {
    int taken =
        database.inOrganizationBlocking(
            organization,
            handle ->
                handle
                    .createUpdate(
                        """
                        INSERT INTO control.channel_callback (organization_id, kind, signature, at)
                        VALUES (:organization, :kind, :signature, :now) ON CONFLICT DO NOTHING
                        """)
                    .bind("organization", organization.uuid())
                    .bind("kind", kind.wire())
                    .bind("signature", mark)
                    .bind("now", clock.instant().truncatedTo(ChronoUnit.MICROS))
                    .execute());
    if (taken == 0) {
      record.refused(kind, organization, "replayed", null, null, "heard before", traceId);
      throw ProblemException.of(ErrorType.CONFLICT, "This call was heard before.");
    }
  }
}
