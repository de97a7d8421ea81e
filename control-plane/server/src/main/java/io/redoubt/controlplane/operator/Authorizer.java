package io.redoubt.controlplane.operator;

import io.redoubt.controlplane.key.SigningKeys;
import io.redoubt.http.RateLimiter;
import io.redoubt.http.Requests;
import io.redoubt.persistence.postgres.Database;
import io.redoubt.protocol.id.ClientId;
import io.redoubt.protocol.jwt.Jws;
import io.redoubt.protocol.jwt.OperatorClaims;
import io.redoubt.protocol.problem.ErrorType;
import io.redoubt.protocol.problem.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jdbi.v3.core.Handle;

/**
 * Turns the bearer token of a request into an {@link Operator}. What the token grants is cut down
 * to what the client may do now, so a role taken away, a client deleted or its secret changed
 * counts at once.
 */
public final class Authorizer {
  private static final int MAX_TOKEN = 8192;
  private static final Duration SKEW = Duration.ofSeconds(30);

  private final SigningKeys keys;
  private final Database database;
  private final OperatorDirectory directory;
  private final RateLimiter perOrganization;
  private final InstantSource clock;

  public Authorizer(
      SigningKeys keys,
      Database database,
      OperatorDirectory directory,
      RateLimiter perOrganization,
      InstantSource clock) {
    this.keys = keys;
    this.database = database;
    this.directory = directory;
    this.perOrganization = perOrganization;
    this.clock = clock;
  }

  /** Fails with a {@link ProblemException}: 401 without a good token, 429 over the limit. */
  CompletionStage<Admission> authenticate(HttpRequest request) {
    Optional<String> token = Requests.bearer(request);
    if (token.isEmpty()) {
      return refuse(ErrorType.CREDENTIAL_MISSING);
    }
    Optional<Jws> parsed = Jws.parse(Jws.Type.OPERATOR_ACCESS, token.get(), MAX_TOKEN);
    if (parsed.isEmpty()) {
      return refuse(ErrorType.CREDENTIAL_INVALID);
    }
    return keys.find(parsed.get().kid())
        .thenCompose(key ->
            key.flatMap(parsed.get()::payloadIfSignedBy)
                .flatMap(OperatorClaims::read)
                .filter(this::isGoodNow)
                .map(this::admit)
                .orElseGet(() -> refuse(ErrorType.CREDENTIAL_INVALID)));
  }

  private boolean isGoodNow(OperatorClaims claims) {
    Instant now = clock.instant();
    return claims.issuer().equals(SigningKeys.ISSUER)
        && claims.audience().equals(OperatorClaims.AUDIENCE)
        && now.isBefore(claims.expiresAt())
        && !claims.issuedAt().isAfter(now.plus(SKEW));
  }

  private CompletionStage<Admission> admit(OperatorClaims claims) {
    var retryAfter = perOrganization.retryAfterSeconds(claims.organization());
    if (retryAfter.isPresent()) {
      return CompletableFuture.failedFuture(
          ProblemException.retryAfter(
              ErrorType.RATE_LIMITED,
              "The organization's limit for this API is reached.",
              retryAfter.getAsInt()));
    }
    ClientId client;
    try {
      client = ClientId.parse(claims.client());
    } catch (IllegalArgumentException _) {
      return refuse(ErrorType.CREDENTIAL_INVALID);
    }
    return database
        .inOrganization(
            claims.organization(),
            handle ->
                directory.current(
                    handle, claims.organization(), client, claims.issuedAt(), claims.secretFrom()))
        .thenCompose(current ->
            current
                .filter(operator -> operator.subject().equals(claims.subject()))
                .map(operator -> completed(admission(operator, client, claims)))
                .orElseGet(() -> refuse(ErrorType.CREDENTIAL_INVALID)));
  }

  /**
   * Holds that they still are who they were, and may do all that they might, when they were let in.
   * What they send takes its time, and so does what they read: a client deleted meanwhile must have
   * no part in either.
   *
   * @param handle of the transaction that acts for them
   */
  void requireStanding(Handle handle, Admission admission) {
    var then = admission.operator();
    var now =
        directory
            .current(
                handle,
                then.organization(),
                admission.client(),
                admission.issuedAt(),
                admission.secretFrom())
            .filter(operator -> operator.subject().equals(then.subject()))
            .orElseThrow(() -> ProblemException.of(ErrorType.CREDENTIAL_INVALID));
    if (!now.permissions().containsAll(then.permissions())) {
      throw ProblemException.of(
          ErrorType.PERMISSION_MISSING,
          "A permission was taken from you while this was under way; nothing was done.");
    }
  }

  private static Admission admission(Operator operator, ClientId client, OperatorClaims claims) {
    return new Admission(cutDown(operator, claims), client, claims.issuedAt(), claims.secretFrom());
  }

  private static Operator cutDown(Operator operator, OperatorClaims claims) {
    var both = EnumSet.noneOf(Permission.class);
    for (Permission permission : operator.permissions()) {
      if (claims.permissions().contains(permission.wire())) {
        both.add(permission);
      }
    }
    return new Operator(
        operator.organization(),
        operator.subject(),
        operator.client(),
        both,
        claims.authenticatedAt());
  }

  private static <T> CompletionStage<T> completed(T value) {
    return CompletableFuture.completedFuture(value);
  }

  private static <T> CompletionStage<T> refuse(ErrorType type) {
    return CompletableFuture.failedFuture(ProblemException.of(type));
  }
}
