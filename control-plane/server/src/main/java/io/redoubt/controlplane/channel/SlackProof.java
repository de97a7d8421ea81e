package io.redoubt.controlplane.channel;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.controlplane.store.Rows;
import io.redoubt.http.RateLimiter;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.json.Json;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Tells Slack's calls from made-up ones, and whose they are: signed with the secret of an
 * organization, over the body as it came, just now, and not heard before.
 */
final class SlackProof {
  private static final Channel.Kind SLACK = Channel.Kind.SLACK;
  private static final Pattern TIMESTAMP = Pattern.compile("[0-9]{1,12}");
  private static final Pattern SIGNATURE = Pattern.compile("v0=[0-9a-f]{64}");
  private static final Duration SKEW = Duration.ofMinutes(5);

  /** Organizations that may share an app; others than the first are there by mistake, or worse. */
  private static final int MOST_OF_AN_APP = 16;

  private static final int REMEMBERED = 10_000;

  private final Database database;
  private final Channels channels;
  private final CallbackRecord record;
  private final RateLimiter perChannel;
  private final Clock clock;

  SlackProof(
      ChannelsConfig config,
      Database database,
      Channels channels,
      CallbackRecord record,
      Clock clock) {
    this.database = database;
    this.channels = channels;
    this.record = record;
    this.perChannel =
        new RateLimiter(config.callbacksPerSecond(), config.callbacksBurst(), REMEMBERED, clock);
    this.clock = clock;
  }

  /** Whose call it is. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Host(
      OrganizationId organization, SlackSettings settings, SlackSecrets secrets, byte[] digest) {}

  /** A call that may be believed, so far as it goes. */
  record Proven(Host host, JsonNode payload) {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Candidate(OrganizationId organization, JsonNode settings, byte[] sealed) {}

  /**
   * Holds the call against all that it must be. Blocks.
   *
   * @throws ProblemException where it is anything else
   */
  Proven of(SlackDoor.Knock knock) {
    String timestamp = knock.timestamp();
    String signature = knock.signature();
    if (timestamp == null || signature == null) {
      record.count("unsigned");
      knock.stranger().run();
      throw ProblemException.of(ErrorType.CREDENTIAL_MISSING, "Slack signs its calls.");
    }
    if (!TIMESTAMP.matcher(timestamp).matches() || !SIGNATURE.matcher(signature).matches()) {
      record.count("forged");
      knock.stranger().run();
      throw ProblemException.of(ErrorType.CREDENTIAL_INVALID);
    }
    JsonNode payload;
    try {
      payload = SlackCallback.payload(new String(knock.body(), StandardCharsets.UTF_8));
    } catch (SlackCallback.UnreadableException _) {
      record.count("unreadable"); // so nobody knows whose it might be
      knock.stranger().run();
      throw ProblemException.of(ErrorType.CREDENTIAL_INVALID);
    }
    var host = host(payload, timestamp, signature, knock);
    requireRecent(host, timestamp, knock);
    requireRoom(host);
    requireNew(host, knock);
    return new Proven(host, payload);
  }

  /** The organization whose secret it is signed with. */
  private Host host(JsonNode payload, String timestamp, String signature, SlackDoor.Knock knock) {
    String app =
        SlackCallback.appOf(payload)
            .orElseThrow(() -> {
              record.count("forged");
              knock.stranger().run();
              return ProblemException.of(ErrorType.CREDENTIAL_INVALID);
            });
    byte[] given = HexFormat.of().parseHex(signature, "v0=".length(), signature.length());
    var candidates = candidates(app);
    for (var candidate : candidates) {
      var secrets =
          SlackSecrets.of(channels.openNow(candidate.organization(), SLACK, candidate.sealed()));
      byte[] right = Signatures.slack(secrets.signingSecret().reveal(), timestamp, knock.body());
      if (Signatures.same(right, given)) {
        var settings = Json.LENIENT.convertValue(candidate.settings(), SlackSettings.class);
        return new Host(candidate.organization(), settings, secrets, given);
      }
    }
    if (candidates.isEmpty()) {
      record.count("unknown-app");
    } else {
      knock.stranger().run();
      record.refused(
          candidates.getFirst().organization(),
          "forged",
          null,
          null,
          "not signed by Slack",
          knock.traceId());
    }
    throw ProblemException.of(ErrorType.CREDENTIAL_INVALID);
  }

  private List<Candidate> candidates(String app) {
    return database.inTransactionBlocking(handle ->
        handle
            .createQuery(
                """
                SELECT organization_id, settings, sealed
                FROM control.channels_of_app(:kind, :app, :limit)
                """)
            .bind("kind", SLACK.wire())
            .bind("app", app)
            .bind("limit", MOST_OF_AN_APP)
            .map((row, _) ->
                new Candidate(
                    new OrganizationId(Rows.uuid(row, "organization_id")),
                    Rows.json(row, "settings", JsonNode.class),
                    row.getBytes("sealed")))
            .list());
  }

  private void requireRecent(Host host, String timestamp, SlackDoor.Knock knock) {
    var age = Duration.between(Instant.ofEpochSecond(Long.parseLong(timestamp)), clock.instant());
    if (age.abs().compareTo(SKEW) > 0) {
      record.refused(
          host.organization(),
          "late",
          null,
          null,
          "signed " + age.toSeconds() + " s ago",
          knock.traceId());
      throw ProblemException.of(ErrorType.CREDENTIAL_INVALID, "It is too old, or of the future.");
    }
  }

  private void requireRoom(Host host) {
    var wait = perChannel.retryAfterSeconds(host.organization());
    if (wait.isPresent()) {
      record.count("too-many");
      throw ProblemException.retryAfter(
          ErrorType.RATE_LIMITED, "Too many calls for this channel.", wait.getAsInt());
    }
  }

  /** The same bytes are heard once, by whichever process. */
  private void requireNew(Host host, SlackDoor.Knock knock) {
    int taken =
        database.inOrganizationBlocking(
            host.organization(),
            handle ->
                handle
                    .createUpdate(
                        """
                        INSERT INTO control.channel_callback (organization_id, kind, signature, at)
                        VALUES (:organization, :kind, :signature, :now) ON CONFLICT DO NOTHING
                        """)
                    .bind("organization", host.organization().uuid())
                    .bind("kind", SLACK.wire())
                    .bind("signature", host.digest())
                    .bind("now", now())
                    .execute());
    if (taken == 0) {
      record.refused(host.organization(), "replayed", null, null, "heard before", knock.traceId());
      throw ProblemException.of(ErrorType.CONFLICT, "This call was heard before.");
    }
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}
