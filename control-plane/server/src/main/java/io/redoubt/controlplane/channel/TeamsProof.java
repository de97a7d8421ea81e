package io.redoubt.controlplane.channel;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.redoubt.protocol.id.OrganizationId;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells the Bot Framework's calls from made-up ones, and whose they are: with a token that it
 * signed for the bot, good at this moment and for the address that the activity names, sent just
 * now, from the tenant of an organization's channel, and not heard before. The token is no
 * signature of the activity: that nobody changed it on the way is TLS's promise.
 */
final class TeamsProof {
  static final String HEADER = "authorization";

  private static final Channel.Kind TEAMS = Channel.Kind.TEAMS;
  private static final String CHANNEL_ID = "msteams";
  private static final String BEARER = "Bearer ";
  private static final int MAX_TOKEN = 8_000;
  private static final Duration SKEW = Duration.ofMinutes(5);

  private final TeamsConfig config;
  private final BotKeys keys;
  private final CallbackGate gate;
  private final CallbackRecord record;
  private final Clock clock;

  TeamsProof(
      TeamsConfig config, BotKeys keys, CallbackGate gate, CallbackRecord record, Clock clock) {
    this.config = config;
    this.keys = keys;
    this.gate = gate;
    this.record = record;
    this.clock = clock;
  }

  /** A call that may be believed, so far as it goes. */
  record Proven(OrganizationId organization, TeamsActivity activity) {}

  /**
   * Holds the call against all that it must be. Blocks.
   *
   * @throws ProblemException where it is anything else
   */
  Proven of(Knock knock) {
    String authorization = knock.header(HEADER);
    if (authorization == null) {
      record.count(TEAMS, "unsigned");
      knock.stranger().run();
      throw ProblemException.of(
          ErrorType.CREDENTIAL_MISSING, "The Bot Framework calls with a token.");
    }
    TeamsActivity activity;
    try {
      activity = TeamsActivity.of(knock.body());
    } catch (TeamsActivity.UnreadableException _) {
      record.count(TEAMS, "unreadable"); // so nobody knows whose it might be
      knock.stranger().run();
      throw ProblemException.of(ErrorType.CREDENTIAL_INVALID);
    }
    String app = app(authorization, activity, knock);
    var organization = host(app, activity, knock);
    try {
      gate.requireRecent(TEAMS, organization, activity.timestamp(), knock.traceId());
      gate.requireNew(
          TEAMS, organization, Signatures.sha256("activity\n" + activity.id()), knock.traceId());
    } catch (TeamsActivity.UnreadableException e) {
      record.refused(
          TEAMS, organization, "unreadable", null, null, e.getMessage(), knock.traceId());
      throw ProblemException.of(
          ErrorType.MALFORMED_REQUEST, "It is not what the Bot Framework sends.");
    }
    return new Proven(organization, activity);
  }

  /** The bot that the call is for, by a token that the Bot Framework made. */
  private String app(String authorization, TeamsActivity activity, Knock knock) {
    SignedJWT token;
    JWTClaimsSet claims;
    try {
      if (!authorization.startsWith(BEARER) || authorization.length() > MAX_TOKEN) {
        throw forged(null, "no token", knock);
      }
      token = SignedJWT.parse(authorization.substring(BEARER.length()));
      claims = token.getJWTClaimsSet();
    } catch (ParseException _) {
      throw forged(null, "no token", knock);
    }
    String app = claims.getAudience().size() == 1 ? claims.getAudience().getFirst() : "";
    if (!TeamsSettings.GUID.matcher(app).matches()) {
      throw forged(null, "for no bot", knock);
    }
    var wrong = wrong(token, claims, activity);
    if (wrong.isPresent()) {
      throw forged(app, wrong.get(), knock);
    }
    return app;
  }

  /** What is wrong with a token; empty: nothing. */
  private Optional<String> wrong(SignedJWT token, JWTClaimsSet claims, TeamsActivity activity) {
    String kid = token.getHeader().getKeyID();
    if (!JWSAlgorithm.RS256.equals(token.getHeader().getAlgorithm()) || kid == null) {
      return Optional.of("not signed as the Bot Framework signs");
    }
    if (!config.issuer().equals(claims.getIssuer())) {
      return Optional.of("of another issuer");
    }
    var key = keys.find(kid);
    if (key.isEmpty() || !isSigned(token, key.get())) {
      return Optional.of("not signed by the Bot Framework");
    }
    if (!CHANNEL_ID.equals(activity.channelId())
        || !key.get().endorsements().contains(CHANNEL_ID)) {
      return Optional.of("not from Teams");
    }
    var now = clock.instant();
    var expires = instant(claims.getExpirationTime());
    var begins = instant(claims.getNotBeforeTime());
    if (expires == null || begins == null) {
      return Optional.of("without a time");
    }
    if (!now.isBefore(expires.plus(SKEW)) || now.isBefore(begins.minus(SKEW))) {
      return Optional.of("not good at this time");
    }
    String serviceUrl = activity.serviceUrl();
    return serviceUrl != null && serviceUrl.equals(claims.getClaim("serviceurl"))
        ? Optional.empty()
        : Optional.of("for another address");
  }

  private static boolean isSigned(SignedJWT token, BotKeys.Key key) {
    try {
      return token.verify(new RSASSAVerifier(key.publicKey()));
    } catch (JOSEException | IllegalStateException _) {
      return false;
    }
  }

  private static @Nullable Instant instant(@Nullable Date date) {
    return date == null ? null : date.toInstant();
  }

  /**
   * A made-up call: on record with the one that it would have been for.
   *
   * @param app that it names; null: none
   */
  private ProblemException forged(@Nullable String app, String why, Knock knock) {
    knock.stranger().run();
    List<CallbackGate.Candidate> candidates = app == null ? List.of() : gate.candidates(TEAMS, app);
    if (candidates.isEmpty()) {
      record.count(TEAMS, "forged");
    } else {
      record.refused(TEAMS, candidates, "forged", why, knock.traceId());
    }
    return ProblemException.of(ErrorType.CREDENTIAL_INVALID);
  }

  /** The organization that has the bot in the tenant. */
  private OrganizationId host(String app, TeamsActivity activity, Knock knock) {
    var host =
        activity
            .tenant()
            .flatMap(tenant -> gate.owner(TEAMS, TeamsSettings.ownership(app, tenant)));
    if (host.isPresent()) {
      return host.get().organization();
    }
    var candidates = gate.candidates(TEAMS, app);
    if (candidates.isEmpty()) {
      record.count(TEAMS, "unknown-app");
    } else {
      record.refused(TEAMS, candidates, "refused", "of another tenant", knock.traceId());
    }
    throw ProblemException.of(ErrorType.CREDENTIAL_INVALID);
  }
}
